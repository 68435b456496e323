"""What a reader takes back goes from the page, from searches and from the email as page."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from briefings import own_comments
from briefings.issue_edits import record_edit
from briefings.models import (
    Comment,
    Issue,
    IssueState,
    IssueText,
    Quotation,
    QuotationPolicy,
    QuoteChoice,
    RevisionStep,
    SectionKind,
)
from briefings.preflight import Finding, blocking_findings
from briefings.quotations.quoted_emails import tell_quoted_readers
from briefings.working_copies import keep_words as autosave
from newsroom.models import AuditLogEntry, OutgoingEmail
from newsroom.tokens import sign_id
from subscribers.models import Dispatch
from subscribers.privacy import tasks
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from subscribers.sending import dispatches, ledger
from subscribers.sending.personalised_email import PreparedEmail
from tests.briefings.admin_client import open_issue, save, staff_client
from tests.briefings.quotations.quoted_in_tests import (
    EXCERPT,
    make_draft_quoting,
    make_response,
    quotation_of,
)
from tests.factories import (
    make_briefing,
    make_comment,
    make_published_issue,
    make_reader,
)
from tests.subscribers.subscriber_lives import every_value

pytestmark = pytest.mark.django_db
WITHDRAWN = "Withdrawn at the reader’s wish."


def send(draft: Issue) -> Dispatch:
    """Approve a draft and publish it as a worker does, to one reader."""
    make_reader(of=draft.briefing)
    now = timezone.now()
    draft.submit(by=None)
    draft.approve(by=None)
    draft.schedule(publish_at=now, by=None, at=now)
    dispatch = dispatches.publish(draft, at=now)
    ledger.fill(dispatch)
    return dispatch


def shown(dispatch: Dispatch) -> dict[str, str]:
    """Return what readers can open of an issue, by what it is."""
    issue, client = dispatch.issue, Client()
    slug = issue.briefing.slug
    token = sign_id("view", dispatch.deliveries.get().pk)
    paths = {
        "page": issue.get_absolute_url(),
        "feed": f"/{slug}/feed/",
        "JSON feed": f"/{slug}/feed.json",
        "search": "/search/?q=walks",
        "email as page": f"/view/{token}/",
    }
    found = {name: client.get(path).content.decode() for name, path in paths.items()}
    dispatch.refresh_from_db()
    found |= {"text": dispatch.text, "searched": IssueText.objects.get(issue=issue).body}
    # Emails break their lines elsewhere, and search marks what it found.
    unmarked = {name: re.sub(r"</?mark>", "", words) for name, words in found.items()}
    return {
        name: " ".join(re.sub(r"\n>? ?", " ", words).split()) for name, words in unmarked.items()
    }


def choose(comment: Comment, choice: QuoteChoice) -> None:
    own_comments.choose_quoting(comment, choice, at=timezone.now(), source="/", ip=None)


def withdraw(comment: Comment) -> None:
    own_comments.withdraw(comment, at=timezone.now(), source="/", ip=None)


def test_words_that_a_reader_withdraws_go_from_everything_that_readers_can_open() -> None:
    comment = make_response(on=make_published_issue())
    dispatch = send(make_draft_quoting(comment, strapline=""))
    for name, words in shown(dispatch).items():
        assert "walks the last mile" in words, name
    assert comment.get_absolute_url() in dispatch.html
    assert comment.get_absolute_url() in dispatch.text
    withdraw(comment)
    tasks.withdraw_quotations()
    after = shown(dispatch)
    for name, words in after.items():
        assert "walks the last mile" not in words, name
        assert "Thwaite" not in words, name
        assert comment.get_absolute_url() not in words, name
        if name in {"text", "email as page"}:
            assert "comment on issue" not in words, name
        if name != "search":
            assert WITHDRAWN in words, name
    issue = dispatch.issue
    assert issue.revisions.first().step == RevisionStep.WITHDRAWN  # type: ignore[union-attr]
    assert AuditLogEntry.objects.on(issue).filter(verb="withdrew a quotation").count() == 1
    assert Quotation.objects.get().removed_at is not None


def test_no_quotation_mark_stands_before_what_nobody_said() -> None:
    first = make_published_issue()
    ada = make_response(on=first, name="Ada Lane", email="ada@x.example")
    bo = make_response(on=first, name="Bo Field", email="bo@x.example")
    dispatch = send(make_draft_quoting(ada, bo))
    assert 'class="withdrawn"' not in shown(dispatch)["page"]
    withdraw(ada)
    tasks.withdraw_quotations()
    page = shown(dispatch)["page"]
    assert re.findall(r'<blockquote class="withdrawn"[^>]*>\s*<p[^>]*>([^<]*)', page) == [WITHDRAWN]
    assert page.count("<blockquote") == 2


@pytest.mark.parametrize(
    ("policy", "words_stay"), [(QuotationPolicy.NAME, True), (QuotationPolicy.WORDS, False)]
)
def test_consent_that_is_taken_back_does_what_the_briefing_says(
    policy: QuotationPolicy, *, words_stay: bool
) -> None:
    briefing = make_briefing(withdrawn_quotations=policy)
    comment = make_response(on=make_published_issue(briefing=briefing))
    dispatch = send(make_draft_quoting(comment))
    choose(comment, QuoteChoice.NO)
    tasks.withdraw_quotations()
    for name in ("page", "email as page", "text"):
        words = shown(dispatch)[name]
        assert "Thwaite" not in words
        assert (EXCERPT in words) == words_stay
        assert ("— A reader" in words) == words_stay
    withdraw(comment)
    tasks.withdraw_quotations()
    assert all(EXCERPT not in words for words in shown(dispatch).values())


@pytest.mark.parametrize("policy", QuotationPolicy)
def test_what_the_policy_lets_stay_is_no_finding_about_a_published_issue(
    policy: QuotationPolicy,
) -> None:
    briefing = make_briefing(withdrawn_quotations=policy)
    comment = make_response(on=make_published_issue(briefing=briefing))
    issue = send(make_draft_quoting(comment)).issue
    choose(comment, QuoteChoice.NO)
    # Until the page has changed, the finding is true.
    assert {found.code for found in about_quotations(issue)} == {"quotation-withdrawn"}
    tasks.withdraw_quotations()
    assert not about_quotations(issue)
    # No draft may quote it, whatever the policy.
    draft = make_draft_quoting(make_response(on=issue))
    draft.sections.update(body=issue.sections.get().body)
    assert about_quotations(draft)


def about_quotations(issue: Issue) -> list[Finding]:
    found = blocking_findings(Issue.objects.get(pk=issue.pk), publish_at=None)
    return [one for one in found if one.code.startswith("quotation")]


def correct_to(issue: Issue, body: str, *, note: str = "We left out a line.") -> None:
    """Correct the section with the quotations of an issue that is out."""
    with transaction.atomic():
        issue = Issue.objects.get(pk=issue.pk)
        issue.lock()
        issue.sections.update(body=body)
        record_edit(
            issue, by=None, at=timezone.now(), fields=["sections"], merges_other=False, note=note
        )


@pytest.mark.parametrize("is_told", [False, True])
def test_words_that_a_correction_removed_go_from_the_email_too(*, is_told: bool) -> None:
    comment = make_response(on=make_published_issue())
    dispatch = send(make_draft_quoting(comment, strapline=""))
    if is_told:
        tell_quoted_readers(at=timezone.now())
    correct_to(dispatch.issue, "<p>Nobody has written.</p>")
    assert EXCERPT in shown(dispatch)["email as page"]
    revisions = dispatch.issue.revisions.count()
    withdraw(comment)
    tasks.withdraw_quotations()
    for name, words in shown(dispatch).items():
        assert "walks the last mile" not in words, name
        assert "Thwaite" not in words, name
    # The page did not change, and nothing is done twice.
    assert dispatch.issue.revisions.count() == revisions
    tasks.withdraw_quotations()
    withdrawn = AuditLogEntry.objects.on(dispatch.issue).filter(verb="withdrew a quotation")
    assert withdrawn.count() == 1


@pytest.mark.parametrize("choice", [QuoteChoice.ANONYMOUS, QuoteChoice.NO])
def test_a_name_that_a_correction_removed_with_its_words_goes_from_the_email_too(
    choice: QuoteChoice,
) -> None:
    briefing = make_briefing(withdrawn_quotations=QuotationPolicy.NAME)
    comment = make_response(on=make_published_issue(briefing=briefing))
    dispatch = send(make_draft_quoting(comment))
    correct_to(dispatch.issue, "<p>Nobody has written.</p>")
    choose(comment, choice)
    tasks.withdraw_quotations()
    for name in ("email as page", "text"):
        words = shown(dispatch)[name]
        assert EXCERPT in words, name
        assert "Thwaite" not in words, name
    withdraw(comment)
    tasks.withdraw_quotations()
    assert all(EXCERPT not in words for words in shown(dispatch).values())


def test_words_that_a_correction_cut_and_brought_back_are_withdrawn_everywhere() -> None:
    comment = make_response(on=make_published_issue())
    other = make_response(on=comment.issue, name="Bo Field", email="bo@x.example")
    dispatch = send(make_draft_quoting(comment, other))
    Quotation.objects.update(told_at=timezone.now())
    correct_to(dispatch.issue, quotation_of(other))
    correct_to(dispatch.issue, quotation_of(other) + quotation_of(comment, "Nobody asked us …"))
    assert Quotation.objects.count() == 2  # so that nobody is told twice
    withdraw(comment)
    tasks.withdraw_quotations()
    for name, words in shown(dispatch).items():
        assert "Thwaite" not in words, name
        assert "Nobody asked us" not in words, name
        if name in {"page", "email as page", "text"}:
            assert words.count(EXCERPT) == 1, name
            assert "— Bo Field" in words, name


def test_withdrawn_words_go_from_what_others_said_about_them_and_from_notes(
    client: Client,
) -> None:
    comment = make_response(on=make_published_issue())
    issue = send(make_draft_quoting(comment)).issue
    part = EXCERPT[1:8]  # begins within a word, as words of others do by chance
    passages = (EXCERPT, "last mile. — Imogen Thwaite", "What changed since", part)
    for passage in passages:
        make_comment(on=issue, body=f"About that: {len(passage)}.", passage=passage)
    note = f"We wrote “{EXCERPT}” where it was another, and misspelt Imogen Thwaite."
    correct_to(issue, issue.sections.get().body + "<p>More.</p>", note=note)
    withdraw(comment)
    tasks.withdraw_quotations()
    corrections = f"/{issue.briefing.slug}/corrections/"
    for path in (issue.get_absolute_url(), corrections, "/search/?q=thwaite"):
        words = client.get(path).content.decode().replace("q=thwaite", "")
        assert "walks the last mile" not in words, path
        assert "Imogen" not in words, path
        assert path == "/search/?q=thwaite" or "where it was another" in words, path
    passed = set(issue.comments.values_list("passage", flat=True))
    assert passed == {"", "What changed since", part}


def test_only_the_name_goes_where_only_the_name_was_taken_back() -> None:
    comment = make_response(on=make_published_issue())
    dispatch = send(make_draft_quoting(comment))
    choose(comment, QuoteChoice.ANONYMOUS)
    tasks.withdraw_quotations()
    page = shown(dispatch)["page"]
    assert EXCERPT in page
    assert "Thwaite" not in page
    assert "— A reader" in page


def test_other_quotations_of_the_issue_stay_and_nothing_is_done_twice() -> None:
    first = make_published_issue()
    ada = make_response(on=first, name="Ada Lane", email="ada@x.example")
    bo = make_response(on=first, name="Bo Field", email="bo@x.example")
    dispatch = send(make_draft_quoting(ada, bo))
    withdraw(ada)
    tasks.withdraw_quotations()
    revisions = dispatch.issue.revisions.count()
    tasks.withdraw_quotations()
    assert dispatch.issue.revisions.count() == revisions
    page = shown(dispatch)["page"]
    assert page.count(EXCERPT) == 1
    assert "— Bo Field" in page
    assert "Ada Lane" not in page


def test_each_of_two_quotations_of_one_comment_keeps_its_own_words() -> None:
    comment = make_response(on=make_published_issue())
    other = "Nobody asked us before the stop was moved."
    body = f"{quotation_of(comment)}<p>And later on:</p>{quotation_of(comment, other)}"
    sections = [(SectionKind.FEEDBACK, "What you told us", body)]
    dispatch = send(make_draft_quoting(comment, sections=sections))
    choose(comment, QuoteChoice.ANONYMOUS)
    tasks.withdraw_quotations()
    for name, words in shown(dispatch).items():
        assert "Thwaite" not in words, name
        if name in {"page", "email as page", "text"}:
            assert words.index(EXCERPT) < words.index("And later on") < words.index(other), name
    # An edit takes back the quotation whose words are gone, not the other one.
    own_comments.edit(comment, other, at=timezone.now())
    tasks.withdraw_quotations()
    for name in ("page", "email as page", "text"):
        words = shown(dispatch)[name]
        assert EXCERPT not in words, name
        assert words.index(WITHDRAWN) < words.index("And later on") < words.index(other), name


def test_a_withdrawal_leaves_alone_what_others_say_in_an_email_that_is_frozen() -> None:
    first = make_published_issue()
    comment = make_response(on=first)
    own = "<p>Now my mother walks the same mile, and so do I.</p>"
    sections = [
        (SectionKind.FEATURE, "", own),
        (SectionKind.FEEDBACK, "What you told us", quotation_of(comment)),
    ]
    dispatch = send(make_draft_quoting(comment, sections=sections))
    withdraw(comment)
    tasks.withdraw_quotations()
    seen = shown(dispatch)
    for name in ("email as page", "text", "page"):
        assert "Now my mother walks the same mile, and so do I." in seen[name], name
        assert "last mile" not in seen[name], name


def test_a_dispatch_goes_on_with_other_words_and_nobody_is_left_out_or_written_to_twice() -> None:
    comment = make_response(on=make_published_issue())
    dispatch = send(make_draft_quoting(comment))
    dispatches.start(dispatch, at=timezone.now())
    [delivery] = deliveries = list(dispatch.deliveries.all())
    recipient = ledger.recipient_of(delivery)
    assert recipient is not None

    def as_sent() -> tuple[str, str]:
        email = PreparedEmail(Dispatch.objects.get())
        one = email.personalise(recipient, eight_bit=True, utf8_addresses=True, at=0)
        words = re.sub(r"[\s>]+", " ", one.wire().decode())
        return words, email.message_id(recipient.subscriber)

    before, message_id = as_sent()
    assert EXCERPT in before
    state = dispatch.state

    withdraw(comment)
    tasks.withdraw_quotations()

    after, same_id = as_sent()
    assert EXCERPT not in after
    assert after.count(WITHDRAWN) == 2  # as HTML and as text
    # Whoever got the email already is known by the same row and the same Message-ID.
    assert same_id == message_id
    dispatch.refresh_from_db()
    assert dispatch.state == state
    assert list(dispatch.deliveries.all()) == deliveries
    assert ledger.has_work(dispatch.pk)


def test_an_edit_that_takes_the_words_back_withdraws_them() -> None:
    comment = make_response(on=make_published_issue())
    dispatch = send(make_draft_quoting(comment))
    own_comments.edit(comment, "I say nothing.", at=timezone.now())
    tasks.withdraw_quotations()
    assert WITHDRAWN in shown(dispatch)["page"]


def test_a_scheduled_issue_stops_at_its_slot_and_its_editors_are_told() -> None:
    editor = User.objects.create_superuser("ed", "ed@news.example.com", "x")
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    now = timezone.now()
    draft.submit(by=None)
    draft.approve(by=editor)
    draft.schedule(publish_at=now, by=editor, at=now)
    withdraw(comment)
    assert dispatches.publish_due(at=timezone.now()) == []
    draft.refresh_from_db()
    assert draft.state == IssueState.APPROVED
    [email] = OutgoingEmail.objects.filter(name="issue_not_ready")
    assert "reader has withdrawn it" in email.text
    assert not Dispatch.objects.exists()


def test_the_reader_is_told_that_sent_emails_stay(client: Client) -> None:
    comment = make_response(on=make_published_issue())
    form = client.get(comment.issue.get_absolute_url()).content.decode()
    assert "emails that were sent cannot be called back" in form


# --- erasure ---------------------------------------------------------------------------------

# Nothing else in the tests' data has these.
# The comment itself, where its words may stay, and how SQLite reads it for searches.
KEPT_COLUMNS = {
    *("briefings_comment.body", "search_index_comments.body", "search_index_comments_data.block")
}
NEEDLES = ("thwaite", "imogen", "walks the last", "nobody asked")


def traces() -> dict[str, list[str]]:
    found = {
        column: [one for one in values if any(needle in one.lower() for needle in NEEDLES)]
        for column, values in every_value().items()
    }
    return {column: values for column, values in found.items() if values}


def correct(issue: Issue, *, note: str, by: User) -> None:
    with transaction.atomic():
        issue.lock()
        section = issue.sections.get()
        section.heading = "You told us"
        section.save()
        fields = {"fields": ["sections"], "merges_other": False, "note": note}
        record_edit(issue, by=by, at=timezone.now(), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("keep_words", [False, True])
def test_no_word_of_an_erased_reader_is_in_any_column_of_any_table(*, keep_words: bool) -> None:
    first = make_published_issue()
    comment = make_response(on=first)
    editor = User.objects.create(username="ed")
    sent = make_draft_quoting(comment, strapline="")
    dispatch = send(sent)
    make_comment(on=sent, body="So true.", passage=EXCERPT)
    draft = make_draft_quoting(comment, words="Nobody asked us before the stop was moved.")
    draft.keep_revision(RevisionStep.CREATED, by=None)
    left_out = make_draft_quoting(comment)
    left_out.keep_revision(RevisionStep.CREATED, by=None)
    left_out.sections.update(body="<p>Nothing this week.</p>")
    unsaved = [{"id": "", "kind": "feedback", "heading": "", "body": quotation_of(comment)}]
    page = {"user": editor, "token": "abcdefgh12", "sequence": 1}
    autosave(**page, issue=draft, content={"sections": unsaved})  # type: ignore[arg-type]
    correct(sent, note="We had misspelt Imogen Thwaite.", by=editor)
    before = {column.split(".")[0] for column in traces()}
    assert before > {
        *("briefings_quotation", "briefings_revision", "briefings_section", "briefings_comment"),
        *("briefings_issuetext", "briefings_workingcopy", "subscribers_dispatch"),
        *("briefings_correction", "newsroom_auditlogentry"),
    }

    erase(person_at(comment.email), keep_words=keep_words)

    assert traces().keys() - KEPT_COLUMNS == set()
    assert bool(traces()) == keep_words
    assert sent.corrections.get().note == "We had misspelt …."
    dispatch.refresh_from_db()
    assert WITHDRAWN in dispatch.html
    draft.refresh_from_db()
    [finding] = blocking_findings(draft, publish_at=None)
    assert finding.code == "quotation-empty"


def test_words_of_an_erased_reader_do_not_come_back_from_a_page_that_was_open() -> None:
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    client = staff_client("Editors")
    form = open_issue(client, draft)
    section = draft.sections.get()
    erase(person_at(comment.email), keep_words=True)
    typed = f"{form['sections-0-body']}<p>And more.</p>"
    unsaved = [{"id": str(section.pk), "kind": "feedback", "heading": "", "body": typed}]
    page = {"user": User.objects.get(), "token": "abcdefgh12", "sequence": 1}
    autosave(**page, issue=draft, content={"sections": unsaved})  # type: ignore[arg-type]
    draft.refresh_from_db()
    late = {"sections-0-body": typed, "from_version": str(draft.version)}
    save(client, draft, form, **late)
    assert "And more." in draft.sections.get().body
    assert traces().keys() - KEPT_COLUMNS == set()


def test_erasure_ends_the_approval_of_an_issue_that_quotes() -> None:
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    draft.submit(by=None)
    draft.approve(by=None)
    erase(person_at(comment.email), keep_words=False)
    draft.refresh_from_db()
    assert draft.state == IssueState.IN_REVIEW


def test_an_issue_that_quotes_others_is_left_alone() -> None:
    first = make_published_issue()
    other = make_response(on=first, email="other@x.example")
    gone = make_response(on=first, email="gone@x.example")
    draft = make_draft_quoting(other)
    body, version = draft.sections.get().body, draft.version
    erase(person_at(gone.email), keep_words=False)
    draft.refresh_from_db()
    assert (draft.sections.get().body, draft.version) == (body, version)
