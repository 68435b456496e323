"""What becomes of a printed quotation when its reader takes it back, or is erased.

A withdrawal changes the page, and with it feeds, search and the email as page; the revision before
it stays for the newsroom. An erasure changes every text that has the quotation: revisions and
unsaved words, too. Both go through `quoted_blocks.replace_blocks`.

Nothing depends on the moment: a task asks the tables. Issues are locked first, and then responses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.db.models import F, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from briefings.approval_loss import void_approval
from briefings.models import (
    Comment,
    CommentState,
    Correction,
    Issue,
    IssueState,
    IssueText,
    Quotation,
    QuoteChoice,
    Revision,
    RevisionStep,
    SearchWord,
    WorkingCopy,
)
from briefings.models.briefing import QuotationPolicy
from briefings.models.comment import lock_responses
from briefings.models.issue_text import keep_search_text, words_in
from briefings.quotations.excerpts import check_excerpt
from briefings.quotations.quoted_blocks import (
    RESPONSE,
    QuotedBlock,
    Replacements,
    anonymous,
    attribution_of,
    blocks_in,
    changes_in,
    replace_blocks,
    replace_everywhere,
    withdrawn_block,
    withdrawn_words,
    without_words,
)
from briefings.quotations.rows import keep_quotations
from briefings.search.sqlite_tables import forget_removed_words
from newsroom import audit_log
from newsroom.append_only import all_rows
from newsroom.models import AuditLogEntry

if TYPE_CHECKING:
    from datetime import datetime

# Shorter ones are a part of other words' meaning, and no name.
LEAST_NOTED_CHARS = 3
Row = TypeVar("Row", bound=Model)


# Changes what is frozen of an issue elsewhere, such as its email; called in the transaction.
ChangeFrozen = Callable[[Issue, Replacements], None]


def withdraw_quotations(*, at: datetime, change_frozen: ChangeFrozen) -> int:
    """Change the published quotations whose readers took back what they agreed to; count them."""
    gone = Q(comment__state=CommentState.WITHDRAWN) & ~Q(excerpt="")
    gone |= Q(comment__quoting=QuoteChoice.NO, removed_at=None)
    gone |= Q(comment__quoting=QuoteChoice.ANONYMOUS) & ~Q(attribution="")
    gone |= Q(comment__edited_at__gt=F("at")) & ~Q(excerpt="")
    rows = Quotation.objects.filter(gone, issue__state=IssueState.PUBLISHED, comment__isnull=False)
    changed = 0
    for pk in sorted({*rows.values_list("issue", flat=True)}):
        with transaction.atomic():
            issue = Issue.objects.select_related("briefing", "author").get(pk=pk)
            issue.lock()
            found = rows.filter(issue=pk).select_related("comment__contributor")
            lock_responses(found.values_list("comment", flat=True))
            changed += _withdraw(issue, list(found), at=at, change_frozen=change_frozen)
    return changed


def _withdraw(
    issue: Issue, rows: list[Quotation], *, at: datetime, change_frozen: ChangeFrozen
) -> int:
    comments = {row.response: row.comment for row in rows if row.comment is not None}

    def now(old: QuotedBlock) -> QuotedBlock:
        return _block_now(old, comments[old.response], issue)

    new = dict.fromkeys(comments, now)
    on_page = _change_sections(issue, new)
    # A correction may have taken a quotation from the page; its email still has it.
    left = [row for row in rows if not row.is_in_issue]
    blocks = [*on_page, *(_block_of(row, issue) for row in left)]
    changes = [(old, new_block) for old in blocks if (new_block := now(old)) != old]
    keys = {old.response for old, _ in changes}
    if on_page:
        issue.claim_edit(version=issue.version)
    keep_quotations(issue)
    if on_page:
        issue.keep_revision(RevisionStep.WITHDRAWN, by=None)
        keep_search_text(issue)
    change_frozen(issue, new)
    _forget_elsewhere(issue, changes)
    for row in left:
        _change_row(row, now(_block_of(row, issue)), issue)
    emptied = Quotation.objects.filter(issue=issue, response__in=keys, excerpt="")
    emptied.filter(removed_at=None).update(removed_at=at)
    for key in sorted(keys):
        audit_log.record("withdrew a quotation", issue, by=None, response=key)
    # A row that was looked at is not found again, whether or not anything had to change.
    seen = Quotation.objects.filter(pk__in=[row.pk for row in rows])
    seen.filter(comment__quoting=QuoteChoice.NO, removed_at=None).update(removed_at=at)
    seen.filter(comment__edited_at__gt=F("at")).update(at=at)
    return len(keys)


def _block_of(row: Quotation, issue: Issue) -> QuotedBlock:
    """Return a quotation as its row has it."""
    attribution = row.attribution or anonymous(issue.briefing.language)
    return QuotedBlock(response=row.response, excerpt=row.excerpt, attribution=attribution)


def _change_row(row: Quotation, new: QuotedBlock, issue: Issue) -> None:
    """Have the row of a quotation that is not in the sections any more say what its email says."""
    language = issue.briefing.language
    row.excerpt = "" if new.excerpt == withdrawn_words(language) else new.excerpt
    row.attribution = "" if new.attribution == anonymous(language) else new.attribution
    row.places = row.places if row.excerpt else []
    row.save(update_fields=["excerpt", "attribution", "places"])


def _forget_elsewhere(issue: Issue, changes: list[tuple[QuotedBlock, QuotedBlock]]) -> None:
    """Take what went out of quotations from what else readers see: passages, notes, searches."""
    gone = [
        replace(
            old,
            excerpt="" if old.excerpt == new.excerpt else old.excerpt,
            attribution="" if old.attribution == new.attribution else old.attribution,
        )
        for old, new in changes
    ]
    personal = _without_nobody(gone, issue)
    _forget_passages(issue, personal)
    _forget_in_notes(issue, [words for one in personal for words in (one.excerpt, one.attribution)])
    _forget_search_words(" ".join(one.attribution for one in personal))


def _without_nobody(blocks: list[QuotedBlock], issue: Issue) -> list[QuotedBlock]:
    """Return blocks whose attribution is empty where they name nobody."""
    nobody = anonymous(issue.briefing.language)
    return [replace(one, attribution="") if one.attribution == nobody else one for one in blocks]


def _block_now(old: QuotedBlock, comment: Comment, issue: Issue) -> QuotedBlock:
    """Return what the page has to say instead, or the block itself if it may stay."""
    language = issue.briefing.language
    gone = withdrawn_block(old.response, language=language)
    if comment.is_withdrawn or check_excerpt(old.excerpt, comment.body).problem:
        return gone
    if comment.quoting != QuoteChoice.NO:
        return replace(old, attribution=attribution_of(comment, language=language))
    if issue.briefing.withdrawn_quotations == QuotationPolicy.WORDS:
        return gone
    return replace(old, attribution=anonymous(language))


def _change_sections(issue: Issue, new: Replacements) -> list[QuotedBlock]:
    """Change the quotations in an issue's sections; return those that changed, as they were."""
    changed: list[QuotedBlock] = []
    for section in issue.sections.order_by("position", "pk"):
        if found := [old for old, _ in changes_in(section.body, new)]:
            changed += found
            section.body = replace_blocks(section.body, new)
            section.save(update_fields=["body"])
    return changed


