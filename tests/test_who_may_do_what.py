"""Every address of the admin, and every act: which role may open it, for whose issue.

Each row names the roles by their initials. An address of the admin without a row fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http.cookie import SimpleCookie
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from briefings.comment_decisions import decide
from briefings.models import (
    Briefing,
    Clipping,
    CommentBan,
    CommentState,
    FlaggedWord,
    Issue,
    Point,
    RevisionStep,
    Role,
    SectionKind,
    Topic,
)
from briefings.working_copies import keep_words
from newsroom import audit_log
from newsroom.accounts.models import LogInAttempt
from subscribers.models import (
    BounceEvent,
    Dispatch,
    HeldItem,
    ImportPart,
    SignUp,
    SubscriberImport,
    Suppression,
)
from subscribers.models.address_hash import hash_address
from subscribers.sending import ledger
from tests.briefings.admin_client import make_member, make_staff
from tests.factories import (
    make_briefing,
    make_comment,
    make_contributor,
    make_correction,
    make_dispatch,
    make_issue,
    make_reader,
    make_scheduled_issue,
)

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

# R reporter, E editor, P publisher, M moderator, A administrator: of one briefing.
# C is an administrator of all briefings, L a list manager, N a member of staff without a role.
ROLES = "REPMACLN"
EVERYBODY = ROLES
NOBODY = ""
READERS = ("REPAC", "EPAC", "C")  # of issues: own ones, others', those of another briefing
WRITERS = ("REAC", "EAC", "C")
SENDERS = ("PAC", "PAC", "C")


class Row(NamedTuple):
    """An address: the rows that it is about; who may open it for own rows, others', elsewhere."""

    name: str
    about: str
    who: tuple[str, ...]
    method: str = "get"
    words: dict[str, str] = {}


def page(name: str, who: str, *, method: str = "get") -> Row:
    return Row(name, "", (who,), method)


def post(name: str, about: str, *who: str, **words: str) -> Row:
    return Row(name, about, who, "post", words)


def pages_of(
    model: str, about: str, *, lists: str, adds: str, views: str, deletes: str
) -> list[Row]:
    """Return the five addresses that Django gives a model, which is not tied to a briefing."""
    return [
        page(f"{model}_changelist", lists),
        page(f"{model}_add", adds),
        Row(f"{model}_change", about, (views,)),
        Row(f"{model}_history", about, (views,)),
        Row(f"{model}_delete", about, (deletes,)),
    ]


