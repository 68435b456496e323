"""Page, email and feeds show a quotation, and issues say which one they respond to."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from briefings.comment_identity import sign_in_path
from briefings.models import Comment, CommentState, Issue, QuoteChoice
from briefings.quotations.quoted_blocks import QuotedBlock, blocks_in, replace_in_text
from briefings.rendering.issue_email import render_issue_email
from subscribers.sending.dispatches import links_with_placeholders
from tests.briefings.quotations.quoted_in_tests import (
    EXCERPT,
    make_draft_quoting,
    make_response,
    publish,
)
from tests.factories import make_briefing, make_published_issue

pytestmark = pytest.mark.django_db


def page_of(issue: Issue) -> str:
    return Client().get(issue.get_absolute_url()).content.decode()


def test_the_page_shows_the_words_the_name_and_the_way_to_the_comment() -> None:
    comment = make_response(on=make_published_issue())
    issue = publish(make_draft_quoting(comment))
    page = page_of(issue)
    assert f"<p>{EXCERPT}</p>" in page
    assert '<p class="said-by">— Imogen Thwaite, ' in page
    assert f'<a href="{comment.get_absolute_url()}">comment on issue 1</a>' in page
    assert "data-response" not in page


def test_email_and_text_show_the_words_and_the_name() -> None:
    issue = make_draft_quoting(make_response(on=make_published_issue()))
    email = render_issue_email(issue, links=links_with_placeholders())
    assert f"> {EXCERPT}\n>\n> — Imogen Thwaite" in email.text
    html = " ".join(email.html.split())
    assert EXCERPT in html
    assert "— Imogen Thwaite" in html


@pytest.mark.parametrize(
    ("language", "words"), [("en", "comment on issue 1"), ("de", "Kommentar zu Ausgabe 1")]
)
def test_email_and_text_lead_to_the_comment(language: str, words: str) -> None:
    comment = make_response(on=make_published_issue(briefing=make_briefing(language=language)))
    email = render_issue_email(make_draft_quoting(comment), links=links_with_placeholders())
    address = settings.SITE_URL + comment.get_absolute_url()
    link = rf'Thwaite, <a href="{address}"[^>]*>{words}</a></p></blockquote>'
    assert re.search(link, " ".join(email.html.split()))
    assert re.search(
        rf"> — Imogen Thwaite, {words}.\[(\d+)\]\n(.+\n)*\n\[\1\] {address}\n", email.text
    )


def test_each_issue_of_a_chain_says_which_one_it_responds_to() -> None:
    first = make_published_issue()
    comment = make_response(on=first)
    second = publish(make_draft_quoting(comment))
    third = publish(make_draft_quoting(make_response(on=second, email="b@x.example")))
    assert f'<a href="{first.get_absolute_url()}">Responding to issue 1</a>' in page_of(second)
    assert "Responding to issue 2" in page_of(third)
    assert f'quoted in <a href="{second.get_absolute_url()}">issue 2</a>' in page_of(first)
    assert f'<a href="{second.get_absolute_url()}">quoted in issue 2</a>' in page_of(first)
    chain = Client().get(first.briefing.get_absolute_url()).content.decode()
    assert chain.count("Responding to issue") == 2


@pytest.mark.parametrize("name", ["Ann Lee", "Imogen " * 7 + "Lee", "Imogen " * 8 + "Lee"])
def test_a_text_forgets_the_link_with_the_name_wherever_its_lines_break(name: str) -> None:
    comment = make_response(on=make_published_issue(), name=name)
    draft = make_draft_quoting(comment)
    text = render_issue_email(draft, links=links_with_placeholders()).text
    [old] = blocks_in(draft.sections.get().body)
    new = QuotedBlock(response=comment.pk, excerpt=EXCERPT, attribution="A reader")
    changed = replace_in_text(text, old, new)
    assert f"> {EXCERPT}\n>\n> — A reader\n" in changed
    assert comment.get_absolute_url() in text
    assert comment.get_absolute_url() not in changed
    assert "comment on" not in " ".join(changed.split())


@pytest.mark.parametrize(
    "fields",
    [{"state": CommentState.PRIVATE}, {"quoting": QuoteChoice.ANONYMOUS}],
    ids=["private", "signed with a name that is not to be quoted"],
)
def test_nothing_leads_to_a_comment_that_would_say_who_it_was(fields: dict[str, Any]) -> None:
    first = make_published_issue()
    comment = make_response(on=first, **fields)
    second = publish(make_draft_quoting(comment))
    assert EXCERPT in page_of(second)
    assert comment.get_absolute_url() not in page_of(second)
    email = render_issue_email(second, links=links_with_placeholders())
    assert EXCERPT in email.text
    assert comment.get_absolute_url() not in email.html + email.text
    assert "quoted in issue 2</a>" not in page_of(first)


def test_a_nameless_comment_is_linked_with_its_quotation() -> None:
    first = make_published_issue()
    comment = make_response(on=first, name="", quoting=QuoteChoice.ANONYMOUS)
    second = publish(make_draft_quoting(comment))
    assert "— A reader, <a" in page_of(second)
    assert "quoted in issue 2</a>" in page_of(first)


def test_its_writer_finds_on_their_own_page_where_it_is_quoted() -> None:
    """Also where the public pages do not say so, because the quotation gives no name."""
    first = make_published_issue()
    comment = make_response(on=first, quoting=QuoteChoice.ANONYMOUS)
    second = publish(make_draft_quoting(comment))
    client = Client()
    client.post(sign_in_path(comment.email, commenter=comment.commenter))
    page = client.get(reverse("briefings:my_comments")).content.decode()
    assert f'Quoted in “<a href="{second.get_absolute_url()}">' in page


def test_a_draft_that_quotes_is_nobodys_news() -> None:
    first = make_published_issue()
    make_draft_quoting(make_response(on=first))
    assert "quoted in" not in page_of(first)


def test_a_german_page_says_it_in_german() -> None:
    first = make_published_issue(briefing=make_briefing(language="de"))
    second = publish(make_draft_quoting(make_response(on=first)))
    assert "Antwort auf Ausgabe 1" in page_of(second)
    assert "zitiert in Ausgabe 2" in page_of(first)
    assert "Kommentar zu Ausgabe 1" in page_of(second)


def test_an_issue_with_quotations_takes_no_query_more(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    first = make_published_issue()
    comments: list[Comment] = [
        make_response(on=first, email=f"reader{number}@x.example") for number in range(4)
    ]
    second = publish(make_draft_quoting(*comments))
    make_response(on=second)
    for issue in (first, second):
        client.get(issue.get_absolute_url())
        with django_assert_max_num_queries(5):
            client.get(issue.get_absolute_url())
