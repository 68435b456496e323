"""Comments on a section or on selected words: checked, linked to the place, kept as they were."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefings.comment_places import MAX_LINKED_CHARS, find_passage
from briefings.comment_submission import confirmation_path
from briefings.models import Comment, Issue, Section, SectionKind
from tests.briefings.test_comment_form import send, text_of
from tests.factories import make_comment, make_published_issue

pytestmark = pytest.mark.django_db
BODY = (
    "<p>The county has <strong>214&nbsp;beds</strong> that nobody staffs.</p>"
    "<p>Each is paid for twice – once by the trust, and once by the commissioner.</p>"
)


@pytest.fixture
def issue() -> Issue:
    return make_published_issue(
        title="Who pays?",
        sections=[
            (SectionKind.FEATURE, "", "<p>A short first part that has no heading of its own.</p>"),
            (SectionKind.FEATURE, "The beds & the rest", BODY),
            (SectionKind.SISTERS, "From our other titles", "<p>Latest</p>"),
        ],
    )


def section_of(issue: Issue, place: int = 1) -> Section:
    return issue.sections.all()[place]


def page_of(issue: Issue, **query: str) -> str:
    return str(Client().get(issue.get_absolute_url(), query).content.decode())


def change(issue: Issue, **fields: str) -> None:
    """Change the section as a correction does."""
    Section.objects.filter(pk=section_of(issue).pk).update(**fields)


def about(client: Client, issue: Issue, passage: str, *, section: str = "") -> Comment:
    """Send a comment on selected words and have it approved."""
    response = send(client, issue, passage=passage, section=section or str(section_of(issue).pk))
    assert response.status_code == 302, text_of(response.content)
    comment = Comment.objects.latest("pk")
    comment.confirm(at=timezone.now())
    comment.approve(by=None, at=timezone.now())
    return comment


def test_a_link_below_each_section_opens_the_form_for_it(client: Client, issue: Issue) -> None:
    page = page_of(issue)
    links = re.findall(r'href="(\?about=(\d+)#comment-form)" rel="nofollow"', page)
    bare, beds, sisters = issue.sections.all()
    assert [int(pk) for _, pk in links] == [bare.pk, beds.pk]
    assert f'<option value="{beds.pk}" selected>The beds &amp; the rest' in page_of(
        issue, about=str(beds.pk)
    )
    # A section without a heading is named by its first words.
    assert f'<option value="{bare.pk}" selected>A short first part that has no …' in page_of(
        issue, about=str(bare.pk)
    )
    assert f'<option value="{sisters.pk}"' not in page
    for wrong in ("0", "x", str(sisters.pk + 1)):
        assert "selected>The whole issue" in page_of(issue, about=wrong)


def test_an_issue_that_takes_no_comments_has_no_such_links(issue: Issue) -> None:
    issue.briefing.comments_close_after = 0
    issue.briefing.save()
    assert "?about=" not in page_of(issue)


def test_a_comment_on_words_shows_them_and_leads_to_them(client: Client, issue: Issue) -> None:
    comment = about(client, issue, "214 beds that nobody staffs")
    section = section_of(issue)
    assert (comment.section, comment.section_heading) == (section, "The beds & the rest")
    assert comment.passage == "214 beds that nobody staffs"
    page = page_of(issue)
    found = re.search(
        r'<a href="#([^"]*)">about: “<bdi>214 beds that nobody staffs</bdi>”</a>', page
    )
    assert found
    anchor, directive = unescape(found[1]).split(":~:text=")
    assert f'id="{anchor}"' in page
    assert unquote(directive) == "214 beds that nobody staffs"


@pytest.mark.parametrize(
    ("selected", "kept"),
    [
        ("nobody  staffs.\n\nEach is paid", "nobody staffs. Each is paid"),
        ("nobody staffs.Each is", "nobody staffs. Each is"),
        ("The beds & the rest", "The beds & the rest"),
        (" twice – once\u200b by ", "twice – once by"),
    ],
)
def test_words_are_found_whatever_spaces_the_browser_put_between_them(
    client: Client, issue: Issue, selected: str, kept: str
) -> None:
    assert about(client, issue, selected).passage == kept


def test_words_of_another_section_than_the_chosen_one_are_about_that(
    client: Client, issue: Issue
) -> None:
    bare = section_of(issue, 0)
    comment = about(client, issue, "no heading of its own", section=str(section_of(issue).pk))
    assert comment.section == bare


@pytest.mark.parametrize(
    "forged",
    [
        "The county has 500 beds",
        "<strong>214",
        "Latest",  # of the list of other titles
        "x" * 501,
    ],
)
def test_words_that_are_not_in_the_issue_are_refused_and_nothing_typed_is_lost(
    client: Client, issue: Issue, forged: str
) -> None:
    response = send(client, issue, body="Kept words", passage=forged)
    assert response.status_code == 422
    assert "not in the issue any more" in text_of(response.content)
    assert "Kept words" in response.content.decode()
    [field] = re.findall(r'<input type="hidden" name="passage"[^>]*>', response.content.decode())
    assert "value=" not in field  # the next attempt goes without them
    assert not Comment.objects.exists()


def test_a_reply_is_about_its_thread_and_not_about_words(client: Client, issue: Issue) -> None:
    thread = make_comment(on=issue)
    send(client, issue, reply_to=str(thread.pk), passage="214 beds")
    assert Comment.objects.latest("pk").passage == ""


def test_words_that_a_correction_changed_are_shown_as_they_were(
    client: Client, issue: Issue
) -> None:
    about(client, issue, "214 beds that nobody staffs")
    change(issue, body=BODY.replace("214", "241"))
    page = page_of(issue)
    found = re.search(r'<a href="#([^"]*)">about: “<bdi>214 beds that nobody staffs</bdi>”', page)
    assert found
    assert f'id="{found[1]}"' in page  # leads to the section, for the words are gone
    assert "(as it read then)" in page


def test_a_correction_elsewhere_in_the_section_changes_nothing(
    client: Client, issue: Issue
) -> None:
    about(client, issue, "214 beds that nobody staffs")
    change(issue, body=f"<p>Corrected.</p>{BODY}", heading="The beds, again")
    page = page_of(issue)
    assert "(as it read then)" not in page
    [anchor] = re.findall(r'<a href="#([^":]*):~:text=', page)
    assert f'id="{anchor}"' in page
    assert "· on <a" in page
    assert "The beds, again" in page


def test_a_comment_outlives_its_section(client: Client, issue: Issue) -> None:
    about(client, issue, "214 beds that nobody staffs")
    section_of(issue).delete()
    page = page_of(issue)
    assert "“<bdi>214 beds that nobody staffs</bdi>”" in page
    assert "· on <bdi>The beds &amp; the rest</bdi>" in page
    assert "(as it read then)" in page
    assert ":~:text=" not in page


def test_a_long_passage_is_named_by_its_first_and_last_words(client: Client, issue: Issue) -> None:
    passage = (
        "nobody staffs. Each is paid for twice – once by the trust, and once by the commissioner"
    )
    assert len(passage) > MAX_LINKED_CHARS
    about(client, issue, passage)
    [directive] = re.findall(r":~:text=([^\"]*)\"", page_of(issue))
    assert [unquote(part) for part in directive.split(",")] == [
        "nobody staffs. Each is",
        "once by the commissioner",
    ]


def test_characters_with_a_meaning_in_a_directive_are_encoded(client: Client) -> None:
    issue = make_published_issue(
        sections=[(SectionKind.FEATURE, "X", "<p>Well-known, “so & so” said 5 % – no.</p>")]
    )
    about(client, issue, "Well-known, “so & so” said 5 %", section=str(section_of(issue, 0).pk))
    [directive] = re.findall(r":~:text=([^\"]*)\"", page_of(issue))
    assert not {"-", ",", "&", " "} & set(directive)
    assert unquote(directive) == "Well-known, “so & so” said 5 %"


def test_a_passage_is_shown_to_its_writer_before_they_confirm(client: Client, issue: Issue) -> None:
    send(client, issue, passage="214 beds", section=str(section_of(issue).pk))
    page = client.get(confirmation_path(Comment.objects.get())).content.decode()
    assert "“<bdi>214 beds</bdi>”" in page


def test_passages_cost_no_query(client: Client, issue: Issue) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            page_of(issue)
        return len(queries)

    make_comment(on=issue)
    without = cost()
    section = section_of(issue)
    for number in range(20):
        make_comment(
            on=issue,
            body=f"{number}",
            section=section,
            section_heading=section.heading,
            passage="214 beds",
        )
    assert cost() == without <= 5


def test_hostile_words_are_shown_as_words(client: Client) -> None:
    issue = make_published_issue(
        sections=[(SectionKind.FEATURE, "X", "<p>Write &lt;b onclick=x&gt; &amp;amp; go</p>")]
    )
    about(client, issue, "Write <b onclick=x> &amp; go", section=str(section_of(issue, 0).pk))
    page = page_of(issue)
    assert "<b onclick" not in page
    assert "“<bdi>Write &lt;b onclick=x&gt; &amp;amp; go</bdi>”" in page


def test_nothing_is_found_in_nothing() -> None:
    assert find_passage("", "") == find_passage("Words", " \u200b\n") == ""
    assert find_passage("", "Words") == ""