GENERAL = [
    page("index", EVERYBODY),
    page("login", EVERYBODY),
    page("logout", EVERYBODY, method="post"),
    page("password_change", EVERYBODY),
    page("password_change_done", EVERYBODY),
    page("account", EVERYBODY),  # each person's own
    page("second_factor", EVERYBODY),
    page("set_up_factor", EVERYBODY),
    page("add_app", EVERYBODY),
    page("recovery_codes", EVERYBODY),
    page("recovery_codes", EVERYBODY, method="post"),
    page("end_sessions", EVERYBODY, method="post"),
    page("confirm_password", EVERYBODY),
    post("remove_factor", "factor", NOBODY),  # of somebody else
    page("jsi18n", EVERYBODY),
    Row("app_list", "app", ("REPMAC",)),
    Row("view_on_site", "on_site", (EVERYBODY,)),  # where readers, too, find a published page
    Row("autocomplete", "choices", ("REPAC",)),
]
BRIEFINGS = [
    page("briefings_briefing_changelist", "REPAC"),
    page("briefings_briefing_add", "C"),
    Row("briefings_briefing_change", "briefing", ("REPAC", "C")),
    Row("briefings_briefing_history", "briefing", ("REPAC", "C")),
    Row("briefings_briefing_delete", "briefing", (NOBODY, NOBODY)),
    post("briefings_briefing_change", "briefing", "EAC", "C"),
    page("briefings_topic_changelist", "C"),
    page("briefings_topic_add", "C"),
    Row("briefings_topic_change", "topic", ("C",)),
    Row("briefings_topic_history", "topic", ("C",)),
    Row("briefings_topic_delete", "topic", (NOBODY,)),
    post("briefings_topic_change", "topic", "C"),
    page("briefings_contributor_changelist", "REPAC"),
    page("briefings_contributor_add", "C"),
    Row("briefings_contributor_change", "contributor", ("REPAC",)),
    Row("briefings_contributor_history", "contributor", ("REPAC",)),
    Row("briefings_contributor_delete", "contributor", (NOBODY,)),
    post("briefings_contributor_change", "contributor", "C"),
]
COMMENTS = [
    page("briefings_comment_changelist", "REPMAC"),
    page("briefings_comment_add", NOBODY),
    Row("briefings_comment_change", "comment", ("REPMAC", "EPMAC", "C")),
    Row("briefings_comment_history", "comment", ("REPMAC", "EPMAC", "C")),
    Row("briefings_comment_delete", "comment", (NOBODY,) * 3),
    post("briefings_comment_decide", "comment", "EMAC", "EMAC", "C"),
    post("briefings_comment_reply", "comment", "EMAC", "EMAC", "C"),
    page("briefings_moderation", "EMAC"),
    page("briefings_moderation_cards", "EMAC"),
    post("briefings_moderation_decide", "comment", "EMAC", "EMAC", "C", decision="approve"),
    page("briefings_decisions", "EMAC"),
    post("briefings_decision_undo", "decision", "EMAC", "EMAC", "C"),
    post("briefings_ban_lift", "ban", "EMAC", "EMAC", "C"),
    *pages_of("briefings_flaggedword", "flagged_word", lists="C", adds="C", views="C", deletes="C"),
]
ISSUES = [
    page("briefings_issue_changelist", "REPAC"),
    page("briefings_issue_add", "REAC"),
    page("briefings_issue_add", "REAC", method="post"),
    page("briefings_issue_import", "REAC"),
    page("briefings_issue_import", "REAC", method="post"),
    page("briefings_autosave", "REPAC"),
    page("briefings_upload_image", "REPAC", method="post"),
    Row("briefings_issue_change", "issue", READERS),
    Row("briefings_issue_history", "issue", READERS),
    Row("briefings_issue_delete", "issue", ("EAC", "EAC", "C")),
    post("briefings_issue_delete", "issue", "EAC", "EAC", "C"),
    post("briefings_issue_change", "issue", *WRITERS),
    post("briefings_issue_step", "issue", *READERS),  # it says which step is whose: see below
    post("briefings_presence", "issue", *READERS),
    Row("briefings_issue_preview", "issue", READERS),
    Row("briefings_issue_preview_part", "preview", READERS),
    Row("briefings_issue_correct", "published", SENDERS),
    Row("briefings_findings", "unsaved", READERS),
    Row("briefings_finding_override", "finding", ("EAC", "EAC", "C")),
    post("briefings_finding_override", "finding", "EAC", "EAC", "C"),
    page("briefings_calendar", EVERYBODY),  # it shows each person their briefings
    page("briefings_my_alarms", EVERYBODY),
    page("briefings_link_search", "REPAC"),
    page("briefings_trays", "REAC"),
    page("briefings_clipping_add", "REAC"),
    Row("briefings_clippings", "briefing", ("REAC", "C")),
    post("briefings_clippings", "briefing", "REAC", "C", lines="https://paper.example/beds"),
    post("briefings_clipping_remove", "clipping", "REAC"),
    post("briefings_clipping_restore", "clipping", "REAC"),
    post("briefings_issue_proof", "issue", "REPAC", "EPAC", "C"),
    post("briefings_issue_topics", "issue", "REPAC", "EPAC", "C"),
    post("briefings_preview_links", "issue", "REPAC", "EPAC", "C"),
    post("briefings_remarks", "issue", *READERS, act="leave", words="Who says so?"),
    post("briefings_issue_open_remarks", "issue", "EAC", "EAC", "C"),
    Row("briefings_points", "issue", ("REAC", "REAC", "C")),
    post("briefings_point_open", "issue", "REAC", "REAC", "C", sentence="The beds are empty."),
    Row("briefings_point", "point", ("REAC", "REAC", "C")),
    post("briefings_point_check", "point", "REAC", "REAC", "C", says="yes", seen="open"),
    post("briefings_point_change", "point", "REAC", "REAC", "C", act="up"),
    Row("briefings_response", "issue", ("REAC", "REAC", "C")),
    Row("briefings_response_panel", "issue", ("REAC", "REAC", "C")),
    post("briefings_response_publish", "comment", "EAC", "EAC", "C"),
    post("briefings_response_mark", "comment", "REAC", "REAC", "C", act="mark:use"),
    Row("briefings_question", "question", READERS),
    post("briefings_question", "question", "EPAC", "EPAC", "C"),
    post("briefings_quote", "issue", "REAC", "REAC", "C"),
    post("briefings_quotation", "issue", "REAC", "REAC", "C"),
    post("briefings_ask_to_quote", "issue", "REAC", "REAC", "C"),
    Row("briefings_revisions", "issue", READERS),
    Row("briefings_revisions_compare", "comparison", READERS),
    post("briefings_revision_restore", "revision", *WRITERS),
    post("briefings_revision_name", "revision", *WRITERS),
]
DISPATCHES = [
    page("subscribers_dispatch_changelist", "REPAC"),
    page("subscribers_dispatch_add", NOBODY),
    Row("subscribers_dispatch_change", "dispatch", READERS),
    Row("subscribers_dispatch_history", "dispatch", READERS),
    Row("subscribers_dispatch_delete", "dispatch", (NOBODY,) * 3),
    Row("subscribers_dispatch_progress", "dispatch", READERS),
    Row("subscribers_dispatch_send", "issue", SENDERS),
    post("subscribers_dispatch_send", "issue", *SENDERS),
    post("subscribers_dispatch_action", "dispatch", *SENDERS),
    post("subscribers_dispatch_resend", "delivery", *SENDERS),
    Row("subscribers_dispatch_deliveries", "dispatch", READERS),
    Row("subscribers_dispatch_deliveries_csv", "dispatch", ("C", "C", "C")),
    post("subscribers_dispatch_retry", "dispatch", *SENDERS),
    Row("subscribers_dispatch_email", "dispatch", READERS),
    Row("subscribers_dispatch_email_html", "dispatch", READERS),
    Row("subscribers_dispatch_email_source", "source", READERS),
    Row("subscribers_dispatch_send_correction", "correction", SENDERS),
    post("subscribers_dispatch_send_correction", "correction", *SENDERS),
]
SUBSCRIBERS = [
    *pages_of(
        *("subscribers_subscriber", "subscriber"),
        lists="CL",
        adds=NOBODY,
        views="CL",
        deletes=NOBODY,
    ),
    Row("subscribers_subscriber_erase", "subscriber", ("C",)),
    post("subscribers_subscriber_erase", "subscriber", "C"),
    page("subscribers_export", "CL"),
    page("subscribers_export", "CL", method="post"),
    *pages_of("subscribers_signup", "sign_up", lists="CL", adds=NOBODY, views="CL", deletes=NOBODY),
    *pages_of(
        *("subscribers_bounceevent", "event"), lists="C", adds=NOBODY, views="C", deletes=NOBODY
    ),
    *pages_of(
        *("subscribers_suppression", "suppression"), lists="CL", adds="C", views="CL", deletes="C"
    ),
    *pages_of(
        "subscribers_subscriberimport",
        "import",
        lists="CL",
        adds="CL",
        views="CL",
        deletes=NOBODY,
    ),
    post("subscribers_subscriberimport_choose", "import", "CL"),
    post("subscribers_subscriberimport_begin", "import", "CL"),
    post("subscribers_subscriberimport_stop", "import", "CL"),
    Row("subscribers_subscriberimport_progress", "import", ("CL",)),
    Row("subscribers_subscriberimport_refused", "import", ("CL",)),
    *pages_of("subscribers_helditem", "held", lists="C", adds=NOBODY, views="C", deletes=NOBODY),
    page("subscribers_helditem_changelist", "C", method="post"),
]
ACCOUNTS = [
    *pages_of("auth_user", "account", lists="C", adds="C", views="C", deletes=NOBODY),
    post("auth_user_change", "account", "C"),
    post("auth_user_change", "superuser", NOBODY),
    Row("auth_user_password_change", "account", ("C",)),
    Row("auth_user_password_change", "superuser", (NOBODY,)),
    *pages_of("auth_group", "group", lists=NOBODY, adds=NOBODY, views=NOBODY, deletes=NOBODY),
    post("auth_user_invite", "account", "C"),
    post("auth_user_invite", "superuser", NOBODY),
    post("auth_user_remove_factor", "account", "C"),
    post("auth_user_remove_factor", "superuser", NOBODY),
    *pages_of("accounts_loginattempt", "log_in", lists="C", adds=NOBODY, views="C", deletes=NOBODY),
]
TABLES = {
    "general": GENERAL,
    "briefings": BRIEFINGS,
    "comments": COMMENTS,
    "issues": ISSUES,
    "dispatches": DISPATCHES,
    "subscribers": SUBSCRIBERS,
    "accounts": ACCOUNTS,
}
# The steps of an issue: the state that they start from, and who may take them.
STEPS = {
    "submit": ("draft", WRITERS),
    "approve": ("in_review", ("EAC", "EAC", "C")),
    "schedule": ("approved", SENDERS),
    "unschedule": ("scheduled", SENDERS),
    "take_back": ("in_review", ("R", NOBODY, NOBODY)),
    "return": ("in_review", ("EAC", "EAC", "C")),
}
# Who may change an issue's words in each state.
MAY_WRITE = {
    "draft": WRITERS,
    "in_review": ("EAC", "EAC", "C"),
    "approved": ("EAC", "EAC", "C"),
    "scheduled": ("EAC", "EAC", "C"),
    "published": (NOBODY,) * 3,
}


