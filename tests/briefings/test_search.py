"""Search: what is found, in which order, how it is shown; and that nothing typed is an error."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from briefings.models import (
    Comment,
    CommentState,
    Issue,
    IssueState,
    IssueText,
    SearchWord,
    SectionKind,
)
from briefings.search import found
from briefings.search.engine import SearchTooSlow
from briefings.search.found import Filters, search_comments, search_issues
from briefings.search.index_repair import index_missing_issues, rebuild_search
from briefings.search.search_query import parse_query
from tests.factories import (
    make_briefing,
    make_comment,
    make_contributor,
    make_correction,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

pytestmark = pytest.mark.django_db


def issue_on(words: str, *, title: str = "A quiet week", **fields: Any) -> Issue:
    """Publish an issue whose body has these words, and nothing else of note."""
    fields.setdefault("strapline", "Short notes.")
    return make_published_issue(
        title=title, sections=[(SectionKind.FEATURE, "Notes", f"<p>{words}</p>")], **fields
    )


def titles(words: str, **filters: Any) -> list[str]:
    page = search_issues(words, filters=Filters(**filters), page=1, at=timezone.now())
    return [one.issue.title for one in page.found]


def text_of(client: Client, path: str, *, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    html = re.sub(r"<(title|script|style|option)\b.*?</\1>", " ", response.content.decode())
    return unescape(" ".join(re.sub(r"<[^>]+>", "", html).split()))


def test_headline_strapline_and_body_are_found_and_the_headline_counts_most() -> None:
    issue_on("Ferries and a harbour.", title="In the body")
    issue_on("Nothing.", title="In the strapline", strapline="About ferries.")
    issue_on("Nothing.", title="Ferries in the headline")
    assert titles("ferry") == ["Ferries in the headline", "In the strapline", "In the body"]


def test_of_two_equal_issues_the_newer_comes_first() -> None:
    now = timezone.now()
    for years in (6, 1, 3):
        issue_on("The ferry.", title=f"{years} years", at=now - timedelta(days=365 * years))
    assert titles("ferry") == ["1 years", "3 years", "6 years"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("harbour ferry", {"both"}),
        ("ferry", {"both", "ferry"}),
        ('"ferry harbour"', {"both"}),
        ('"harbour ferry"', set()),
        ("ferry -harbour", {"ferry"}),
        ("-harbour ferry", {"ferry"}),
        ("bridge or harbour", {"bridge", "both"}),
        ("bridge OR ferry -harbour", {"bridge", "ferry"}),
        ("FERRIES", {"both", "ferry"}),
        ("notes bridge", {"bridge"}),
    ],
)
def test_the_syntax_of_search_engines_works(words: str, expected: set[str]) -> None:
    issue_on("The ferry harbour.", title="both")
    issue_on("The ferry.", title="ferry")
    issue_on("The bridge.", title="bridge")
    assert set(titles(words)) == expected


@pytest.mark.parametrize(
    "words",
    [
        *(
            "'",
            '"',
            '""',
            '"ferry',
            "-",
            "--",
            "-ferry",
            "or",
            "or or",
            "*",
            "(",
            "NEAR(a b)",
            "^x",
        ),
        *("the of and", "a", "%", "%s", "\\", "\0", "ferry\0harbour", "'; DROP TABLE x; --"),
        *("ferry:*", "ferry & | !", "<->", "headline:ferry", "{a b}", "x" * 10_000, "é" * 10_000),
        *(
            "ferry " * 2_000,
            "\ud83d",
            "\u202e",
            "<script>",
            "\x02\x03",
            "１２３",
            "日本語",
            "&amp;",
        ),
    ],
)
def test_nothing_that_is_typed_is_an_error(client: Client, words: str) -> None:
    issue_on("The ferry <b>harbour</b>.")
    data = {"q": words.encode("utf-8", "replace").decode()}
    assert client.get("/search/", data).status_code == 200
    assert client.get("/search/", {**data, "in": "comments"}).status_code == 200
    assert client.get("/search/feed/", data).status_code in {200, 404}


@pytest.mark.parametrize("name", ["briefing", "author", "from", "to", "page", "in"])
@pytest.mark.parametrize("value", ["", "0", "-1", "99999999999", "²", "x\0", "2026-01"])
def test_no_filter_is_an_error(client: Client, name: str, value: str) -> None:
    issue_on("The ferry.")
    assert client.get("/search/", {"q": "ferry", name: value}).status_code == 200


def test_an_excerpt_keeps_headings_items_and_paragraphs_apart(client: Client) -> None:
    body = "<p>The ferry is late.</p><h3>Why?</h3><p>“Nobody knows.”</p>"
    body += "<ul><li>A bus</li><li>A tram (new)</li></ul><p>Good luck</p>"
    make_published_issue(sections=[(SectionKind.FEATURE, "The quay", body)])
    excerpt = "The quay · The ferry is late. Why? “Nobody knows.” A bus · A tram (new) · Good luck"
    assert excerpt in text_of(client, "/search/?q=ferry")


def test_only_published_issues_appear() -> None:
    issue = make_scheduled_issue(title="The ferry")
    make_issue(title="Another ferry")
    assert titles("ferry") == []
    issue.publish(at=timezone.now())
    assert titles("ferry") == ["The ferry"]


def test_a_correction_changes_what_is_found() -> None:
    issue = issue_on("The ferry.")
    assert titles("241") == []
    make_correction(issue)  # adds: The county has 241 beds.
    assert titles("241 beds") == [issue.title]
    assert titles("ferry") == [issue.title]


def test_an_issue_that_is_deleted_leaves_the_index() -> None:
    issue = issue_on("The ferry.")
    issue.delete()
    assert titles("ferry") == []
    assert not IssueText.objects.exists()


def test_filters_by_briefing_author_and_years() -> None:
    ward, ferry = make_briefing(title="Ward"), make_briefing(title="Ferry")
    sam = make_contributor(name="Sam")
    issue_on("Beds.", title="old", briefing=ward, at=datetime(2023, 6, 1, tzinfo=UTC))
    issue_on("Beds.", title="sam", briefing=ward, author=sam, at=datetime(2024, 6, 1, tzinfo=UTC))
    issue_on("Beds.", title="new", briefing=ferry, at=datetime(2025, 6, 1, tzinfo=UTC))
    assert set(titles("beds")) == {"old", "sam", "new"}
    assert set(titles("beds", briefing=ward)) == {"old", "sam"}
    assert titles("beds", author=sam) == ["sam"]
    assert set(titles("beds", first_year=2024)) == {"sam", "new"}
    assert set(titles("beds", first_year=2023, last_year=2024)) == {"old", "sam"}
    assert titles("beds", first_year=2025, briefing=ward) == []


def test_a_year_begins_where_the_briefing_is(client: Client) -> None:
    tokyo = make_briefing(title="Tokyo", time_zone="Asia/Tokyo")
    boston = make_briefing(title="Boston", time_zone="America/New_York")
    new_year = datetime(2024, 1, 1, tzinfo=UTC)
    evening = new_year - timedelta(hours=3)
    issue_on("Beds.", title="2024 in Tokyo", briefing=tokyo, at=evening)
    issue_on("Beds.", title="2023 in Boston", briefing=boston, at=new_year + timedelta(hours=3))
    assert titles("beds", first_year=2024) == ["2024 in Tokyo"]
    assert titles("beds", last_year=2023) == ["2023 in Boston"]
    assert titles("beds", last_year=2023, briefing=tokyo) == []
    assert set(titles("beds", first_year=2023, last_year=2024)) == {
        "2024 in Tokyo",
        "2023 in Boston",
    }
    for issue in Issue.objects.all():
        make_comment(on=issue, body=f"Beds, {issue.title}.")
    said = search_comments("beds", filters=Filters(first_year=2024), page=1).found
    assert [one.comment.body for one in said] == ["Beds, 2024 in Tokyo."]


def test_the_years_to_choose_from_are_those_of_the_briefings(client: Client) -> None:
    def years() -> list[str]:
        html = client.get("/search/").content.decode()
        return sorted(set(re.findall(r'<option value="(\d{4})"', html)))

    evening = datetime(2023, 12, 31, 21, tzinfo=UTC)
    issue_on("Beds.", at=evening, briefing=make_briefing(time_zone="Asia/Tokyo"))
    assert years() == ["2024"]
    issue_on("Beds.", at=evening, briefing=make_briefing(time_zone="America/New_York"))
    assert years() == ["2023", "2024"]


def test_filters_offer_what_has_published_issues_and_keep_what_was_chosen(client: Client) -> None:
    ward, draft = make_briefing(title="Ward"), make_briefing(title="Draft")
    sam, ada = make_contributor(name="Sam"), make_contributor(name="Ada")
    for year in (2021, 2024, 2023):
        issue_on("Beds.", briefing=ward, author=sam, at=datetime(year, 6, 1, tzinfo=UTC))
    make_issue(briefing=draft, author=ada)
    html = client.get(
        "/search/", {"q": "beds", "from": "2022", "author": sam.slug}
    ).content.decode()
    chosen = re.findall(r'<option value="([^"]*)"( selected)?>', html)
    assert chosen == [
        *[("", ""), (ward.slug, "")],
        *[("", ""), (sam.slug, " selected")],
        *[("", ""), ("2024", ""), ("2023", ""), ("2022", " selected"), ("2021", "")],
        *[("", ""), ("2024", ""), ("2023", ""), ("2022", ""), ("2021", "")],
    ]


def test_found_words_are_marked_and_the_rest_is_escaped(client: Client) -> None:
    issue_on(f"{'Word ' * 300} The &lt;b&gt;ferry&lt;/b&gt; &amp; more.", title="A <i>ferry</i>")
    html = client.get("/search/", {"q": "ferry"}).content.decode()
    assert "<mark>ferry</mark>" in html
    assert "A &lt;i&gt;<mark>ferry</mark>&lt;/i&gt;" in html
    assert "<b>ferry" not in html
    assert "<i>" not in html
    assert html.count("Word ") < 100  # an excerpt only


def test_results_come_in_pages(client: Client) -> None:
    briefing = make_briefing()
    for number in range(found.PER_PAGE + 1):
        issue_on("The ferry.", title=f"Issue no {number}", briefing=briefing)
    first = text_of(client, "/search/?q=ferry")
    assert "Page 1 of 2" in first
    assert "Issues 11" in first
    second = text_of(client, "/search/?q=ferry&page=2")
    assert "Page 2 of 2" in second
    shown = [set(re.findall(r"Issue no \d+", text)) for text in (first, second)]
    assert [len(one) for one in shown] == [10, 1]
    assert not shown[0] & shown[1]
    assert text_of(client, "/search/?q=ferry&page=99") == second


def test_a_word_in_every_issue_ranks_only_the_newest(client: Client) -> None:
    for number in range(4):
        issue_on("The ferry.", title=f"no {number}")
    with patch.object(found, "MOST_FOUND", 2):
        text = text_of(client, "/search/?q=ferry")
        comments = text_of(client, "/search/?q=ferry&in=comments")
    assert "These are the newest 2 of 4." in text
    for page in (text, comments):  # of which the other one does not count to the end
        assert "Issues 2+" in page
    assert "2+ issues have it." in comments
    assert "no 3" in text
    assert "no 0" not in text


def test_comments_are_a_second_tab_with_those_that_readers_see(client: Client) -> None:
    issue = issue_on("Nothing.")
    seen = make_comment(on=issue, body="My ferry <b>sank</b>.", name="Ada")
    for state in (CommentState.UNCONFIRMED, CommentState.PENDING, CommentState.REJECTED):
        make_comment(on=issue, body=f"A ferry, {state}.", state=state)
    hidden = make_comment(on=issue, body="Gone.", state=CommentState.REJECTED)
    make_comment(on=issue, body="A ferry under it.", parent=hidden)
    page = search_comments("ferries", filters=Filters(), page=1)
    assert [one.comment for one in page.found] == [seen]
    html = client.get("/search/?q=ferry&in=comments").content.decode()
    assert "My <mark>ferry</mark>" in html
    assert "<b>sank" not in html
    assert seen.get_absolute_url() in html
    assert "Comments 1" in text_of(client, "/search/?q=ferry")
    Comment.objects.filter(pk=seen.pk).update(state=CommentState.REJECTED)
    assert search_comments("ferry", filters=Filters(), page=1).found == []


def test_a_reply_to_a_withdrawn_comment_is_found_as_it_stands_on_the_page(client: Client) -> None:
    issue = issue_on("Nothing.")
    withdrawn = make_comment(on=issue, body="My bridge.", state=CommentState.WITHDRAWN)
    reply = make_comment(on=issue, body="A ferry.", parent=withdrawn)
    assert "A ferry." in client.get(issue.get_absolute_url()).content.decode()
    page = search_comments("ferry", filters=Filters(), page=1)
    assert [one.comment for one in page.found] == [reply]
    assert search_comments("bridge", filters=Filters(), page=1).count == 0


def test_a_comment_that_is_changed_or_erased_is_found_no_more() -> None:
    comment = make_comment(on=issue_on("Nothing."), body="My ferry sank.")
    comment.body = "My bridge fell."
    comment.save()
    assert search_comments("ferry", filters=Filters(), page=1).count == 0
    assert search_comments("bridge", filters=Filters(), page=1).count == 1
    comment.delete()
    assert search_comments("bridge", filters=Filters(), page=1).count == 0


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("harbuor", "harbour"),
        ("harbor ferry", "harbour ferry"),
        ("Comissioning", "commissioning"),
        ("feery", "ferry"),
        ("fery -bridge", "ferry -bridge"),
    ],
)
def test_a_typing_error_leads_to_did_you_mean(client: Client, typed: str, meant: str) -> None:
    issue_on("The harbour, a ferry, and the commissioning of both.")
    assert f"Did you mean {meant}?" in text_of(client, f"/search/?q={typed.replace(' ', '+')}")


def test_what_finds_nothing_is_not_suggested(client: Client) -> None:
    issue = issue_on("The harbour.")
    assert "Did you mean" not in text_of(client, "/search/?q=zeppelin")
    IssueText.objects.filter(pk=issue.pk).delete()
    assert "Did you mean" not in text_of(client, "/search/?q=harbuor")


def test_empty_pages_say_what_to_do(client: Client) -> None:
    assert "There are no issues yet." in text_of(client, "/search/")
    briefing = issue_on("The ferry.").briefing
    assert "Every issue since" in text_of(client, "/search/")
    nothing = text_of(client, f"/search/?q=zeppelin&briefing={briefing.slug}")
    assert "No issues with “zeppelin”" in nothing
    assert "Search all briefings, authors and years" in nothing
    make_comment(on=Issue.objects.get(), body="A zeppelin.")
    assert "1 comment has it." in text_of(client, "/search/?q=zeppelin")
    assert "There is nothing to look for in that" in text_of(client, "/search/?q=-ferry")


def test_a_search_that_takes_too_long_is_stopped_and_says_so(client: Client) -> None:
    issue_on("The ferry.")
    engine = type(found.search_engine())
    with patch.object(engine, "rank", side_effect=SearchTooSlow):
        assert "That search took too long" in text_of(client, "/search/?q=ferry")


def test_a_slow_query_is_interrupted() -> None:
    from django.db import connection

    slow = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000000)"
        " SELECT count(*) FROM n"
    )
    with (
        pytest.raises(SearchTooSlow),
        found.search_engine().limit_seconds(0.05),
        connection.cursor() as cursor,
    ):
        cursor.execute(slow)
    issue_on("The ferry.")
    assert titles("ferry") == ["A quiet week"]


@pytest.mark.postgres
def test_every_search_reads_the_index_at_once() -> None:
    issues = [issue_on("The harbour.")]
    issues += Issue.objects.bulk_create(
        Issue(
            briefing=issues[0].briefing,
            author=issues[0].author,
            number=number,
            state=IssueState.PUBLISHED,
            approved_hash="-",
            published_at=timezone.now(),
        )
        for number in range(2, 1500)
    )
    IssueText.objects.bulk_create(
        IssueText(
            issue=issue,
            body=f"{word_list(issue.number)} {'' if issue.number % 3 else 'common often'}",
        )
        for issue in issues[1:]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE briefings_issue, briefings_issuetext")
    engine = found.search_engine()
    for words in ("common", "common -harbour", "harbour", "common often"):
        query = parse_query(words)
        assert query
        with engine.limit_seconds(2):
            plan = found._matching_issues(query, engine, Filters()).explain()
        assert "Bitmap Index Scan on issue_text_by_words" in plan, words


def word_list(seed: int) -> str:
    """Return some words that no other text has."""
    return " ".join(f"w{seed}x{number}" for number in range(20))


@pytest.mark.postgres
def test_no_index_keeps_new_words_in_a_list_that_each_search_reads() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_am ON pg_am.oid = relam"
            " WHERE amname = 'gin' AND NOT 'fastupdate=off' = ANY(coalesce(reloptions, '{}'))"
        )
        assert cursor.fetchall() == []


def test_a_search_has_a_feed_with_the_same_filters(client: Client) -> None:
    issue_on("The ferry.", title="Ferry one")
    other = issue_on("The ferry.", title="Ferry two")
    issue_on("The bridge.", title="Bridge")
    feed = client.get("/search/feed/?q=ferry")
    assert feed["Content-Type"].startswith("application/atom+xml")
    entries = re.findall(r"<entry><title>([^<]+)", feed.content.decode())
    assert entries == ["Ferry two", "Ferry one"]
    only = client.get(f"/search/feed/?q=ferry&briefing={other.briefing.slug}")
    assert re.findall(r"<entry><title>([^<]+)", only.content.decode()) == ["Ferry two"]
    assert client.get("/search/feed/").status_code == 404


def test_the_pages_set_no_cookie(client: Client) -> None:
    issue_on("The ferry.")
    for path in ("/search/", "/search/?q=ferry", "/search/feed/?q=ferry"):
        assert not client.get(path).cookies


def test_rebuilding_gives_what_publishing_and_correcting_gave() -> None:
    issue_on("The harbour.", title="One")
    make_correction(issue_on("A ferry.", title="Two"))
    texts, words = set(IssueText.objects.values_list()), set(SearchWord.objects.values_list())
    assert texts
    assert words
    call_command("rebuild_search")
    assert set(IssueText.objects.values_list()) == texts
    assert set(SearchWord.objects.values_list()) == words
    # whatever happened to it
    IssueText.objects.filter(headline="One").delete()
    IssueText.objects.filter(headline="Two").update(body="Lost.")
    draft = make_issue(title="A draft")
    IssueText.objects.create(issue=draft, headline="A draft", strapline="", body="")
    SearchWord.objects.all().delete()
    SearchWord.objects.create(word="strange")
    call_command("rebuild_search")
    assert set(IssueText.objects.values_list()) == texts
    assert set(SearchWord.objects.values_list()) == words
    assert titles("harbour") == ["One"]
    assert titles("lost") == []


def test_rebuilding_keeps_the_words_of_an_issue_that_is_published_meanwhile() -> None:
    def publish_another(_: int) -> None:
        issue_on("A zeppelin.", title="Two")

    issue_on("The harbour.", title="One")
    rebuild_search(progress=publish_another)
    assert SearchWord.objects.filter(word="zeppelin").exists()


def test_issues_from_before_search_are_indexed_by_a_worker() -> None:
    issue_on("The harbour.", title="One")
    issue_on("The harbour.", title="Two")
    IssueText.objects.all().delete()
    assert titles("harbour") == []
    assert index_missing_issues(at_most=1) == 1
    assert titles("harbour") == ["Two"]
    assert (index_missing_issues(), index_missing_issues()) == (1, 0)
    assert len(titles("harbour")) == 2


def test_sqlite_keeps_no_words_of_comments_that_were_changed_or_deleted() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL takes old rows out of an index by itself")
    issue = make_published_issue()
    make_comment(on=issue, state=CommentState.APPROVED, body="Beds and wards")
    changed = make_comment(on=issue, state=CommentState.APPROVED, body="Zebulon was here")
    deleted = make_comment(on=issue, state=CommentState.APPROVED, body="Quixote was here")
    assert {b"zebulon", b"quixot"} <= words_in_index()

    changed.body = "Nobody was here"
    changed.save()
    deleted.delete()

    assert not {b"zebulon", b"quixot"} & words_in_index()


def words_in_index() -> set[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT block FROM search_index_comments_data")
        stored = b" ".join(bytes(block) for [block] in cursor.fetchall())
    return {word for word in (b"zebulon", b"quixot") if word in stored}
