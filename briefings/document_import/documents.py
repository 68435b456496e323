"""What an import hands over: a document as an issue's parts, or a refusal."""

from dataclasses import dataclass


class DocumentRefused(Exception):
    """A document cannot be read; the message tells an editor what, where and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSection:
    """A part of the issue; `kind` is a value of SectionKind, `html` has passed the sanitiser."""

    kind: str
    heading: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDocument:
    """A document as an issue's parts; each sentence is in one of them or named in `left_out`."""

    title: str
    strapline: str
    byline: str
    sections: tuple[ImportedSection, ...]
    left_out: tuple[str, ...]


# A long issue has 20,000 characters; twelve times that is no issue.
MAX_CHARACTERS = 250_000
# What the columns of an issue hold, in characters.
MAX_TITLE = 200
MAX_STRAPLINE = 300
MAX_HEADING = 200
MAX_BYLINE = 120
