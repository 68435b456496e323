"""The second factor: required of some, offered to all, asked for after the password."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from briefings.models import Role
from newsroom.accounts.models import LogInAttempt, LogInOutcome, StaffSession
from newsroom.accounts.second_factor import make_recovery_codes
from newsroom.models import AuditLogEntry, OutgoingEmail
from tests.briefings.admin_client import make_member, make_staff
from tests.factories import make_briefing

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"
FACTOR = "/admin/account/second-factor/"
KEY = "00112233445566778899aabbccddeeff00112233"


@pytest.fixture(autouse=True)
def _required(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@news.example.com", PASSWORD, is_staff=True)


def add_app(user: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="Authenticator app", key=KEY, confirmed=True)


def code_of(app: TOTPDevice, *, steps: int = 0) -> str:
    totp = TOTP(app.bin_key, app.step, app.t0, app.digits, app.drift + steps)
    return f"{totp.token():06}"


def with_password(username: str = "ada", client: Client | None = None, target: str = "") -> Client:
    client = client or Client()
    words = {"username": username, "password": PASSWORD, "next": target}
    client.post("/admin/login/", words)
    return client


def is_let_in(client: Client, address: str = "/admin/account/") -> bool:
    return client.get(address).status_code == 200


# --- who needs one


@pytest.mark.parametrize(
    ("role", "needs"),
    [
        (Role.REPORTER, False),
        (Role.EDITOR, False),
        (Role.MODERATOR, False),
        (Role.PUBLISHER, True),
        (Role.ADMINISTRATOR, True),
    ],
)
@pytest.mark.parametrize("everywhere", [True, False])
def test_publishers_and_administrators_need_one(
    role: Role, *, needs: bool, everywhere: bool
) -> None:
    briefing = None if everywhere else make_briefing()
    client = Client()
    client.force_login(make_member(role, of=briefing))
    answer = client.get("/admin/briefings/issue/")
    assert (answer.status_code == 302) is needs
    if needs:
        assert answer["Location"].startswith("/admin/account/set-up/?next=")
        assert is_let_in(client, "/admin/account/set-up/")
        assert is_let_in(client, "/admin/account/app/")
        assert client.post("/admin/logout/").status_code == 200


@pytest.mark.parametrize("group", ["Publishers", "Administrators", "List managers"])
def test_groups_count_as_roles_do(group: str) -> None:
    client = Client()
    client.force_login(make_staff(group))
    assert client.get("/admin/")["Location"].startswith("/admin/account/set-up/")


def test_a_superuser_needs_one() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    assert client.get("/admin/")["Location"].startswith("/admin/account/set-up/")


def test_nobody_needs_one_if_the_setting_says_so(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    assert is_let_in(client, "/admin/")


def test_a_role_given_meanwhile_needs_one_at_the_next_page(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    assert is_let_in(client)
    ada.groups.add(Group.objects.get(name="Publishers"))
    # What was sent from a page that was open is accepted: nobody loses words.
    assert client.post("/admin/account/sessions/")["Location"] == "/admin/account/"
    assert not is_let_in(client)
    assert client.post("/admin/account/sessions/")["Location"] == "/admin/account/set-up/"
    ada.groups.clear()
    assert is_let_in(client)


def test_who_has_to_set_one_up_is_nobody_on_public_pages(ada: User) -> None:
    ada.groups.add(Group.objects.get(name="Publishers"))
    client = Client()
    client.force_login(ada)
    answer = client.get("/admin/password-reset/")
    assert not answer.wsgi_request.user.is_authenticated


# --- setting one up


def test_an_app_is_added_with_the_code_that_it_shows(ada: User) -> None:
    client, other = Client(), Client()
    for one in (client, other):
        one.force_login(ada)
    page = client.get("/admin/account/app/").content.decode()
    assert "<svg" in page
    [key] = re.findall(r'class="key">([A-Z2-7 ]+)<', page)
    assert not TOTPDevice.objects.exists()
    assert (
        "That is not the code"
        in client.post("/admin/account/app/", {"code": "12345"}).content.decode()
    )
    raw = base64.b32decode(key.replace(" ", ""))
    code = f"{TOTP(raw).token():06}"
    done = client.post("/admin/account/app/", {"code": f"{code[:3]} {code[3:]}"}, follow=True)
    assert done.redirect_chain[-1][0] == "/admin/account/codes/"
    assert is_let_in(client)
    assert not is_let_in(other)
    assert TOTPDevice.objects.get().confirmed
    entry = AuditLogEntry.objects.get(verb="added a second factor to")
    assert entry.detail == {"factor": "an authenticator app"}
    assert "added an authenticator app" in OutgoingEmail.objects.get().text
    # The code of the set-up is not good for a log-in.
    again = with_password()
    again.post(FACTOR, {"code": code})
    assert not is_let_in(again)


def test_recovery_codes_are_shown_once_and_kept_as_hashes(ada: User) -> None:
    add_app(ada)
    client = verified(ada)
    assert "You have none" in client.get("/admin/account/codes/").content.decode()
    page = client.post("/admin/account/codes/")
    codes = re.findall(r"<code>([a-z0-9-]+)</code>", page.content.decode())
    assert len(set(codes)) == 10
    assert "no-store" in page["Cache-Control"]
    kept = {token.token for token in StaticToken.objects.all()}
    assert len(kept) == 10
    assert kept.isdisjoint(code.replace("-", "") for code in codes)
    assert "You have 10 left" in client.get("/admin/account/codes/").content.decode()


def test_nobody_has_recovery_codes_without_a_factor(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    assert client.post("/admin/account/codes/")["Location"] == "/admin/account/"
    assert not StaticToken.objects.exists()


# --- logging in with it


def verified(user: User, client: Client | None = None) -> Client:
    client = with_password(user.username, client)
    client.post(FACTOR, {"code": code_of(TOTPDevice.objects.get(user=user))})
    assert is_let_in(client)
    return client


def test_the_password_alone_opens_nothing(ada: User) -> None:
    add_app(ada)
    client = with_password()
    for address in ("/admin/", "/admin/account/", "/admin/account/app/", "/admin/briefings/issue/"):
        assert client.get(address)["Location"].startswith(FACTOR), address
    for address in ("/admin/account/sessions/", "/admin/password_change/"):
        assert client.post(address)["Location"] == FACTOR
    assert not LogInAttempt.objects.filter(outcome=LogInOutcome.SUCCEEDED).exists()


def test_a_code_lets_in_and_leads_on(ada: User) -> None:
    app = add_app(ada)
    client = Client()
    answer = client.post(
        "/admin/login/", {"username": "ada", "password": PASSWORD, "next": "/admin/account/"}
    )
    assert answer["Location"] == f"{FACTOR}?next=%2Fadmin%2Faccount%2F"
    page = client.get(answer["Location"])
    assert 'autocomplete="one-time-code"' in page.content.decode()
    done = client.post(FACTOR, {"code": code_of(app), "next": "/admin/account/"})
    assert done["Location"] == "/admin/account/"
    assert is_let_in(client)
    assert LogInAttempt.objects.get().outcome == LogInOutcome.SUCCEEDED
    assert client.get(FACTOR)["Location"] == "/admin/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_it_leads_to_no_other_site(ada: User, target: str) -> None:
    app = add_app(ada)
    client = with_password(target=target)
    assert client.post(FACTOR, {"code": code_of(app), "next": target})["Location"] == "/admin/"


def test_a_code_works_once(ada: User) -> None:
    app = add_app(ada)
    code = code_of(app)
    client, again = with_password(), with_password()
    client.post(FACTOR, {"code": code})
    again.post(FACTOR, {"code": code})
    assert is_let_in(client)
    assert not is_let_in(again)


def test_a_wrong_code_is_recorded_and_limited(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = timezone.now()
    monkeypatch.setattr("newsroom.accounts.log_in.timezone.now", lambda: moment)
    app = add_app(ada)
    client = with_password()
    answers = [client.post(FACTOR, {"code": "not-a-code-1"}) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 7 + [429]
    assert LogInAttempt.objects.filter(outcome=LogInOutcome.WRONG_CODE, account=ada).count() == 8
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    answer = Client().post("/admin/login/", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 429
    assert app.confirmed


def test_a_recovery_code_works_once(ada: User) -> None:
    add_app(ada)
    code, *_ = make_recovery_codes(ada)
    client, again = with_password(), with_password()
    assert client.post(FACTOR, {"code": code.upper()}).status_code == 302
    assert is_let_in(client)
    again.post(FACTOR, {"code": code})
    assert not is_let_in(again)
    assert StaticToken.objects.count() == 9


def test_a_recovery_code_outlives_a_change_of_key(ada: User, settings: Any) -> None:
    add_app(ada)
    code, *_ = make_recovery_codes(ada)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]
    client = with_password()
    assert client.post(FACTOR, {"code": code}).status_code == 302


def test_the_code_of_a_colleague_is_wrong(ada: User) -> None:
    add_app(ada)
    bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    app = TOTPDevice.objects.create(user=bob, key="ff" * 20, confirmed=True)
    [code, *_] = make_recovery_codes(bob)
    client = with_password()
    for entered in (code_of(app), code):
        client.post(FACTOR, {"code": entered})
    assert not is_let_in(client)


def test_on_public_pages_who_has_shown_only_the_password_is_nobody(
    ada: User, client: Client
) -> None:
    add_app(ada)
    with_password(client=client)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert not answer.wsgi_request.user.is_authenticated


# --- removing it


def test_a_factor_is_removed_by_its_owner_only(ada: User) -> None:
    app = add_app(ada)
    make_recovery_codes(ada)
    bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    strange = Client()
    strange.force_login(bob)
    assert strange.post(f"/admin/account/remove/app/{app.pk}/").status_code == 404
    client, other = verified(ada), Client()
    other.force_login(ada)
    assert client.post(f"/admin/account/remove/app/{app.pk}/").status_code == 302
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()
    assert is_let_in(client)
    assert StaffSession.objects.filter(user=ada).count() == 1
    assert "removed an authenticator app" in OutgoingEmail.objects.latest("pk").text
    assert is_let_in(with_password())


def test_an_administrator_removes_a_lost_factor(ada: User) -> None:
    add_app(ada)
    client = verified(ada)
    admin = Client()
    chief = User.objects.create_superuser("chief", first_name="Cleo")
    add_app(chief)
    admin.force_login(chief)
    session = admin.session
    session["otp_device_id"] = TOTPDevice.objects.get(user=chief).persistent_id
    session.save()
    page = admin.get(f"/admin/auth/user/{ada.pk}/change/").content.decode()
    assert "Remove the second factor" in page
    admin.post(f"/admin/auth/user/{ada.pk}/remove-factor/")
    assert not is_let_in(client)
    assert is_let_in(with_password())
    assert "Cleo removed the second factor" in OutgoingEmail.objects.latest("pk").text


def test_a_command_removes_the_factor_of_the_last_superuser(ada: User) -> None:
    add_app(ada)
    call_command("remove_second_factor", "ada")
    assert is_let_in(with_password())
    with pytest.raises(CommandError, match="no account"):
        call_command("remove_second_factor", "nobody")


@pytest.mark.parametrize("kind", ["auth", "register"])
def test_the_words_of_the_passkey_script_are_there_before_it(kind: str) -> None:
    html = render_to_string(f"django_otp_webauthn/{kind}_scripts.html", {"configuration": {}})
    assert "async" not in html
    assert html.index("/jsi18n/") < html.index(f"/otp_webauthn_{kind}.")
