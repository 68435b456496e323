"""Staff log in at an OpenID Connect provider, which says in which groups they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import User
from django.test import Client

from newsroom.accounts import provider_log_in
from newsroom.accounts.models import LogInAttempt, LogInOutcome, ProviderIdentity
from newsroom.accounts.provider_settings import Provider, parse_groups, parse_issuer
from newsroom.models import AuditLogEntry
from tests.servers.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider

pytestmark = pytest.mark.django_db
ADA: dict[str, Any] = {
    "sub": "u-17",
    "email": "ada@news.example.com",
    "email_verified": True,
    "preferred_username": "ada",
    "given_name": "Ada",
    "family_name": "Hume",
    "groups": ["writers", "canteen"],
}


@pytest.fixture(scope="module")
def running() -> Iterator[OidcProvider]:
    provider = OidcProvider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(running: OidcProvider, settings: Any) -> OidcProvider:
    running.claims, running.token_claims = dict(ADA), {}
    running.person, running.is_ill = None, False
    settings.OIDC = Provider(
        issuer=running.issuer,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        name="Example ID",
        groups_claim="groups",
        groups={"writers": "Editors", "chiefs": "Administrators"},
        has_second_factor=False,
    )
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "newsroom.accounts.provider_log_in.ProviderBackend",
        "briefings.role_backend.RoleBackend",
    ]
    provider_log_in._discovered.clear()
    return running


def go_there(client: Client, provider: OidcProvider, target: str = "") -> dict[str, str]:
    """Start at the log-in page, and return what the provider is asked for."""
    answer = client.get("/admin/provider/log-in/", {"next": target} if target else {})
    assert answer["Location"].startswith(f"{provider.issuer}/log-in?")
    asked = {name: value for name, [value] in parse_qs(urlsplit(answer["Location"]).query).items()}
    provider.nonce = asked["nonce"]
    return asked


def return_from(client: Client, asked: dict[str, str], **changes: str) -> Any:
    words = {"code": "a code", "state": asked["state"], **changes}
    return client.get("/admin/provider/callback/", words, follow=True)


def log_in(provider: OidcProvider, client: Client | None = None, target: str = "") -> Any:
    client = client or Client()
    return return_from(client, go_there(client, provider, target))


def test_the_log_in_page_offers_the_provider(provider: OidcProvider, client: Client) -> None:
    page = client.get("/admin/login/?next=/admin/account/").content.decode()
    assert "Log in with Example ID" in page
    assert 'href="/admin/provider/log-in/?next=/admin/account/"' in page


def test_a_colleague_gets_an_account_with_their_groups(
    provider: OidcProvider, client: Client
) -> None:
    asked = go_there(client, provider, "/admin/account/")
    assert asked["scope"] == "openid email profile"
    assert asked["code_challenge_method"] == "S256"
    page = return_from(client, asked)
    assert page.redirect_chain[-1][0] == "/admin/account/"
    assert page.status_code == 200
    ada = User.objects.get()
    assert (ada.username, ada.email, ada.get_full_name()) == (
        *("ada", "ada@news.example.com", "Ada Hume"),
    )
    assert [group.name for group in ada.groups.all()] == ["Editors"]
    assert ada.is_staff
    assert not ada.is_superuser
    assert not ada.has_usable_password()
    assert LogInAttempt.objects.get().outcome == LogInOutcome.SUCCEEDED
    assert provider.asked_for_tokens[-1]["code_verifier"]


def test_groups_follow_the_provider_at_each_log_in(provider: OidcProvider) -> None:
    log_in(provider)
    ada = User.objects.get()
    provider.claims["groups"] = "chiefs"
    log_in(provider)
    assert [group.name for group in ada.groups.all()] == ["Administrators"]
    verbs = set(AuditLogEntry.objects.values_list("verb", flat=True))
    assert {"made", "was given a role", "lost a role"} <= verbs
    provider.claims["groups"] = []
    page = log_in(provider)
    assert "did not log you in" in page.content.decode()


def test_groups_may_stand_inside_a_claim(provider: OidcProvider, settings: Any) -> None:
    import dataclasses

    settings.OIDC = dataclasses.replace(settings.OIDC, groups_claim="realm.roles")
    provider.claims["realm"] = {"roles": ["writers"]}
    log_in(provider)
    assert [group.name for group in User.objects.get().groups.all()] == ["Editors"]


def test_an_account_is_tied_by_its_verified_address_once(provider: OidcProvider) -> None:
    known = User.objects.create_user("ada.h", "ADA@news.example.com", "a long password")
    User.objects.update(is_staff=True)
    log_in(provider)
    assert User.objects.get() == known
    assert ProviderIdentity.objects.get().subject == "u-17"
    # From then on, the subject counts: whoever gets the address later is somebody else.
    provider.claims["sub"] = "u-99"
    log_in(provider)
    assert ProviderIdentity.objects.get(user=known).subject == "u-17"
    assert User.objects.count() == 2


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_unverified_address_opens_no_account(provider: OidcProvider, verified: Any) -> None:
    known = User.objects.create_superuser("root", "ada@news.example.com", "a long password")
    provider.claims["email_verified"] = verified
    log_in(provider)
    assert not ProviderIdentity.objects.filter(user=known).exists()
    assert User.objects.exclude(pk=known.pk).get().email == ""


def test_who_is_in_no_group_of_ours_is_refused(provider: OidcProvider) -> None:
    provider.claims["groups"] = ["canteen"]
    page = log_in(provider)
    assert "Example ID did not log you in" in page.content.decode()
    assert not User.objects.exists()


def test_who_may_no_longer_log_in_is_refused(provider: OidcProvider) -> None:
    log_in(provider)
    User.objects.update(is_active=False)
    assert "did not log you in" in log_in(provider).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"aud": "another newsroom"},
        {"aud": ["another newsroom"]},
        {"exp": 1_700_000_000},
        {"nonce": "another"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_is_refused(
    provider: OidcProvider, wrong: dict[str, Any]
) -> None:
    provider.token_claims = wrong
    page = log_in(provider)
    assert "did not log you in" in page.content.decode()
    assert not User.objects.exists()


def test_a_token_signed_by_another_key_is_refused(
    provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ours, sign = provider.key, provider.sign

    def forged(claims: dict[str, Any]) -> str:
        provider.key = theirs
        token = sign(claims)
        provider.key = ours
        return token

    monkeypatch.setattr(provider, "sign", forged)
    assert "did not log you in" in log_in(provider).content.decode()
    assert not User.objects.exists()


def test_a_page_about_somebody_else_is_refused(provider: OidcProvider) -> None:
    provider.person = {**ADA, "sub": "u-1"}
    assert "did not log you in" in log_in(provider).content.decode()


def test_another_state_is_refused(provider: OidcProvider, client: Client) -> None:
    asked = go_there(client, provider)
    assert "did not log you in" in return_from(client, asked, state="forged").content.decode()
    assert not User.objects.exists()


def test_a_provider_that_does_not_answer_is_said(provider: OidcProvider, client: Client) -> None:
    provider.is_ill = True
    page = client.get("/admin/provider/log-in/", follow=True)
    assert "Example ID does not answer." in page.content.decode()


@pytest.mark.parametrize("trusts", [True, False])
def test_our_second_factor_is_asked_for_unless_the_provider_has_one(
    provider: OidcProvider, settings: Any, *, trusts: bool
) -> None:
    import dataclasses

    settings.SECOND_FACTOR_REQUIRED = True
    settings.OIDC = dataclasses.replace(settings.OIDC, has_second_factor=trusts)
    provider.claims["groups"] = ["chiefs"]
    page = log_in(provider)
    last = page.redirect_chain[-1][0]
    assert last.startswith("/admin/account/set-up/") is not trusts


def test_local_log_in_can_be_switched_off(provider: OidcProvider, settings: Any) -> None:
    User.objects.create_superuser("root", "root@news.example.com", "a long password")
    settings.LOCAL_LOG_IN = False
    client = Client()
    page = client.get("/admin/login/").content.decode()
    assert 'name="password"' not in page
    client.post("/admin/login/", {"username": "root", "password": "a long password"})
    assert client.get("/admin/account/").status_code == 302
    assert client.get("/admin/password-reset/").status_code == 404


def test_without_a_provider_its_addresses_lead_nowhere(client: Client) -> None:
    for page in ("log-in", "callback"):
        assert client.get(f"/admin/provider/{page}/").status_code == 403


@pytest.mark.parametrize("issuer", ["id.example.com", "http://id.example.com", "ftp://x", "https:"])
def test_an_issuer_without_https_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="write the issuer"):
        parse_issuer(issuer)


def test_variables_are_read() -> None:
    assert parse_issuer("https://id.example.com/") == "https://id.example.com"
    assert parse_issuer("http://localhost:8080/x") == "http://localhost:8080/x"
    assert parse_groups("writers=Editors, the chiefs=Administrators") == {
        "writers": "Editors",
        "the chiefs": "Administrators",
    }
    with pytest.raises(ValueError, match="THEIRS=OURS"):
        parse_groups("writers")