def names_of_addresses() -> set[str]:
    return {pattern.name for pattern in _patterns(admin.site.urls[0]) if pattern.name}


def _patterns(found: Any) -> Iterator[URLPattern]:
    for pattern in found:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns)
        else:
            yield pattern


def test_every_address_of_the_admin_has_a_row() -> None:
    named = {row.name for rows in TABLES.values() for row in rows}
    assert names_of_addresses() - named == set(), "say in TABLES who may open these"
    assert named - names_of_addresses() == set()


class World:
    """Two briefings, an account for each role in the first, and rows of every kind."""

    def __init__(self) -> None:
        self.here, self.elsewhere = make_briefing(), make_briefing()
        roles = dict(zip("REPMA", Role, strict=True))
        self.users = {
            initial: make_member(role, of=self.here, email=f"{role}@news.example.com")
            for initial, role in roles.items()
        }
        self.users["C"] = make_member(Role.ADMINISTRATOR, of=None, email="chief@news.example.com")
        self.users["L"] = make_staff("List managers", email="lists@news.example.com")
        self.users["N"] = make_staff(email="nobody@news.example.com")
        for user in self.users.values():  # only contributors reply to comments
            make_contributor(account=user)
        self.clients = {role: Client() for role in ROLES}
        self.cookies = {}
        for role, client in self.clients.items():
            client.force_login(self.users[role])
            self.cookies[role] = client.cookies[next(iter(client.cookies))]
        self._rows: dict[tuple[str, str, int], Any] = {}

    def issue(self, role: str, whose: int, state: str = "draft") -> Issue:
        """Return an issue of this person (0), of a colleague (1) or of another briefing (2)."""
        key = (f"issue {state}", role if whose == 0 else "", whose)
        if key not in self._rows:
            briefing = self.elsewhere if whose == 2 else self.here
            issue = make_issue(briefing=briefing)
            if whose == 0:
                audit_log.record("created", issue, by=self.users[role])
            issue.keep_revision(RevisionStep.CREATED, by=None)
            _move(issue, state)
            self._rows[key] = issue
        found: Issue = self._rows[key]
        return found

    def dispatched(self, role: str, whose: int) -> Issue:
        """Return a published issue with its dispatch and one delivery."""
        key = ("dispatched", role if whose == 0 else "", whose)
        if key not in self._rows:
            briefing = self.elsewhere if whose == 2 else self.here
            issue = make_scheduled_issue(briefing=briefing)
            if whose == 0:
                audit_log.record("created", issue, by=self.users[role])
            make_reader(of=briefing)
            ledger.fill(make_dispatch(issue=issue))
            self._rows[key] = issue
        found: Issue = self._rows[key]
        return found

    def arguments(self, about: str, role: str, whose: int) -> list[Any]:
        """Return what stands in an address, for rows of one kind."""
        if about in FIXED:
            return FIXED[about](self)
        if about == "point":
            issue = self.issue(role, whose)
            return [issue.pk, Point.objects.get_or_create(issue=issue)[0].pk]
        if about in {"issue", "comparison", "preview", "revision", "finding", "unsaved"}:
            issue = self.issue(role, whose)
            if about == "unsaved":
                self._type_into(issue, role)
            more: dict[str, list[Any]] = {
                "preview": ["page"],
                "finding": ["0123abcd"],
                "revision": [issue.revisions.get().pk],
            }
            return [issue.pk, *more.get(about, [])]
        if about in {"published", "dispatch", "delivery", "comment", "source", "correction"} | {
            *("decision", "ban", "question"),
        }:
            return self._of_dispatched(about, self.dispatched(role, whose))
        if about == "factor":
            factor, _ = TOTPDevice.objects.get_or_create(
                user=User.objects.get_or_create(username="somebody")[0], key="ff" * 20
            )
            return ["app", factor.pk]
        if about == "briefing":
            return [(self.here, self.elsewhere)[whose].pk]
        if (about, "", 0) not in self._rows:
            self._rows[about, "", 0] = MAKERS[about](self)
        return [self._rows[about, "", 0].pk]

    def _type_into(self, issue: Issue, role: str) -> None:
        """Let somebody have unsaved words of an issue, as if a role was taken from them since."""
        keep_words(
            user=self.users[role],
            token=f"page{issue.pk:08}",
            sequence=1,
            issue=issue,
            content={"version": "1", "seen": "", "fields": {}, "sections": []},
        )

    def _of_dispatched(self, about: str, issue: Issue) -> list[Any]:
        dispatch = Dispatch.objects.of_issues().get(issue=issue)
        if about == "source":
            return [dispatch.pk, "html"]
        if about == "correction":
            return [(issue.corrections.first() or make_correction(issue)).pk]
        if about == "comment":
            known = issue.comments.first()
            return [(known or make_comment(on=issue, state=CommentState.PENDING)).pk]
        if about == "decision":
            made = make_comment(on=issue, state=CommentState.PENDING)
            return [decide("approve", made, by=self.users["C"], at=timezone.now()).pk]
        if about == "ban":
            return [CommentBan.objects.create(address_hash="0" * 64, briefing=issue.briefing).pk]
        if about == "question":
            asked, _ = issue.sections.get_or_create(kind=SectionKind.QUESTION, heading="Agree?")
            return [issue.pk, asked.pk]
        if about == "delivery":
            return [dispatch.pk, dispatch.deliveries.earliest("pk").pk]
        return [issue.pk if about == "published" else dispatch.pk]

    def ask(self, role: str, method: str, url: str, data: Any = None) -> Page:
        """Send a request as one of the accounts."""
        client = self.clients[role]
        client.cookies = SimpleCookie()
        morsel = self.cookies[role]
        client.cookies[morsel.key] = morsel.value
        return client.post(url, data or {}) if method == "post" else client.get(url, data or {})