# --- erasure ---------------------------------------------------------------------------------


def forget_quotations(
    comments: Iterable[Comment], *, at: datetime, change_frozen: ChangeFrozen
) -> int:
    """Remove every word of these responses from issues, published or not; return how many issues.

    Call it in the transaction of the erasure, before the responses themselves are changed.
    """
    by_key = {comment.pk: comment for comment in comments}
    if not by_key:
        return 0
    issues = _lock_issues_quoting(by_key)
    for issue in issues:
        rows = list(Quotation.objects.filter(issue=issue, response__in=by_key).order_by("pk"))
        _forget_in(issue, set(by_key), rows, at=at, change_frozen=change_frozen)
    for copy in _as_text(WorkingCopy.objects.all()).filter(_mentions(by_key)):
        language = copy.issue.briefing.language if copy.issue else ""
        new = without_words(by_key, language=language)
        WorkingCopy.objects.filter(pk=copy.pk).update(content=replace_everywhere(copy.content, new))
    if issues:
        forget_removed_words()
    return len(issues)


def _lock_issues_quoting(by_key: dict[int, Comment]) -> list[Issue]:
    """Lock the issues that have words of responses, and then the responses, as everywhere.

    Until a response is locked, an editor can quote it somewhere else. So we look again then. If
    there is another issue, all is let go, for no issue is locked after a response.
    """
    quoting = _issues_quoting(by_key)
    while True:
        known = quoting
        with transaction.atomic():
            issues = [issue for key in sorted(known) if (issue := _locked(key))]
            lock_responses(by_key)
            quoting = _issues_quoting(by_key)
            if quoting <= known:
                return issues
            transaction.set_rollback(True)


def _locked(key: int) -> Issue | None:
    """Lock an issue and return it; None if it was deleted."""
    with suppress(Issue.DoesNotExist):
        issue = Issue.objects.select_related("briefing", "author").get(pk=key)
        issue.lock()
        return issue
    return None


