"""The result of an import: a document as the parts of an issue, or the reason why not."""

from dataclasses import dataclass

from briefings.models import SectionKind

# A long issue has 20,000 characters.
MAX_CHARACTERS = 250_000
# What the columns of an issue hold, in characters.
MAX_TITLE = 200
MAX_STRAPLINE = 300
MAX_HEADING = 200
MAX_BYLINE = 120


class DocumentRefused(Exception):
    """A document cannot be read; the message tells an editor what is wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSection:
    """A section of the issue; `kind` is a value of SectionKind, `html` is sanitised."""

    kind: SectionKind
    heading: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDocument:
    """A document as the parts of an issue; each sentence is in one of them or in `left_out`."""

    title: str
    strapline: str
    byline: str
    sections: tuple[ImportedSection, ...]
    left_out: tuple[str, ...]