def make_sign_up(world: World) -> SignUp:
    address = "new@example.com"
    return SignUp.objects.create(
        token="t" * 22,
        address=address,
        address_hash=hash_address(address),
        asked_at=timezone.now(),
    )


def make_event(world: World) -> BounceEvent:
    dispatch = Dispatch.objects.of_issues().get(issue=world.dispatched("N", 1))
    delivery = dispatch.deliveries.earliest("pk")
    return BounceEvent.objects.create(
        key="k",
        source="webhook",
        classification="hard",
        reason="no such user",
        delivery=delivery,
        dispatch=dispatch,
        subscriber=delivery.subscriber,
        action="none",
    )


def make_import(world: World) -> SubscriberImport:
    uploaded = SubscriberImport.objects.create(briefing=world.here, file_name="list.csv", size=9)
    ImportPart.objects.create(subscriber_import=uploaded, kind="refused", position=0, data=b"line")
    return uploaded


def make_held(world: World) -> HeldItem:
    return HeldItem.objects.create(issue=world.issue("N", 1, "approved"), held_at=timezone.now())


# Rows that are not tied to a person.
MAKERS: dict[str, Callable[[World], Any]] = {
    "clipping": lambda world: Clipping.objects.create(
        briefing=world.here, url="https://paper.example/wards"
    ),
    "flagged_word": lambda world: FlaggedWord.objects.create(words="crook"),
    "topic": lambda world: Topic.objects.create(name="Waiting times", slug="waiting-times"),
    "contributor": lambda world: make_contributor(),
    "subscriber": lambda world: make_reader(of=world.here).subscriber,
    "sign_up": make_sign_up,
    "event": make_event,
    "suppression": lambda world: Suppression.objects.create(
        address_hash=hash_address("no@example.com"), reason="staff"
    ),
    "import": make_import,
    "held": make_held,
    "account": lambda world: make_staff(),
    "superuser": lambda world: User.objects.create_superuser("root"),
    "group": lambda world: Group.objects.create(name="Cooks"),
    "log_in": lambda world: LogInAttempt.objects.create(username="x"),
}


