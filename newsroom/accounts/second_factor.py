"""The second factor: who needs one, who has one, and which session has shown it.

django-otp and django-otp-webauthn keep the devices: apps that show codes, passkeys, and recovery
codes. A session knows whether its account has a factor, so that no page has to look: setting one
up, or removing one, ends all other sessions.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

import django_otp
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

HAS_FACTOR = "has_factor"
MUST_SET_UP = "must_set_up_factor"
BY_PROVIDER = "factor_by_provider"
# Of an app's code, the one before and the one after are accepted too: clocks differ.
STEPS_OFF = 1
RECOVERY_CODES = 10
# Without letters and digits that look alike. Twelve of them have 59 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 12


def is_required_of(user: Any) -> bool:
    """Whether an account has a role that may be used only with a second factor."""
    if not settings.SECOND_FACTOR_REQUIRED:
        return False
    return bool(import_string(settings.SECOND_FACTOR_REQUIRED_OF)(user))


def has_second_factor(user: Any) -> bool:
    """Whether an account has an app or a passkey. Recovery codes alone do not count."""
    return any(
        model.objects.filter(user=user.pk, confirmed=True).exists()
        for model in (TOTPDevice, WebAuthnCredential)
    )


def apps_of(user: Any) -> list[TOTPDevice]:
    """Return the apps of an account that show codes."""
    return list(TOTPDevice.objects.filter(user=user.pk, confirmed=True).order_by("pk"))


def passkeys_of(user: Any) -> list[WebAuthnCredential]:
    """Return the passkeys of an account."""
    return list(WebAuthnCredential.objects.filter(user=user.pk, confirmed=True).order_by("pk"))


def note_factor(request: HttpRequest, user: Any) -> None:
    """Let a session that begins know whether its account has a factor."""
    request.session[HAS_FACTOR] = has_second_factor(user)


def waits_for_factor(request: HttpRequest) -> bool:
    """Whether the password was right, and the second factor is still to be shown."""
    session = request.session
    if not session.get(HAS_FACTOR) or session.get(BY_PROVIDER):
        return False
    return not is_verified(request.user)


def is_verified(user: Any) -> bool:
    """Whether this session has shown the factor; nobody has, in the request that logs them in."""
    return bool(getattr(user, "is_verified", bool)())


def waits_for_set_up(request: HttpRequest) -> bool:
    """Whether the account must set up a second factor before anything else.

    Its roles are looked at when a page is opened. What somebody sends from a page that was open
    when they were given such a role is accepted still: no words are lost.
    """
    session = request.session
    if session.get(HAS_FACTOR) or session.get(BY_PROVIDER):
        return False
    if request.method in {"GET", "HEAD"}:
        must = is_required_of(request.user)
        if session.get(MUST_SET_UP, False) != must:
            session[MUST_SET_UP] = must
    return bool(session.get(MUST_SET_UP))


def show_factor(request: HttpRequest, device: Any) -> None:
    """Let a session count as one whose owner has shown their second factor."""
    django_otp.login(request, device)
    request.session[HAS_FACTOR] = True


# --- apps that show codes


def new_app(user: Any, key: str) -> TOTPDevice:
    """Return an app with this key, which is not saved yet."""
    return TOTPDevice(user=user, key=key, name="Authenticator app", confirmed=True)


def confirm_app(app: TOTPDevice, code: str) -> bool:
    """Save a new app if it shows the right code."""
    totp = TOTP(app.bin_key, app.step, app.t0, app.digits, app.drift)
    if not re.fullmatch(r"\d{6}", code) or not totp.verify(int(code), STEPS_OFF):
        return False
    app.last_t = totp.t()  # the code is not good for a log-in
    app.save()
    return True


def match_code(user: Any, entered: str) -> Any:
    """Return the app or the recovery codes that a code belongs to; None if it is wrong."""
    code = re.sub(r"[\s-]", "", entered).lower()
    if re.fullmatch(r"\d{6}", code):
        for app in apps_of(user):
            if device := django_otp.verify_token(user, app.persistent_id, code):
                return device
        return None
    return _use_recovery_code(user, code)


# --- recovery codes


def make_recovery_codes(user: Any) -> list[str]:
    """Return new recovery codes, which replace all former ones; we keep hashes only."""
    codes = [
        "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user.pk).delete()
        device = StaticDevice.objects.create(user=user, name="Recovery codes", confirmed=True)
        StaticToken.objects.bulk_create(
            StaticToken(device=device, token=_hash(code, settings.SECRET_KEY)) for code in codes
        )
    return ["-".join(re.findall("....", code)) for code in codes]


def recovery_codes_left(user: Any) -> int:
    """Return how many recovery codes an account has that were not used."""
    number: int = StaticToken.objects.filter(device__user=user.pk).count()
    return number


def _use_recovery_code(user: Any, code: str) -> StaticDevice | None:
    """Delete a recovery code and return its device; of two who use it at once, one gets None."""
    if not re.fullmatch(rf"[{_ALPHABET}]{{{_CODE_LENGTH}}}", code):
        return None
    hashes = [_hash(code, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    device = StaticDevice.objects.filter(user=user.pk, confirmed=True).first()
    if device is None:
        return None
    used, _ = StaticToken.objects.filter(device=device, token__in=hashes).delete()
    return device if used else None


def _hash(code: str, secret: str) -> str:
    """Return a keyed hash of a recovery code, as long as the column: 16 hexadecimal digits."""
    return salted_hmac("newsroom.accounts.recovery", code, secret=secret).hexdigest()[:16]


# --- without a factor


def remove_all_factors(user: User) -> None:
    """Remove apps, passkeys and recovery codes: for somebody who has lost all of them."""
    with transaction.atomic():
        for model in (TOTPDevice, WebAuthnCredential, StaticDevice):
            model.objects.filter(user=user.pk).delete()
