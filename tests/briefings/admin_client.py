"""The admin as staff use it, without a browser: accounts, and what a page's form sends back."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from briefings.models import Briefing, Issue, Membership, Role

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    Page: TypeAlias = _MonkeyPatchedWSGIResponse

_numbers = count(1)


# In a small newsroom, editors do everything but administration.
EVERYTHING = ("Editors", "Publishers", "List managers")


def make_staff(*groups: str, may: tuple[str, ...] = (), **fields: Any) -> User:
    """Make a staff account, in groups ('Reporters', 'Editors') or with permissions.

    'Editors' is for the groups of EVERYTHING; `make_member` makes an account with single roles.
    """
    fields.setdefault("username", f"staff{next(_numbers)}")
    user = User.objects.create(is_staff=True, **fields)
    names = {name for group in groups for name in (EVERYTHING if group == "Editors" else (group,))}
    user.groups.set(Group.objects.filter(name__in=names))
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    return user


def make_member(*roles: Role, of: Briefing | None, **fields: Any) -> User:
    """Make a staff account with roles in a briefing, or in all with `of=None`."""
    user = make_staff(**fields)
    for role in roles:
        Membership.objects.create(user=user, briefing=of, role=role)
    return user


def staff_client(*groups: str, may: tuple[str, ...] = (), **fields: Any) -> Client:
    """Return a client that is logged in as a new member of staff."""
    client = Client()
    client.force_login(make_staff(*groups, may=may, **fields))
    return client


def author_client(issue: Issue, **fields: Any) -> Client:
    """Return a client of a Reporter who is the author of an issue."""
    client = staff_client("Reporters", **fields)
    issue.author.account_id = int(client.session["_auth_user_id"])
    issue.author.save()
    return client


class _Form(HTMLParser):
    """Collects what a browser would send of one form; a template's content is not part of it."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.fields: dict[str, str] = {}
        self.inside = False
        self.templates = 0
        self.select: str | None = None
        self.area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if tag == "template":
            self.templates += 1
        name = given.get("name", "")
        if not self.inside or self.templates or not name or "disabled" in given:
            return
        if tag == "input" and given.get("type") not in {"checkbox", "radio", "submit"}:
            self.fields[name] = given.get("value", "")
        elif tag == "select":
            self.select = name
        elif tag == "textarea":
            self.area = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "template":
            self.templates -= 1
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area] += data

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


class _FormWithChoices(_Form):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        given = {name: value or "" for name, value in attrs}
        if tag == "option" and self.select and "selected" in given:
            self.fields[self.select] = given.get("value", "")


def read_form(page: Page, form_id: str = "issue_form") -> dict[str, str]:
    """Return what a browser would send back of a page's form, line ends included."""
    form = _FormWithChoices(form_id)
    form.feed(page.content.decode())
    # Browsers drop the first line end of a text area and send the others as CR LF.
    return {
        name: value.removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n")
        for name, value in form.fields.items()
    }


def change_url(issue: Issue) -> str:
    return reverse("admin:briefings_issue_change", args=[issue.pk])


def open_issue(client: Client, issue: Issue) -> dict[str, str]:
    """Open an issue's page and return its form."""
    page = client.get(change_url(issue))
    assert page.status_code == 200
    return read_form(page)


def off_the_clock(form: dict[str, str]) -> dict[str, str]:
    """Return a form whose sender knows that the save ends an approval."""
    return {**form, "_off_clock": form["from_version"]}


def save(client: Client, issue: Issue, form: dict[str, str], **changes: str) -> Page:
    """Send an issue's form and follow the redirect."""
    return client.post(change_url(issue), {**form, **changes}, follow=True)


def take_step(client: Client, issue: Issue, step: str, **changes: str) -> Page:
    """Open an issue's page and use one of its buttons."""
    return save(client, issue, open_issue(client, issue), _step=step, **changes)


def messages_of(page: Page) -> str:
    """Return the messages of a page in one string."""
    return " ".join(str(message) for message in page.context["messages"])