def _move(issue: Issue, state: str) -> None:
    """Move a draft on to a state, as the system."""
    if state in {"in_review", "approved", "scheduled", "published"}:
        issue.submit(by=None)
    if state in {"approved", "scheduled", "published"}:
        issue.approve(by=None)
    now = timezone.now()
    if state == "scheduled":
        issue.schedule(publish_at=now + timedelta(days=3), by=None, at=now)
    elif state == "published":
        issue.schedule(publish_at=now, by=None, at=now)
        issue.publish(at=now)


# What stands in addresses that are about no row of the two briefings.
FIXED: dict[str, Callable[[World], list[Any]]] = {
    "": lambda world: [],
    "choices": lambda world: [],
    "app": lambda world: ["briefings"],
    "on_site": lambda world: [ContentType.objects.get_for_model(Briefing).pk, world.here.pk],
}
QUERIES = {
    "choices": "?app_label=briefings&model_name=issue&field_name=briefing",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.takes(seconds=15)
def test_who_may_open_each_address(table: str) -> None:
    world = World()
    mistakes = []
    for row in TABLES[table]:
        for whose, who in enumerate(row.who):
            for role in ROLES:
                arguments = world.arguments(row.about, role, whose)
                url = reverse(f"admin:{row.name}", args=arguments) + QUERIES.get(row.about, "")
                if row.about == "comparison":
                    url += f"?from={Issue.objects.get(pk=arguments[0]).revisions.get().pk}"
                with transaction.atomic():
                    status = world.ask(role, row.method, url, row.words).status_code
                    transaction.set_rollback(True)
                was_let_in = status not in {403, 404}
                if was_let_in != (role in who) or status >= 500:
                    mistakes.append(f"{role} {row.method} {row.name} {whose}: {status}")
    assert not mistakes, "\n".join(mistakes)


@pytest.mark.parametrize("step", STEPS)
def test_who_may_take_each_step(step: str) -> None:
    world = World()
    state, whom = STEPS[step]
    mistakes = []
    for whose, who in enumerate(whom):
        for role in ROLES:
            issue = world.issue(role, whose, state)
            url = reverse("admin:briefings_issue_step", args=[issue.pk])
            words = {
                "_step": step,
                "seen": issue.content_hash(),
                "reason": "A source is missing.",
                "goes_out": f"{timezone.now() + timedelta(days=9):%Y-%m-%d}T07:00",
            }
            with transaction.atomic():
                world.ask(role, "post", url, words)
                moved = Issue.objects.get(pk=issue.pk).state != state
                transaction.set_rollback(True)
            if moved != (role in who):
                mistakes.append(f"{role} {whose}: {'moved' if moved else 'not moved'}")
    assert not mistakes, "\n".join(mistakes)


@pytest.mark.parametrize("state", MAY_WRITE)
def test_who_may_change_the_words_in_each_state(state: str) -> None:
    world = World()
    mistakes = []
    for whose, who in enumerate(MAY_WRITE[state]):
        for role in ROLES:
            issue = world.issue(role, whose, state)
            url = reverse("admin:briefings_issue_change", args=[issue.pk])
            words = {
                "title": "Changed by somebody",
                "briefing": issue.briefing_id,
                "number": issue.number,
                "author": issue.author_id,
                "from_version": issue.version,
                "_off_clock": issue.version,
                "goes_out": f"{timezone.now() + timedelta(days=9):%Y-%m-%d}T07:00",
                "sections-TOTAL_FORMS": 0,
                "sections-INITIAL_FORMS": 0,
            }
            with transaction.atomic():
                world.ask(role, "post", url, words)
                changed = Issue.objects.get(pk=issue.pk).title == "Changed by somebody"
                transaction.set_rollback(True)
            if changed != (role in who):
                mistakes.append(f"{role} {whose}: {'changed' if changed else 'not changed'}")
    assert not mistakes, "\n".join(mistakes)


def test_who_may_keep_unsaved_words_of_an_issue() -> None:
    world = World()
    mistakes = []
    for whose, who in enumerate(READERS):
        for role in ROLES:
            words = {
                "token": f"page{role.lower()}{whose}00",
                "sequence": 1,
                "issue": world.issue(role, whose).pk,
                "version": "1",
                "seen": "",
                "fields": {},
                "sections": [],
            }
            client = world.clients[role]
            answer = client.post(
                reverse("admin:briefings_autosave"), json.dumps(words), content_type="text/json"
            )
            if (answer.status_code == 200) != (role in who):
                mistakes.append(f"{role} {whose}: {answer.status_code}")
    assert not mistakes, "\n".join(mistakes)


@pytest.mark.parametrize("way", ["add", "import"])
def test_who_may_start_an_issue_of_which_briefing(way: str) -> None:
    world = World()
    mistakes = []
    for briefing, who in ((world.here, "REAC"), (world.elsewhere, "C")):
        for role in ROLES:
            answer = world.ask(
                role, "get", reverse(f"admin:briefings_issue_{way}"), {"briefing": briefing.pk}
            )
            offers = (
                f'value="{briefing.pk}"'
                in answer.content.decode().partition('name="briefing"')[2].partition("</select>")[0]
            )
            if offers != (role in who):
                mistakes.append(f"{role} {briefing}: {offers}")
    assert not mistakes, "\n".join(mistakes)
