"""Reader of the sample files: a TOML head between +++ lines, then the sections in Markdown.

`## Heading {kind}` starts a section; the lines of a task list (`- [ ] Words`) in a question are its
options. A quotation that ends with the line `— {key}` quotes what a reader said: the comment or
answer to an earlier issue that has this key. Slots count from today: -1 is the last one, 1 the next
one.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from briefings.models import IssueState, SectionKind

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).parent / "samples"
_HEAD = re.compile(r"\A\+\+\+\n(?P<head>.*?)\n\+\+\+\n(?P<body>.*)\Z", re.DOTALL)
_OPTION = re.compile(r"^- \[ \] (.+)\n?", re.MULTILINE)
_SECTION = re.compile(r"^## (?P<heading>.+) \{(?P<kind>[a-z]+)\}$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleContributor:
    """A contributor; `account` is the user name of the staff account, if any."""

    slug: str
    name: str
    job_title: str
    contact: str
    bio: str
    sign_off: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTopic:
    """A topic."""

    slug: str
    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleComment:
    """A comment of a reader (or, with `author`, a contributor), `hours` after publication.

    `about` is the heading of a section, and `words` what it says there. `writer` begins the address
    of somebody who gives no name and is known again. Without `quoting`, they may be quoted as they
    wrote, by name or without.
    """

    body: str
    hours: float
    key: str = ""
    name: str = ""
    writer: str = ""
    author: str = ""
    about: str = ""
    words: str = ""
    state: str = "approved"
    featured: bool = False
    channel: str = "page"
    quoting: str = ""
    is_asked: bool = False  # by email, whether they may be quoted
    replies: list[SampleComment] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAnswer:
    """A reader's answer to the question of an issue, `hours` after publication.

    `option` counts from 1; 0 for none.
    """

    body: str
    hours: float
    key: str = ""
    option: int = 0
    name: str = ""
    quoting: str = "no"
    may_contact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMessage:
    """A message to the author of an issue, `hours` after publication."""

    key: str
    name: str
    body: str
    hours: float
    quoting: str = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePoint:
    """A point, with the keys of what makes it and what does not; the rest is not checked.

    If it is read to the end, nothing else makes it.
    """

    sentence: str
    made_by: list[str]
    not_made_by: list[str] = field(default_factory=list)
    is_read_to_the_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMark:
    """An editor's mark on what a reader said; `assigned_to` is the user name of a colleague."""

    on: str
    kind: str
    note: str = ""
    assigned_to: str = ""
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSection:
    """A section with its text in HTML; a question may have options."""

    kind: SectionKind
    heading: str
    html: str
    options: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleIssue:
    """An issue and the state that it is to reach."""

    number: int
    title: str
    strapline: str
    state: IssueState
    slot: int
    sections: list[SampleSection]
    author: str = ""
    topics: list[str] = field(default_factory=list)  # by their slugs
    comments: list[SampleComment] = field(default_factory=list)
    answers: list[SampleAnswer] = field(default_factory=list)
    messages: list[SampleMessage] = field(default_factory=list)
    points: list[SamplePoint] = field(default_factory=list)
    marks: list[SampleMark] = field(default_factory=list)
    choices: list[int] = field(
        default_factory=list
    )  # for each option, how many chose it in silence


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleBriefing:
    """A briefing with its issues, in the order of their numbers."""

    slug: str
    title: str
    strapline: str
    description: str
    lead: str
    weekday: str
    hour: str
    accent: str
    issues: list[SampleIssue]
    language: str = "en"


def sample_contributors() -> Iterator[SampleContributor]:
    """Yield the contributors."""
    for slug, facts in _toml(SAMPLES / "contributors.toml").items():
        yield SampleContributor(slug=slug, **_stripped(facts))


def sample_topics() -> Iterator[SampleTopic]:
    """Yield the topics."""
    for slug, facts in _toml(SAMPLES / "topics.toml").items():
        yield SampleTopic(slug=slug, **_stripped(facts))


def sample_briefings() -> Iterator[SampleBriefing]:
    """Yield the briefings with their issues."""
    for path in sorted(SAMPLES.glob("*/briefing.toml")):
        issues = [_issue(file) for file in path.parent.glob("*.md")]
        yield SampleBriefing(
            slug=path.parent.name,
            issues=sorted(issues, key=lambda issue: issue.number),
            **_stripped(_toml(path)),
        )


def _issue(path: Path) -> SampleIssue:
    parts = _HEAD.match(path.read_text(encoding="utf-8"))
    if parts is None:
        raise ValueError(f"{path} does not begin with a head between +++ lines.")
    head = tomllib.loads(parts["head"])
    state = IssueState(head.pop("state"))
    comments = [_comment(facts) for facts in head.pop("comments", [])]
    return SampleIssue(
        number=int(path.stem),
        state=state,
        sections=_sections(parts["body"]),
        comments=comments,
        answers=[SampleAnswer(**_stripped(facts)) for facts in head.pop("answers", [])],
        messages=[SampleMessage(**_stripped(facts)) for facts in head.pop("messages", [])],
        points=[SamplePoint(**facts) for facts in head.pop("points", [])],
        marks=[SampleMark(**facts) for facts in head.pop("marks", [])],
        **head,
    )


def _comment(facts: dict[str, Any]) -> SampleComment:
    replies = [_comment(reply) for reply in facts.pop("replies", [])]
    return SampleComment(replies=replies, **_stripped(facts))


def _sections(markdown: str) -> list[SampleSection]:
    _, *pieces = _SECTION.split(markdown)
    return [
        SampleSection(
            kind=SectionKind(kind),
            heading=heading,
            html=_parser().render(_OPTION.sub("", body).strip()),
            options=_OPTION.findall(body),
        )
        for heading, kind, body in zip(*[iter(pieces)] * 3, strict=True)
    ]


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _stripped(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.strip() if isinstance(value, str) else value for name, value in facts.items()
    }
