"""Quotations in emails that are frozen: what later recipients and the email as page then say."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from briefings.quotations.quoted_blocks import changes_in, replace_blocks, replace_in_text
from subscribers.models import Dispatch

if TYPE_CHECKING:
    from briefings.models import Issue
    from briefings.quotations.quoted_blocks import QuotedBlock, Replacements

# Where an issue begins with a quotation, so does the line that an inbox shows beside the subject.
# Fewer words than this do not make a quotation.
_LEAST_WORDS = 3
_PREHEADER = re.compile(r'(<div\s+class="preheader"[^>]*>)(.*?)(?=</div>)', re.DOTALL)


def change_frozen_quotations(issue: Issue, new: Replacements) -> None:
    """Change quotations in every dispatch of an issue. Emails that were sent are beyond recall."""
    dispatches = Dispatch.objects.filter(issue=issue).order_by("pk")
    for dispatch in dispatches.select_for_update(no_key=True):
        html, text = replace_blocks(dispatch.html, new), dispatch.text
        for old, now in changes_in(dispatch.html, new):
            text = replace_in_text(text, old, now)
            html = _without_beginning(html, old, now)
        if (html, text) != (dispatch.html, dispatch.text):
            Dispatch.objects.filter(pk=dispatch.pk).update(html=html, text=text)


def _without_beginning(html: str, old: QuotedBlock, new: QuotedBlock) -> str:
    """Return an email's HTML in which that line does not begin to say what the quotation said."""
    return _PREHEADER.sub(lambda line: f"{line[1]}{_shortened(line[2], old, new)}", html)


def _shortened(line: str, old: QuotedBlock, new: QuotedBlock) -> str:
    words = f"{old.excerpt} — {old.attribution}".split()
    kept = f"{new.excerpt} — {new.attribution}".split()
    for count in range(len(words), _LEAST_WORDS - 1, -1):
        if words[:count] == kept[:count]:
            break  # only the name goes
        pattern = r"\s+".join(re.escape(escape(word, quote=False)) for word in words[:count])
        line, found = re.subn(rf"(?<!\w){pattern}(?!\w)…?", "…", line)
        if found:
            break
    return line
