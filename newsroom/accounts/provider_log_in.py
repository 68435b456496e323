"""Log-in at an OpenID Connect provider, by mozilla-django-oidc, with what it leaves to us.

We find the provider's addresses by discovery, and check issuer, audience and expiry of its tokens.
Somebody is known by issuer and subject. The first time, that is tied to the one account with their
address, if the provider has verified it; or an account is made, for members of a group that
OIDC_GROUPS names. At each log-in, the groups that it names become those that the provider says.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import requests
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from jwt import PyJWTError
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import (
    OIDCAuthenticationCallbackView,
    OIDCAuthenticationRequestView,
)
from requests.exceptions import RequestException

from newsroom import audit_log
from newsroom.accounts import second_factor
from newsroom.accounts.log_in_history import record_success
from newsroom.accounts.models import ProviderIdentity
from newsroom.accounts.password_again import confirm
from newsroom.accounts.provider_settings import Provider

TIMEOUT = 10  # seconds
# What the package raises when a provider, or somebody in its place, says what we cannot accept.
FAILURES = (RequestException, SuspiciousOperation, PyJWTError, KeyError, ValueError)
DISCOVERED_FOR = 3600.0
CLOCKS_DIFFER_BY = 60
_discovered: dict[str, tuple[float, dict[str, Any]]] = {}


def provider() -> Provider:
    """Return the provider. Raises PermissionDenied if there is none."""
    if settings.OIDC is None:
        raise PermissionDenied("No provider is set up.")
    found: Provider = settings.OIDC
    return found


def discovered() -> dict[str, Any]:
    """Return what the provider says of itself, once an hour. Raises RequestException."""
    issuer = provider().issuer
    known = _discovered.get(issuer)
    if known is None or time.monotonic() - known[0] > DISCOVERED_FOR:
        answer = requests.get(provider().discovery_url, timeout=TIMEOUT)
        answer.raise_for_status()
        said = answer.json()
        if str(said.get("issuer", "")).rstrip("/") != issuer:
            raise SuspiciousOperation("The provider names another issuer than OIDC_ISSUER.")
        _discovered[issuer] = known = (time.monotonic(), said)
    return known[1]


# What mozilla-django-oidc asks its settings for, and what discovery calls it.
_DISCOVERED = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
    "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
    "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
    "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
}
_FIXED = {
    "OIDC_RP_SIGN_ALGO": "RS256",
    "OIDC_RP_SCOPES": "openid email profile",
    "OIDC_USE_PKCE": True,
    "OIDC_TIMEOUT": TIMEOUT,
    "OIDC_AUTH_REQUEST_EXTRA_PARAMS": {},
}


class ProviderSettingsMixin:
    """Answers the package's questions about settings from our variables and from discovery."""

    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        """Return a setting; the default in `args`, if it is not ours."""
        if attr in _DISCOVERED:
            return discovered()[_DISCOVERED[attr]]
        if attr == "OIDC_RP_CLIENT_ID":
            return provider().client_id
        if attr == "OIDC_RP_CLIENT_SECRET":
            return provider().client_secret
        return _FIXED.get(attr, args[0] if args else None)


