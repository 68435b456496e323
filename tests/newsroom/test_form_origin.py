"""Public pages set no cookie; their forms are accepted from pages of this site only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from briefings.comment_identity import COOKIE
from briefings.comment_submission import NewComment, confirmation_path, submit_comment
from briefings.models import Comment, CommentState, Issue
from briefings.preview_links import make_link
from newsroom.form_signature import sign_form
from newsroom.models import OutgoingEmail
from newsroom.tokens import sign_value
from subscribers.models import SignUp, Subscriber, Subscription, SubscriptionState
from subscribers.preferences import address_changes
from tests.briefings.questions.asked import make_question
from tests.factories import make_comment, make_issue, make_published_issue, make_reader
from tests.source_files import ROOT
from tests.subscribers.subscriber_lives import owner_link

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
OURS = "http://news.example.com"
EVIL = "https://evil.example"
# Forms that other senders may post: why is beside each view.
OPEN_TO_OTHERS = {
    *("subscribe", "subscribe_briefing", "unsubscribe", "provider_webhook"),
    "stop_reply_emails",
    "stop_quoted_emails",
    "stop_answer_emails",
}


def post(path: str, data: dict[str, str], **headers: str) -> Any:
    """Post a form as a browser with these headers, at the host of SITE_URL."""
    strict = Client(enforce_csrf_checks=True)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return strict.post(path, data, headers={"host": "news.example.com", **headers})


def cookies_of(path: str) -> set[str]:
    """Return the cookies that a form may set: who confirms a comment is signed in for comments."""
    return {COOKIE} if path.startswith("/comments/confirm/") else set()


FORMS = (
    *("comment", "confirm comment", "confirm sign-up", "preferences link", "email link"),
    *("owner page", "data", "erase", "address change", "resume", "undo", "undo from email"),
    "guest's remarks",
)


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> tuple[str, dict[str, str]]:
    """Return the path and fields of each form of the public pages."""
    return FORM_FIELDS[request.param](make_published_issue())


def confirm_sign_up(issue: Issue) -> tuple[str, dict[str, str]]:
    Client().post(f"/subscribe/{issue.briefing.slug}/", {"address": "bob@example.org"})
    return f"/confirm/{SignUp.objects.get().token}/", {}


def reader_of(issue: Issue) -> Subscriber:
    known = Subscriber.objects.filter(address="ada@example.org").first()
    return known or make_reader(of=issue.briefing, email="ada@example.org").subscriber


def address_change(issue: Issue) -> tuple[str, dict[str, str]]:
    reader, at = reader_of(issue), timezone.now()
    address_changes.request_change(reader, address="new@example.org", ip=None, at=at)
    change = address_changes.waiting_change(reader, at=at)
    assert change is not None
    return f"/preferences/address/{change.new_token}/", {}


def unconfirmed(issue: Issue) -> Comment:
    new = NewComment(body="Closed and cold.", email="ada@example.org")
    return submit_comment(new, issue=issue, at=timezone.now())


def guest_form(issue: Issue) -> tuple[str, dict[str, str]]:
    draft = make_issue(briefing=issue.briefing)
    link = make_link(draft, by=None, at=timezone.now())
    return link.get_absolute_url(), {"act": "fine", "name": "Dr Bell"}


FORM_FIELDS: dict[str, Callable[[Issue], tuple[str, dict[str, str]]]] = {
    "comment": lambda issue: (
        f"{issue.get_absolute_url()}comments/",
        {"body": "Our ward is one of them.", "email": "ada@example.org"},
    ),
    "confirm comment": lambda issue: (confirmation_path(unconfirmed(issue)), {}),
    "confirm sign-up": confirm_sign_up,
    "preferences link": lambda issue: ("/preferences/", {"address": reader_of(issue).address}),
    "email link": lambda issue: (f"/preferences/{reader_of(issue).token}/", {"unsubscribe": "*"}),
    "owner page": lambda issue: (owner_link(reader_of(issue)), {"briefings": ""}),
    "data": lambda issue: (f"{owner_link(reader_of(issue))}data/", {}),
    "erase": lambda issue: (f"{owner_link(reader_of(issue))}erase/", {}),
    "address change": address_change,
    "resume": lambda issue: (f"/preferences/pause/{sign_value('x', '1')}/", {}),
    "undo": lambda issue: ("/unsubscribe/undo/", {"token": "x"}),
    "guest's remarks": guest_form,
    "undo from email": lambda issue: (f"/preferences/undo/{sign_value('x', '1')}/", {}),
}


FROM_ELSEWHERE: tuple[dict[str, str], ...] = (
    {"origin": EVIL},
    {"origin": "null"},
    {"origin": EVIL, "referer": f"{OURS}/"},
    {"referer": f"{EVIL}/page/?{OURS}/"},
    {"referer": "http://news.example.com.evil.example/"},
    {"referer": "http://news.example.com@evil.example/"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "cross-site", "origin": "null"},
    {"sec_fetch_site": "same-site", "origin": "https://other.example.com"},
    {"origin": "http://[::1"},
    {},
)


def test_a_form_that_another_site_sends_is_refused(form: tuple[str, dict[str, str]]) -> None:
    emails = OutgoingEmail.objects.count()
    path, fields = form
    for headers in FROM_ELSEWHERE:
        answer = post(path, fields, **headers)
        assert answer.status_code == 403, headers
        assert "did not come from our site" in answer.content.decode()
        assert not answer.cookies
    assert OutgoingEmail.objects.count() == emails
    assert not Comment.objects.exclude(state=CommentState.UNCONFIRMED).exists()
    assert not Subscription.objects.exclude(state=SubscriptionState.ACTIVE).exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": OURS},
        {"referer": f"{OURS}/some/page/"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
        {"sec_fetch_site": "none"},
    ],
    ids=str,
)
def test_a_form_from_our_own_page_is_accepted(
    form: tuple[str, dict[str, str]], headers: dict[str, str]
) -> None:
    path, fields = form
    answer = post(path, fields, **headers)
    assert answer.status_code != 403, answer.content.decode()
    assert {*answer.cookies} <= cookies_of(path)


@pytest.mark.parametrize(("age", "status"), [(timedelta(0), 302), (timedelta(days=2), 403)])
def test_a_sender_that_says_nothing_needs_the_signature_of_our_form(
    age: timedelta, status: int
) -> None:
    path, fields = FORM_FIELDS["comment"](make_published_issue())
    began = sign_form(at=timezone.now() - age)
    assert post(path, {**fields, "began": began}).status_code == status
    # The signature does not excuse a browser that says where the form came from.
    assert post(path, {**fields, "began": began}, origin=EVIL).status_code == 403


def public_views() -> list[tuple[str, Any]]:
    """Return the name and view of every address outside the admin."""
    found = []

    def walk(patterns: list[URLPattern | URLResolver], prefix: str = "") -> None:
        for pattern in patterns:
            route = f"{prefix}{pattern.pattern}"
            if isinstance(pattern, URLPattern):
                found.append((route, pattern.callback))
            elif not route.startswith("admin/"):
                walk(pattern.url_patterns, route)

    walk(get_resolver().url_patterns)
    return [(route, view) for route, view in found if not route.startswith("admin/")]


def test_every_public_view_takes_only_our_own_forms_or_is_open_to_others_on_purpose() -> None:
    unguarded = {
        view.__name__
        for _, view in public_views()
        if view.__module__.split(".")[0] in {"newsroom", "briefings", "subscribers"}
        and not getattr(view, "own_forms_only", False)
        and takes_forms(view)
    }
    assert unguarded == OPEN_TO_OTHERS


def takes_forms(view: Any) -> bool:
    """Whether a view answers to POST; its decorators say so before it looks at anything."""
    try:
        return bool(view(RequestFactory().post("/")).status_code != 405)
    except Exception:  # noqa: BLE001  (it wants the arguments of its address)
        return True


def test_no_template_of_the_public_pages_has_a_csrf_token() -> None:
    culprits = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "templates").rglob("*.html")
        if "csrf_token" in file.read_text()
        and {"admin", "registration"}.isdisjoint(file.relative_to(ROOT).parts)
    ]
    assert culprits == []


def addresses(issue: Issue) -> list[str]:
    """Return an address for each public page, those with forms and errors included."""
    page, slug = issue.get_absolute_url(), issue.briefing.slug
    comment = make_comment(on=issue)
    forms = [FORM_FIELDS[name](issue)[0] for name in FORMS]
    return [
        *("/", "/feed/", "/sitemap.xml", "/robots.txt", "/privacy/", "/healthz", "/feed.json"),
        *("/sitemap-news.xml", "/humans.txt", "/.well-known/security.txt", "/picture-x.png"),
        *(f"/{slug}/picture-x.png", f"{page}picture-x.png", "/search/feed.json?q=beds"),
        *(f"/{slug}/", f"/{slug}/feed/", page, f"{page}?reply_to={comment.pk}"),
        *(f"{page}?comment=sent", f"{page}some-words/", issue.author.get_absolute_url()),
        *("/subscribe/", f"/subscribe/{slug}/", f"/subscribe/{slug}/embed/", "/nothing-here/"),
        *(f"/unsubscribe/{Subscription.objects.all()[0].token}/", "/view/nothing/", "/readyz"),
        *("/confirm/nothing/", "/comments/confirm/nothing/", "/favicon.ico", *forms),
        *("/search/", "/search/feed/?q=beds", "/topics/nothing/"),
        *("/proof/", f"/comments/on/{slug}/{issue.number}/", "/comments/mine/", "/comments/me/"),
        *("/comments/mine/1/", "/comments/sign-in/", "/comments/sign-in/nothing/"),
        *(
            "/comments/sign-out/",
            "/comments/replies/stop/nothing/",
            "/comments/quoted/stop/nothing/",
            "/comments/quoting/nothing/",
            "/comments/from-email/nothing/",
        ),
        f"/comments/questions/{make_question(briefing=issue.briefing).pk}/",
        *("/comments/answers/nothing/", "/comments/answers/stop/nothing/"),
        "/comments/mine/answers/1/",
        *(f"/comments/{comment.pk}/recommend/", f"/comments/{comment.pk}/report/"),
    ]


def test_no_public_page_has_a_cookie_or_differs_by_one(client: Client) -> None:
    issue = make_published_issue()
    found = addresses(issue)
    for path in found:
        answer = client.get(path)
        assert not answer.cookies, path
        assert "cookie" not in answer.get("Vary", "").lower(), path
    routes = {str(route).partition("<")[0].partition("(")[0] for route, _ in public_views()}
    unseen = {
        route
        for route in routes
        if not any(path.lstrip("/").startswith(route.lstrip("^")) for path in found)
    }
    # Webhooks take POST only, pictures are files, and the inbox exists in development only.
    assert {route for route in unseen if not route.startswith("inbox/")} <= {"hooks/", "media/"}


def test_the_answer_to_a_form_sets_no_cookie_either(
    form: tuple[str, dict[str, str]],
) -> None:
    path, fields = form
    for data in (fields, {}):
        answer = post(path, data, origin=OURS)
        assert {*answer.cookies} <= cookies_of(path)
        assert "cookie" not in answer.get("Vary", "").lower()


def test_the_admin_keeps_the_csrf_token_of_django() -> None:
    answer = post("/admin/login/", {"username": "ada", "password": "x"}, origin=OURS)
    assert answer.status_code == 403
