"""Public pages are stored whole, until what they show changes; everybody gets the same bytes."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import brotli
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection, connections, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from django.utils.http import http_date
from redis.exceptions import ConnectionError as RedisConnectionError

from briefings.models import Answer, Comment, CommentState, Correction, Issue, Topic
from briefings.shown_rows import SHOWN
from newsroom import content_changes, page_cache, public_pages
from newsroom.content_changes import SITE, version_key
from newsroom.content_encodings import chosen_encoding
from newsroom.public_pages import PublicPageMiddleware
from tests.factories import (
    make_comment,
    make_contributor,
    make_correction,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)
from tests.newsroom.test_form_origin import public_views

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stored(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pages stored within the transaction of a test, and let changes count at once."""

    def at_once(action: Callable[[], None], **_: Any) -> None:
        action()

    monkeypatch.setattr(public_pages, "may_store", lambda: True)
    monkeypatch.setattr("newsroom.content_changes.transaction.on_commit", at_once)


def queries_of(client: Client, path: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path, headers=headers).status_code == 200
    return len(queries)


def public_paths(issue: Issue) -> list[str]:
    """Return the address of every public page, with each parameter that one of them has."""
    page, slug = issue.get_absolute_url(), issue.briefing.slug
    comment = make_comment(on=issue)
    topic = Topic.objects.create(name="Waiting times", slug="waiting-times")
    issue.topics.add(topic)
    return [
        *("/search/", "/search/?q=beds", "/search/?q=beds&in=comments&page=2"),
        *(topic.get_absolute_url(), f"{topic.get_absolute_url()}feed/"),
        *("/", "/feed/", "/feed.json", "/sitemap.xml", "/robots.txt", "/humans.txt", "/privacy/"),
        *("/preferences/", "/search/", f"{topic.get_absolute_url()}feed.json"),
        *(f"/sitemap-{part}.xml" for part in ("pages", "briefings", "contributors", "topics")),
        *("/sitemap-news.xml", f"/sitemap-issues-{issue.dateline.year}.xml"),
        *(f"/{slug}/feed.json", f"/{slug}/corrections/feed.json", "/.well-known/security.txt"),
        *(f"/{slug}/", f"/{slug}/feed/", f"/{slug}/corrections/", f"/{slug}/corrections/feed/"),
        *(page, f"{page}?reply_to={comment.pk}", f"{page}?comment=sent", f"{page}?page=2"),
        *(f"{page}?thread={comment.pk}", issue.author.get_absolute_url()),
        *("/subscribe/", f"/subscribe/{slug}/", f"/subscribe/{slug}/?issue={issue.number}"),
        f"/subscribe/{slug}/embed/",
    ]


@pytest.mark.django_db
def test_two_people_get_the_same_bytes_of_every_public_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issue = make_published_issue()
    make_correction(issue)
    moment = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    reader, editor = Client(), Client()
    editor.force_login(User.objects.create_superuser("rosa", "rosa@news.example.com", "x"))
    editor.cookies["theme"] = "dark"
    hers = {"user-agent": "Lynx", "accept-language": "cy", "referer": "https://elsewhere.example/"}
    for path in public_paths(issue):
        one = reader.get(path, headers={"user-agent": "Firefox", "accept-language": "en"})
        other = editor.get(f"{path}{'&' if '?' in path else '?'}utm_source=mail", headers=hers)
        assert one.status_code == other.status_code == 200, path
        assert one.content == other.content, path
        for answer in (one, other):
            assert "Set-Cookie" not in answer.headers, path
            assert not answer.cookies, path
            assert "utm_source" not in answer.content.decode()
        kept = "no-store" not in one.headers["Cache-Control"]
        assert kept == (path.count("?") == 0 or path.endswith("=sent")) or "thread=" in path, path
        if kept:
            assert one.headers["Vary"] == "Accept-Encoding"
            assert one.headers["ETag"] == other.headers["ETag"]
            assert one.headers["Cache-Control"].startswith("public, ")
            for rule in ("s-maxage=", "stale-while-revalidate="):
                assert rule in one.headers["Cache-Control"]


@pytest.mark.usefixtures("stored")
def test_a_stored_page_needs_neither_the_database_nor_a_session(client: Client) -> None:
    issue = make_published_issue()
    client.force_login(User.objects.create_superuser("rosa", "rosa@news.example.com", "x"))
    for path in public_paths(issue):
        first = client.get(path)
        if "no-store" not in first.headers["Cache-Control"]:
            assert queries_of(client, path) == 0, path
            assert client.get(path).content == first.content


