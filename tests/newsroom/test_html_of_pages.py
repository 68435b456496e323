"""The HTML of pages and emails: no error of the standard's parser, and ids that stand once."""

from __future__ import annotations

from typing import Any

import html5lib
import pytest
from django.test import Client
from html5lib.constants import E

from briefings.rendering.issue_email import render_issue_email
from newsroom.models import OutgoingEmail
from tests.briefings.rendering.sample_emails import LINKS
from tests.factories import make_comment, make_correction, make_published_issue, make_reader
from tests.newsroom.test_form_origin import FORM_FIELDS
from tests.newsroom.test_page_cache import public_paths

pytestmark = pytest.mark.django_db

# Attributes that name other elements by their ids.
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "form")


def faults(html: bytes) -> list[str]:
    """Return what is wrong with a page: errors of its parser, and ids."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(html, transport_encoding="utf-8")
    found = [f"{place}: {E[code] % facts}" for place, code, facts in parser.errors]
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    found += [f"id {one} twice" for one in set(ids) if ids.count(one) > 1]
    for one in root.iter():
        for name in REFERENCES:
            wanted = one.attrib.get(name, "").split()
            found += [f"{name} names {missing}" for missing in wanted if missing not in ids]
        if "-" in str(one.tag) and "name" in one.attrib:  # only elements of forms have names
            found.append(f"{one.tag} has a name")
        target = one.attrib.get("href", "")
        if target.startswith("#") and target[1:] not in ids:
            found.append(f"nothing at {target}")
    return found


def test_the_check_finds_faults() -> None:
    assert (
        len(faults(b"<!doctype html><title>x</title><p id=a><div id=a></p><a href='#b'>b</a>")) >= 3
    )


def test_every_public_page_is_well_formed(client: Client) -> None:
    issue = make_published_issue()
    make_correction(issue)
    make_comment(on=issue, parent=make_comment(on=issue, section=issue.sections.first()))
    token = make_reader(of=issue.briefing).subscriber.token
    paths = {
        *public_paths(issue),
        *("/nothing/", "/confirm/nothing/", "/view/nothing/", "/unsubscribe/nothing/"),
        *("/comments/sign-in/", "/comments/mine/", f"/preferences/{token}/"),
    }
    found = {}
    for path in sorted(paths):
        answer = client.get(path)
        if answer["Content-Type"].startswith("text/html"):
            found[path] = faults(answer.content)
    assert len(found) > 20
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_the_page_that_asks_for_a_proof_of_work_is_well_formed(
    client: Client, settings: Any
) -> None:
    settings.CHALLENGE_ABOVE = 0
    path = f"/subscribe/{make_published_issue().briefing.slug}/"
    answer = client.post(path, {"address": "ada@example.org"})
    assert b"<altcha-widget" in answer.content
    assert faults(answer.content) == []


def test_forms_that_come_back_and_emails_are_well_formed(client: Client) -> None:
    issue = make_published_issue()
    author, slug = issue.author.get_absolute_url(), issue.briefing.slug
    found = {}
    for path in (
        *(f"{issue.get_absolute_url()}comments/", f"{author}contact/", "/preferences/"),
        *("/subscribe/", f"/subscribe/{slug}/", "/comments/sign-in/"),
    ):
        answer = client.post(path, {"email": "nobody", "body": "", "briefings": [slug]})
        assert answer.status_code == 422, path
        found[path] = faults(answer.content)
    for fields_of in FORM_FIELDS.values():
        client.post(*fields_of(issue))
    for email in OutgoingEmail.objects.all():
        found[email.name] = faults(email.html.encode())
    found["issue"] = faults(render_issue_email(issue, links=LINKS).html.encode())
    assert {what: wrong for what, wrong in found.items() if wrong} == {}
    assert len(found) > 8
