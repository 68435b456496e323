"""Staff set a new password with a link that is emailed to them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsroom.form_signature import sign_form
from newsroom.models import OutgoingEmail

pytestmark = pytest.mark.django_db
ASK = "/admin/password-reset/"
DELETED = 'DELETE FROM "newsroom_outgoingemail" WHERE "newsroom_outgoingemail"."id" IN '
NEW = "correct horse battery"


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@news.example.com", "a long password", is_staff=True)


def ask(client: Client, address: str, **more: Any) -> Any:
    began = sign_form(at=timezone.now() - timedelta(seconds=20))
    return client.post(ASK, {"email": address, "began": began}, **more)


def link_in_email() -> str:
    email = OutgoingEmail.objects.filter(name="password_reset").latest("pk")
    found = re.search(r"http://news\.example\.com(/admin/password-reset/\S+)", email.text)
    assert found
    return found[1]


def last_email() -> OutgoingEmail:
    email = OutgoingEmail.objects.order_by("pk").last()
    assert email is not None
    return email


def test_the_log_in_page_leads_to_a_new_password(client: Client, ada: User) -> None:
    assert f'href="{ASK}"' in client.get("/admin/login/").content.decode()
    assert "Email me a link" in client.get(ASK).content.decode()
    sent = ask(client, "Ada@news.example.com")
    assert sent["Location"] == f"{ASK}sent/"
    assert "1 hour" in client.get(sent["Location"]).content.decode()
    email = last_email()
    assert email.to == "ada@news.example.com"
    assert email.subject == "Set a new password at Newsroom"
    assert "1 hour" in email.text
    form = client.get(link_in_email(), follow=True)
    assert 'type="password"' in form.content.decode()
    path = form.redirect_chain[-1][0]
    weak = client.post(path, {"new_password1": "ada", "new_password2": "ada"})
    assert "too short" in weak.content.decode()
    done = client.post(path, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Your new password is set" in done.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert Client().post("/admin/login/", {"username": "ada", "password": NEW}).status_code == 302
    assert "This link does not work" in Client().get(link_in_email(), follow=True).content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"is_staff": False},
        {"is_active": False},
        {"email": "other@news.example.com"},
        {"password": "!"},
    ],
    ids=str,
)
def test_nobody_else_gets_an_email_and_the_answer_is_the_same(
    client: Client, ada: User, change: dict[str, Any]
) -> None:
    known = ask(client, ada.email)
    assert OutgoingEmail.objects.count() == 1
    OutgoingEmail.objects.all().delete()
    bob = User.objects.create_user("bob", "bob@news.example.com", "a long password", is_staff=True)
    User.objects.filter(pk=bob.pk).update(**change)
    other = ask(client, "bob@news.example.com")
    assert (known.status_code, known["Location"]) == (other.status_code, other["Location"])
    assert not OutgoingEmail.objects.exists()


def test_an_unknown_address_costs_the_same_work(client: Client, ada: User) -> None:
    def work(address: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            ask(client, address)
        found = [re.sub(r"[\d'(].*", "", query["sql"], flags=re.DOTALL) for query in queries]
        return [query for query in found if query.startswith(("SELECT", "INSERT", "DELETE"))]

    work("somebody@news.example.com")  # what is loaded once
    known, unknown = work(ada.email), work("nobody@news.example.com")
    assert [query for query in unknown if query not in known] == [DELETED]
    assert [query for query in known if query not in unknown] == []


def test_an_address_gets_one_email_however_often_somebody_asks(client: Client, ada: User) -> None:
    for _ in range(5):
        ask(client, ada.email)
    assert OutgoingEmail.objects.count() == 1
    codes = {ask(client, ada.email).status_code for _ in range(10)}
    assert 429 in codes


def test_one_email_has_the_links_of_all_accounts_with_the_address(
    client: Client, ada: User
) -> None:
    User.objects.create_user("ada2", ada.email, "a long password", is_staff=True)
    ask(client, ada.email)
    [email] = OutgoingEmail.objects.all()
    assert email.text.count(ASK) == 2
    assert "ada2:" in email.text


def test_the_token_is_in_no_referer_and_on_no_page(client: Client, ada: User) -> None:
    ask(client, ada.email)
    link = link_in_email()
    token = link.rstrip("/").rpartition("/")[2]
    answer = client.get(link)
    assert answer.status_code == 302
    assert token not in urlsplit(answer["Location"]).path
    assert answer["Referrer-Policy"] == "no-referrer"
    form = client.get(answer["Location"])
    assert token not in form.content.decode()
    assert form["Referrer-Policy"] == "same-origin"  # else browsers hide where the form came from
    forged = client.get(f"{link[:-3]}x/")
    assert forged["Referrer-Policy"] == "no-referrer"


def test_another_site_can_neither_ask_nor_set_a_password(client: Client, ada: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert ask(strict, ada.email, headers={"origin": "https://evil.example"}).status_code == 403
    assert ask(strict, ada.email, headers={"origin": "http://testserver"}).status_code == 302
    path = strict.get(link_in_email())["Location"]
    assert strict.post(path, {"new_password1": NEW, "new_password2": NEW}).status_code == 403


def test_a_new_password_ends_a_lockout(client: Client, ada: User) -> None:
    wrong = {"username": "ada", "password": "a guess"}
    assert [client.post("/admin/login/", wrong).status_code for _ in range(8)][-1] == 429
    ask(client, ada.email)
    path = client.get(link_in_email())["Location"]
    client.post(path, {"new_password1": NEW, "new_password2": NEW})
    assert client.post("/admin/login/", {"username": "ada", "password": NEW}).status_code == 302