class ProviderBackend(ProviderSettingsMixin, OIDCAuthenticationBackend):  # type: ignore[misc]  # untyped
    """Knows accounts by what the provider says of people."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Django makes a backend for each question about permissions, too: ask the provider later.
        self.UserModel = User

    def authenticate(self, request: Any, **kwargs: Any) -> User | None:
        """Return the account of somebody who returns from the provider."""
        if request is None or "nonce" not in kwargs:
            return None
        super().__init__()
        found: User | None = super().authenticate(request, **kwargs)
        return found

    def verify_token(self, token: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the claims of a token that is for us, from the provider, and not too old."""
        claims: dict[str, Any] = super().verify_token(token, **kwargs)
        audience = claims.get("aud")
        ours = provider().client_id
        if str(claims.get("iss", "")).rstrip("/") != provider().issuer:
            raise SuspiciousOperation("The token is from another issuer.")
        if ours not in (audience if isinstance(audience, list) else [audience]):
            raise SuspiciousOperation("The token is for somebody else.")
        if float(claims.get("exp", 0)) < time.time() - CLOCKS_DIFFER_BY:
            raise SuspiciousOperation("The token has expired.")
        return claims

    def get_userinfo(
        self, access_token: str, id_token: str, payload: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the claims of the token, with those of the provider's page about the person."""
        more = super().get_userinfo(access_token, id_token, payload)
        if more.get("sub") != payload.get("sub"):  # OpenID Connect Core 1.0, section 5.3.2
            raise SuspiciousOperation("The provider told of somebody else.")
        return {**more, **payload}

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        """Whether the provider says who this is, and that they belong to one of our groups."""
        return bool(claims.get("sub")) and (not provider().groups or bool(_groups(claims)))

    def filter_users_by_claims(self, claims: dict[str, Any]) -> Any:
        """Return the account that is theirs, or that becomes theirs by their address."""
        issuer, subject = provider().issuer, str(claims["sub"])
        known = User.objects.filter(
            provider_identity__issuer=issuer, provider_identity__subject=subject
        )
        if known.exists():
            return known
        address = claims.get("email", "")
        if not address or claims.get("email_verified") is not True:
            return User.objects.none()
        same = User.objects.filter(
            email__iexact=address, is_staff=True, is_active=True, provider_identity=None
        )
        return same if same.count() == 1 else User.objects.none()

    def create_user(self, claims: dict[str, Any]) -> User | None:
        """Return a new account for a member of one of our groups; None for anybody else."""
        if not _groups(claims):
            return None
        wanted = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])[:140]
        username, number = wanted, 1
        while User.objects.filter(username__iexact=username).exists():
            number += 1
            username = f"{wanted}-{number}"
        is_verified = claims.get("email_verified") is True
        with transaction.atomic():
            account = User(username=username, is_staff=True)
            account.email = str(claims.get("email", "")) if is_verified else ""
            account.set_unusable_password()
            account.save()
            audit_log.record("made", account, by=None, provider=provider().issuer)
            return self.update_user(account, claims)

    def update_user(self, user: User, claims: dict[str, Any]) -> User:
        """Bring name and groups up to date, and know the person from now on."""
        with transaction.atomic():
            user.first_name = str(claims.get("given_name") or user.first_name)[:150]
            user.last_name = str(claims.get("family_name") or user.last_name)[:150]
            user.save(update_fields=["first_name", "last_name"])
            ProviderIdentity.objects.get_or_create(
                user=user, defaults={"issuer": provider().issuer, "subject": str(claims["sub"])}
            )
            self._set_groups(user, _groups(claims))
        return user

    @staticmethod
    def _set_groups(user: User, wanted: set[str]) -> None:
        """Add and remove the groups that OIDC_GROUPS names; others are the administrators' own."""
        ruled = set(provider().groups.values())
        held = set(user.groups.values_list("name", flat=True))
        for name in sorted(wanted - held):
            user.groups.add(Group.objects.get(name=name))
            audit_log.record("was given a role", user, by=None, role=name, briefing="all briefings")
        for name in sorted((held & ruled) - wanted):
            user.groups.remove(Group.objects.get(name=name))
            audit_log.record("lost a role", user, by=None, role=name, briefing="all briefings")


def _groups(claims: dict[str, Any]) -> set[str]:
    """Return our groups that the provider's groups of a person stand for."""
    said: Any = claims
    for part in provider().groups_claim.split("."):
        said = said.get(part, []) if isinstance(said, dict) else []
    theirs = [said] if isinstance(said, str) else said
    return {provider().groups[one] for one in theirs if one in provider().groups}


class ToProviderView(ProviderSettingsMixin, OIDCAuthenticationRequestView):  # type: ignore[misc]  # untyped
    """Sends somebody to the provider's log-in page."""

    def get_extra_params(self, request: HttpRequest) -> dict[str, str]:
        """Have the provider ask for the password again, where we would."""
        return {"prompt": "login", "max_age": "0"} if request.GET.get("again") else {}


class FromProviderView(ProviderSettingsMixin, OIDCAuthenticationCallbackView):  # type: ignore[misc]  # untyped
    """Logs somebody in who returns from the provider."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Log in, or say on the log-in page why not."""
        try:
            answer: HttpResponse = super().get(request)
        except FAILURES:
            return self.login_failure()
        return answer

    def login_success(self) -> HttpResponse:
        """Note the log-in, and go on to our second factor if the provider asks for none."""
        is_first = self.user.last_login is None
        super().login_success()
        confirm(self.request, at=timezone.now())
        if provider().has_second_factor:
            self.request.session[second_factor.BY_PROVIDER] = True
        target = self.success_url if self.success_url != "/" else reverse("admin:index")
        if second_factor.waits_for_factor(self.request):
            self.request.session["first_log_in"] = is_first
            return redirect(f"{reverse('admin:second_factor')}?{urlencode({'next': target})}")
        record_success(self.user, self.request, at=timezone.now(), is_first=is_first)
        return redirect(target)

    def login_failure(self) -> HttpResponse:
        """Say on the log-in page that nobody was logged in."""
        messages.error(
            self.request,
            f"{provider().name} did not log you in to an account here. Ask an administrator"
            " whether you have one, and whether it has your address.",
        )
        return redirect("admin:login")


def to_provider(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider; to the log-in page, if it does not answer."""
    try:
        answer: HttpResponse = ToProviderView.as_view()(request)
    except FAILURES:
        messages.error(request, f"{provider().name} does not answer. Try again in a few minutes.")
        return redirect("admin:login")
    return answer


def from_provider(request: HttpRequest) -> HttpResponse:
    """Take somebody back from the provider."""
    provider()
    answer: HttpResponse = FromProviderView.as_view()(request)
    return answer


urlpatterns = [
    path("log-in/", to_provider, name="oidc_authentication_init"),
    path("callback/", from_provider, name="oidc_authentication_callback"),
]