@pytest.mark.usefixtures("stored")
def test_of_a_page_that_was_just_shown_only_the_versions_are_fetched(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_published_issue().get_absolute_url()
    shown = [client.get(path).content for _ in "12"]  # made, then fetched
    fetched: list[str] = []
    store = caches["pages"]
    get_many = store.get_many

    def note(keys: Any, *args: Any, **options: Any) -> Any:
        fetched.extend(keys)
        return get_many(keys, *args, **options)

    monkeypatch.setattr(store, "get_many", note)
    assert client.get(path).content == shown[1] == shown[0]
    assert fetched
    assert all(key.startswith("version.") for key in fetched)


def test_a_process_keeps_pages_up_to_a_number_of_bytes() -> None:
    memory = page_cache.PageMemory(max_bytes=400)

    def page(size: int) -> page_cache.Page:
        return page_cache.Page(body=b"x" * size, headers={}, etag="", modified=0, expires=0)

    for number in range(5):
        memory.put(f"page {number}", page(90))
        assert memory.get("page 0")  # used again and again
    memory.put("page 4", page(100))  # a newer one of that name
    memory.put("a large page", page(101))
    kept = {name for name in ("page 0", "page 1", "page 2", "page 3", "page 4") if memory.get(name)}
    assert kept == {"page 0", "page 2", "page 3", "page 4"}
    assert memory.get("a large page") is None
    for number in range(100):
        memory.put(f"other {number}", page(50))
    assert sum(bool(memory.get(f"other {number}")) for number in range(100)) == 8


@pytest.mark.usefixtures("stored")
def test_parameters_that_a_page_does_not_have_make_no_other_page(client: Client) -> None:
    path = make_published_issue().get_absolute_url()
    client.get(path)
    for query in ("?x=1", "?utm_source=mail&fbclid=2", "?comment=&x=%00", "?page="):
        assert queries_of(client, path + query) == 0, query
    client.get("/sitemap.xml")
    assert queries_of(client, "/sitemap.xml?p=01") == 0


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("query", ["?page=9999", "?page=x", "?thread=9", "?comment=x", "?page=1"])
def test_a_query_without_a_page_of_its_own_fills_no_cache(client: Client, query: str) -> None:
    path = make_published_issue().get_absolute_url()
    assert client.get(path + query).headers["Cache-Control"] == "no-store"


def test_every_address_without_a_token_has_a_public_page_or_is_known_to_have_none() -> None:
    others = {
        *("healthz", "readyz", "media", "favicon", "provider_webhook"),  # no pages
        *("comment_create", "contributor_contact", "comment_detail", "issue_in_words"),  # redirects
        *("undo_unsubscribe", "download_data", "erase", "preferences_comments"),  # of one person
        *("comment_create_under_issue", "my_comments", "my_comment", "comments_me"),
        *("answer_create", "answer_from_email", "my_answer"),
        *("comments_sign_in", "comments_sign_out", "comment_recommend", "comment_report"),
        *("proof_link", "search_feed", "search_json_feed"),  # too rare to be stored
        *("site_picture", "briefing_picture", "issue_picture"),  # stored as files that never change
    }
    unknown = {
        route
        for route, view in public_views()
        if not hasattr(view, "public_page")
        and "<token:" not in route
        and not route.startswith("inbox/")
        and route_name(route) not in others
    }
    assert unknown == set()


def route_name(route: str) -> str:
    """Return the name of an address of the public pages."""
    return next(
        pattern.name or ""
        for prefix, pattern in url_patterns(get_resolver().url_patterns)
        if f"{prefix}{pattern.pattern}" == route
    )


def url_patterns(found: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in found:
        if isinstance(pattern, URLPattern):
            yield prefix, pattern
        else:
            yield from url_patterns(pattern.url_patterns, f"{prefix}{pattern.pattern}")


# --- what changes


def test_every_table_that_public_pages_show_is_watched_or_has_a_subject() -> None:
    """A new table of `briefings` must be put into one of these, or be shown to staff only."""
    staff_only = {
        *("AlarmChoice", "RaisedAlarm", "Clipping", "FindingOverride", "LinkCheck", "Membership"),
        *("OpenPage", "TakeOver", "PreviewLink", "Proof", "Remark", "RemarkAnswer", "Revision"),
        *("TemplateSection", "WorkingCopy", "GuestOpinion"),
        *("CommentBan", "CommentDigest", "FlaggedWord", "HoldReason", "SpamAnswer", "SpamCheck"),
        # For their reader only; a page shows the count that is kept in the comment.
        *("Commenter", "CommentReport", "EarlierWords", "QuoteConsent", "Recommendation"),
        *("ClosingNote", "Point", "PointCheck", "ResponseMark", "ResponseVector", "PointVector"),
        *("IssueText", "SearchWord"),  # for searches, whose pages are not stored
    }
    own_subject = {Answer, Comment}
    for model in apps.get_app_config("briefings").get_models():
        known = [model in SHOWN, model in own_subject, model.__name__ in staff_only]
        assert known.count(True) == 1, f"is {model.__name__} shown on public pages?"
        assert content_changes.is_watched(model) == (model in SHOWN)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("model", SHOWN, ids=lambda model: str(model.__name__))
def test_each_way_of_changing_a_shown_table_makes_the_pages_again(model: Any) -> None:
    make_correction(make_published_issue())
    for statement in (
        lambda: model.objects.filter(pk=0).update(id=0),
        lambda: model.objects.filter(id=0)._raw_delete("default"),
    ):
        before = version_of(SITE)
        statement()  # type: ignore[no-untyped-call]
        assert version_of(SITE) != before


def version_of(subject: str) -> str:
    store = caches["pages"]
    store.add(version_key(subject), "the first", None)
    return str(store.get(version_key(subject)))


def correct(issue: Issue) -> None:
    make_correction(issue, note="There are 241 beds.")


def rename_author(issue: Issue) -> None:
    issue.author.name = "Rosa Q. Meyer"
    issue.author.save()


def publish_the_next(issue: Issue) -> None:
    make_published_issue(briefing=issue.briefing, title="The next one is out")


def comment(issue: Issue) -> None:
    make_comment(on=issue, body="Our ward is one of them.")


def approve_comment(issue: Issue) -> None:
    waiting = Comment.objects.get(state=CommentState.PENDING)
    waiting.approve(by=None, at=timezone.now())


def delete_comment(issue: Issue) -> None:
    Comment.objects.get(body="This one goes.").discard(by=None)


def reject_comment(issue: Issue) -> None:
    Comment.objects.get(body="This one goes.").reject(by=None, at=timezone.now())


def insert_comments(issue: Issue) -> None:
    Comment.objects.bulk_create(
        [
            Comment(
                issue=issue,
                body="From elsewhere.",
                state=CommentState.APPROVED,
                confirmed_at=timezone.now(),
            )
        ]
    )


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("change", "shown", "gone"),
    [
        (correct, "There are 241 beds.", ""),
        (rename_author, "Rosa Q. Meyer", ""),
        (publish_the_next, "The next one is out", ""),
        (comment, "Our ward is one of them.", ""),
        (approve_comment, "It waits.", ""),
        (delete_comment, "", "This one goes."),
        (reject_comment, "", "This one goes."),
        (insert_comments, "From elsewhere.", ""),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_change_is_on_the_page_at_once(
    client: Client, change: Any, shown: str, gone: str
) -> None:
    issue = make_published_issue()
    make_comment(on=issue, body="It waits.", state=CommentState.PENDING)
    make_comment(on=issue, body="This one goes.")
    before = client.get(issue.get_absolute_url()).content.decode()
    assert gone in before
    change(issue)
    after = client.get(issue.get_absolute_url()).content.decode()
    assert shown in after
    assert not gone or gone not in after


@pytest.mark.usefixtures("stored")
def test_the_deleted_thread_of_a_withdrawn_comment_is_gone_at_once(client: Client) -> None:
    issue = make_published_issue()
    withdrawn = make_comment(on=issue, state=CommentState.WITHDRAWN)
    make_comment(on=issue, parent=withdrawn, body="This one goes.")
    assert "This one goes." in client.get(issue.get_absolute_url()).content.decode()
    Comment.objects.filter(pk=withdrawn.pk).delete()
    assert "This one goes." not in client.get(issue.get_absolute_url()).content.decode()


@pytest.mark.usefixtures("stored")
def test_comments_that_nobody_sees_yet_and_those_elsewhere_leave_a_page_stored(
    client: Client,
) -> None:
    issue, other = make_published_issue(), make_published_issue()
    client.get(issue.get_absolute_url())
    unconfirmed = make_comment(on=issue, state=CommentState.UNCONFIRMED)
    unconfirmed.confirm(at=timezone.now())
    make_comment(on=other)
    assert queries_of(client, issue.get_absolute_url()) == 0


@committed
def test_a_change_that_is_rolled_back_leaves_a_page_stored(client: Client) -> None:
    issue = make_published_issue()
    client.get(issue.get_absolute_url())
    with transaction.atomic():
        Issue.objects.update(title="Nobody saw this")
        transaction.set_rollback(True)
    assert queries_of(client, issue.get_absolute_url()) == 0


@pytest.mark.usefixtures("stored")
def test_a_page_made_of_old_rows_while_a_change_commits_is_not_shown_afterwards(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = make_published_issue(title="The old headline")
    from briefings import views

    made = views.issue_page

    def overtaken(*args: Any, **options: Any) -> Any:
        context = made(*args, **options)
        Issue.objects.update(title="The new headline")  # committed before the page is stored
        return context

    with monkeypatch.context() as during:
        during.setattr(views, "issue_page", overtaken)
        assert "The old headline" in client.get(issue.get_absolute_url()).content.decode()
    assert "The new headline" in client.get(issue.get_absolute_url()).content.decode()


@pytest.mark.postgres
@committed
def test_readers_and_editors_at_once_never_leave_an_old_page_behind() -> None:
    issue = make_published_issue()
    path, ending, failures = issue.get_absolute_url(), threading.Event(), []

    def read() -> None:
        client = Client()
        try:
            while not ending.is_set():
                client.get(path)
        finally:
            connections.close_all()

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    client = Client()
    for number in range(40):
        Issue.objects.filter(pk=issue.pk).update(title=f"Headline {number}.")
        if f"Headline {number}." not in client.get(path).content.decode():
            failures.append(number)
    ending.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert "Headline 39." in client.get(path).content.decode()


@pytest.mark.usefixtures("stored")
def test_a_page_ends_when_comments_close_and_after_five_minutes_at_the_latest(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = timezone.now() - timedelta(days=13, hours=23, minutes=58)
    soon, later = make_published_issue(at=closing), make_published_issue()
    for issue, seconds in ((soon, 119), (later, 299)):
        client.get(issue.get_absolute_url())
        ends = time.time() + seconds
        assert queries_of(client, issue.get_absolute_url()) == 0
        with monkeypatch.context() as then:
            then.setattr("time.time", lambda moment=ends: moment + 2)
            assert queries_of(client, issue.get_absolute_url()) > 0


# --- without the cache


class Unreachable:
    """A cache that does not answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> None:
            self.asked.append(name)
            raise RedisConnectionError("connection refused")

        return fail


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unreachable]:
    broken = Unreachable()
    content_changes.breaker.close()
    for module in (page_cache, content_changes):
        monkeypatch.setattr(module, "caches", {"pages": broken})
    yield broken
    content_changes.breaker.close()


@pytest.mark.usefixtures("stored")
def test_without_the_cache_pages_are_made_and_changed_as_ever(
    client: Client, unreachable: Unreachable
) -> None:
    issue = make_published_issue()
    for title in ("One", "Another"):
        Issue.objects.update(title=title)
        assert title in client.get(issue.get_absolute_url()).content.decode()
    assert "get_many" not in unreachable.asked  # nobody who reads waits for it again at once


# --- HTTP


@pytest.fixture
def path(stored: None) -> str:
    return make_published_issue().get_absolute_url()


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("is_stored", [True, False])
def test_a_browser_that_has_the_page_gets_no_body(
    client: Client, path: str, is_stored: bool
) -> None:
    for encoding in ("br", "gzip", "identity"):
        asked = {"accept-encoding": encoding}
        first = client.get(path, headers=asked)
        if not is_stored:
            caches["pages"].clear()
        for condition in (
            {"if-none-match": first.headers["ETag"]},
            {"if-none-match": f'"x", W/{first.headers["ETag"]}'},
            *([{"if-modified-since": first.headers["Last-Modified"]}] if is_stored else []),
        ):
            again = client.get(path, headers={**asked, **condition})
            assert (again.status_code, again.content) == (304, b""), condition
            assert again.headers["ETag"] == first.headers["ETag"]
            assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
            assert again.headers["Vary"] == "Accept-Encoding"
        for condition in (
            {"if-none-match": '"x"', "if-modified-since": http_date()},
            {"if-modified-since": "Thu, 01 Jan 2015 00:00:00 GMT"},
            {"if-modified-since": "yesterday"},
        ):
            assert client.get(path, headers={**asked, **condition}).status_code == 200


@pytest.mark.usefixtures("stored")
def test_two_changes_within_a_second_have_two_times(client: Client, path: str) -> None:
    seen = []
    for title in ("One", "Two", "Three"):
        Issue.objects.update(title=title)
        answer = client.get(path)
        seen.append((answer.headers["Last-Modified"], answer.headers["ETag"]))
    assert len({moment for moment, _ in seen}) == len({etag for _, etag in seen}) == 3
    Correction.objects.filter(pk=0).delete()
    content_changes.change_versions([SITE])  # and where nothing changed on the page, the same ones
    answer = client.get(path)
    assert (answer.headers["Last-Modified"], answer.headers["ETag"]) == seen[-1]


@pytest.mark.usefixtures("stored")
def test_a_page_is_compressed_as_the_browser_takes_it(client: Client, path: str) -> None:
    plain = client.get(path)
    assert "Content-Encoding" not in plain.headers
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}
    etags = {plain.headers["ETag"]}
    for encoding, decompress in unpack.items():
        for packed in [client.get(path, headers={"accept-encoding": encoding}) for _ in "12"]:
            assert packed.headers["Content-Encoding"] == encoding
            assert packed.headers["Content-Length"] == str(len(packed.content))
            assert len(packed.content) < len(plain.content) / 2
            assert decompress(packed.content) == plain.content
            etags.add(packed.headers["ETag"])
    assert len(etags) == 3  # another representation each


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("GZIP", "gzip"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("br;q=x", "identity"),
        ("deflate", "identity"),
        ("", "identity"),
    ],
)
def test_the_encoding_is_one_that_the_browser_takes(accepted: str, encoding: str) -> None:
    assert chosen_encoding(accepted) == encoding


@pytest.mark.usefixtures("stored")
def test_head_has_the_headers_of_get_and_no_body(client: Client, path: str) -> None:
    for _ in range(2):
        caches["pages"].clear()
        head = client.head(path)
        got = client.get(path)
        again = client.head(path)
        for answer in (head, again):
            assert answer.content == b""
            for name in ("ETag", "Content-Length", "Content-Type", "Cache-Control"):
                assert answer.headers[name] == got.headers[name], name


@pytest.mark.usefixtures("stored")
def test_errors_and_forms_are_stored_nowhere(client: Client) -> None:
    issue = make_published_issue()
    for answer in (
        client.get("/nothing-here/"),
        client.post(f"{issue.get_absolute_url()}comments/", {"body": "x"}),
        client.post("/subscribe/", {"address": "nobody"}),
    ):
        assert answer.status_code >= 400
        assert "public" not in answer.headers.get("Cache-Control", "")
    unpublished = make_issue(briefing=issue.briefing)
    assert client.get(unpublished.get_absolute_url()).status_code == 404
    ready = make_scheduled_issue(briefing=issue.briefing)
    assert client.get(ready.get_absolute_url()).status_code == 404
    ready.publish(at=timezone.now())
    assert client.get(ready.get_absolute_url()).status_code == 200


def test_a_wrong_host_gets_no_stored_page(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["news.example.com"]
    request = RequestFactory().get("/robots.txt", headers={"host": "evil.example"})
    from django.core.exceptions import DisallowedHost

    with pytest.raises(DisallowedHost):
        PublicPageMiddleware(lambda _: HttpResponse("x"))(request)


def test_a_site_that_changes_its_language_has_other_pages(settings: Any) -> None:
    english = page_cache.page_key("/", "")
    settings.LANGUAGE_CODE = "de"
    assert page_cache.page_key("/", "") != english


@committed
def test_a_row_of_somebody_elses_transaction_is_in_no_stored_page(client: Client) -> None:
    contributor = make_contributor()
    with transaction.atomic():
        contributor.name = "Not yet"
        contributor.save()
        assert "Not yet" in client.get(contributor.get_absolute_url()).content.decode()
        transaction.set_rollback(True)
    assert "Not yet" not in client.get(contributor.get_absolute_url()).content.decode()