def _issues_quoting(by_key: dict[int, Comment]) -> set[int]:
    """Return the keys of the issues that quote responses, or did so in a revision."""
    since = min(comment.created_at for comment in by_key.values())
    briefings = {comment.issue.briefing_id for comment in by_key.values()}
    revisions = _as_text(Revision.objects.filter(at__gte=since, issue__briefing__in=briefings))
    quoting = Quotation.objects.filter(response__in=by_key)
    return {
        *revisions.filter(_mentions(by_key)).values_list("issue", flat=True),
        *quoting.values_list("issue", flat=True),
    }


def _mentions(keys: Iterable[int]) -> Q:
    """Return the condition that a text quotes one of these responses."""
    return reduce(or_, (Q(text__contains=f'{RESPONSE}=\\"{key}\\"') for key in keys))


def _as_text(rows: QuerySet[Row]) -> QuerySet[Any]:
    """Return rows with their content as `text`, to be searched."""
    found: QuerySet[Any] = rows.annotate(text=Cast("content", TextField())).order_by("pk")
    return found


def _forget_in(
    issue: Issue,
    keys: set[int],
    rows: list[Quotation],
    *,
    at: datetime,
    change_frozen: ChangeFrozen,
) -> None:
    language = issue.briefing.language
    new = without_words(keys, language=language)
    said: dict[tuple[str, str], QuotedBlock] = {}
    for revision in issue.revisions.order_by("-pk"):
        for section in revision.content.get("sections", ()):
            for block in blocks_in(section.get("body", "")):
                if block.response in keys:
                    said[block.excerpt, block.attribution] = block
        content = replace_everywhere(revision.content, new)
        if content != revision.content:
            Revision.objects.filter(pk=revision.pk).update(content=content)
    current = _change_sections(issue, new)
    blocks = [*current, *said.values()]
    names = {row.attribution for row in rows} | {block.attribution for block in blocks}
    keep_quotations(issue)
    Quotation.objects.filter(issue=issue, response__in=keys).update(
        excerpt="", places=[], attribution="", removed_at=at
    )
    change_frozen(issue, new)
    _forget_passages(issue, _without_nobody(blocks, issue))
    named = names - {anonymous(language)}
    _forget_in_notes(issue, [*named, *(block.excerpt for block in blocks)])
    if current:
        issue.claim_edit(version=issue.version)
        audit_log.record("erased a quotation", issue, by=None)
        if issue.state == IssueState.PUBLISHED:
            keep_search_text(issue)
        else:
            issue.keep_revision(RevisionStep.WITHDRAWN, by=None)
            void_approval(issue, by=None)
    _forget_search_words(" ".join([*names, *(block.excerpt for block in blocks)]))


def _forget_passages(issue: Issue, blocks: list[QuotedBlock]) -> None:
    """Empty the passages that other readers took from a quotation to comment on it."""
    quoted = [words for block in blocks for words in (block.excerpt, block.attribution)]
    said, pattern = " ".join(" ".join(quoted).split()), _any_of(quoted)
    for comment in issue.comments.exclude(passage="").only("pk", "passage"):
        words = " ".join(comment.passage.split())
        within = words and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", said)
        if within or (pattern and pattern.search(words)):
            Comment.objects.filter(pk=comment.pk).update(passage="")


def _forget_in_notes(issue: Issue, said: Iterable[str]) -> None:
    """Take a name and words out of the notes of corrections, such as “We misspelt Ann Lee”."""
    pattern = _any_of(said)
    if pattern is None:
        return
    for correction in issue.corrections.noted():
        if (note := pattern.sub("…", correction.note)) != correction.note:
            Correction.objects.filter(pk=correction.pk).update(note=note)
    entries = all_rows(AuditLogEntry).filter(
        subject_kind="issue", subject_id=str(issue.pk), detail__has_key="note"
    )
    for entry in entries:
        if (note := pattern.sub("…", entry.detail["note"])) != entry.detail["note"]:
            entries.filter(pk=entry.pk).update(detail={**entry.detail, "note": note})


def _any_of(said: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds a name or words as a whole, the longest first; None if there are none."""
    found = {" ".join(words.split()) for words in said}
    longest_first = sorted(
        (words for words in found if len(words) >= LEAST_NOTED_CHARS), key=len, reverse=True
    )
    if not longest_first:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _forget_search_words(text: str) -> None:
    """Forget the words that no issue has any more, such as a name."""
    for word in sorted(words_in(text)):
        if not IssueText.objects.filter(
            Q(body__icontains=word) | Q(headline__icontains=word) | Q(strapline__icontains=word)
        ).exists():
            SearchWord.objects.filter(word=word).delete()
