"""Every sentence of a document ends up in the draft or is named as left out."""

from __future__ import annotations

import re
from collections import Counter
from html import escape, unescape
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefings.document_import import DocumentRefused, ImportedDocument, read_document
from briefings.richtext import sanitise
from tests.briefings.document_import.documents.word import docx, paragraph

WITHOUT_DEADLINE = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

# --- documents of the shape of a weekly issue, whose every sentence is known

WORDS = ["schools", "heads", "gates", "bells", "county", "money", "June", "nobody", "share"]
Block = tuple[str, list[str]]


@st.composite
def sentences(draw: st.DrawFn, *, most: int = 3) -> str:
    """Sentences with commas, quotations in passing, and each its own number to find it by."""
    made = []
    for _ in range(draw(st.integers(1, most))):
        words = draw(st.lists(st.sampled_from(WORDS), min_size=4, max_size=12))
        number = draw(st.integers(1_000, 999_999_999))
        form = draw(
            st.sampled_from(["{0}", "{0}, “{1}”, {0}", "{0} – {0}", "{0}: {0}", "“{0}” {0}"])
        )
        inside = form.format(" ".join(words), words[0])
        made.append(f"It {inside} {number}{draw(st.sampled_from('.!?…'))}")
    return " ".join(made)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    kind = draw(st.sampled_from(["text", "text", "bullets", "quote", "announced", "running"]))
    if kind == "bullets":
        return kind, draw(st.lists(sentences(most=2), min_size=2, max_size=5))
    parts = [draw(sentences()) for _ in range(2 if kind == "running" else 1)]
    match kind:
        case "quote":
            return "text", [f"“{parts[0].replace('“', '‘').replace('”', '’')}”"]
        case "announced":
            inner = parts[0].replace("“", "‘").replace("”", "’")
            return "text", [f"{draw(sentences(most=1))[:-1]}, one reader says: “{inner}”"]
        case "running":
            first, last = (part.replace("“", "‘").replace("”", "’") for part in parts)
            return "paragraphs", [f"A reader wrote:“{first}", f"“{last}”"]
    return kind, parts


@st.composite
def issues(draw: st.DrawFn) -> list[Block]:
    """Whole issues, as (kind, words) in order; each of the small lines may be missing."""

    def sometimes(kind: str, *lines: str) -> list[Block]:
        return [(kind, [line]) for line in lines] if draw(st.booleans()) else []

    number = draw(st.integers(1, 999))
    issue = [
        *sometimes("text", f"Weekly insight number {number} for governors, by Ines Farrow"),
        *sometimes("text", "Sign up here to have this in your inbox each Friday."),
        ("heading", [f"Schools share {number} bells"]),
    ]
    for heading in draw(st.lists(st.sampled_from(["Who pays", "The week in schools", "Feedback"]))):
        issue += draw(st.lists(blocks(), min_size=1, max_size=5))
        issue.append(("heading", [f"{heading} {draw(st.integers(1, 999))}"]))
    issue += draw(st.lists(blocks(), min_size=1, max_size=5))
    return [
        *issue,
        *sometimes("text", "I am away until the second week of June."),
        *sometimes("text", "Ines Farrow", "Senior schools correspondent"),
        *sometimes("text", "Share this with a colleague"),
    ]


def as_text(issue: list[Block]) -> bytes:
    parts = [
        "\n".join(f"  • {item}" for item in words) if kind == "bullets" else "\n\n".join(words)
        for kind, words in issue
    ]
    return "\n\n".join(parts).encode()


def as_markdown(issue: list[Block]) -> bytes:
    signs = {"bullets": ("- ", "\n"), "heading": ("## ", "\n\n")}
    parts = []
    for kind, words in issue:
        sign, separator = signs.get(kind, ("", "\n\n"))
        parts.append(separator.join(sign + part for part in words))
    return "\n\n".join(parts).encode()


def as_page(issue: list[Block]) -> bytes:
    tags = {"bullets": "li", "heading": "h2"}
    parts = []
    for kind, words in issue:
        tag = tags.get(kind, "p")
        inner = "".join(f"<{tag}>{escape(part)}</{tag}>" for part in words)
        parts.append(f"<ul>{inner}</ul>" if kind == "bullets" else inner)
    return f"<html><body>{''.join(parts)}</body></html>".encode()


def as_word(issue: list[Block]) -> bytes:
    return docx(
        *(
            paragraph(part, style="H1" if kind == "heading" else "", bullet=kind == "bullets")
            for kind, words in issue
            for part in words
        )
    )


FORMATS = {"a.txt": as_text, "a.md": as_markdown, "a.html": as_page, "a.docx": as_word}


def alphanumeric(words: str) -> str:
    return re.sub(r"\W+", " ", words).strip()


def everything(document: ImportedDocument) -> str:
    """All words of the result, each line, paragraph and item apart."""
    parts = [document.title, f"{document.strapline} by {document.byline}", *document.left_out]
    for section in document.sections:
        parts += [section.heading, unescape(re.sub(r"<[^>]+>", " ", section.html))]
    return " | ".join(map(alphanumeric, parts))


@pytest.mark.slow
@WITHOUT_DEADLINE
@given(issue=issues(), name=st.sampled_from(sorted(FORMATS)))
def test_every_sentence_of_an_issue_is_kept_or_named(issue: list[Block], name: str) -> None:
    document = read_document(FORMATS[name](issue), name=name)

    found = everything(document)
    for _, words in issue:
        for sentence in re.split(r"(?<=[.!?…])\s+", " ".join(words)):
            assert alphanumeric(sentence) in found
    headings = [words[0] for kind, words in issue if kind == "heading"]
    articles = [
        words[0]
        for (kind, words), (below, _) in pairwise(issue)
        if kind == "heading" and below == "text"
    ]
    no_roundups = [heading for heading in articles if not heading.startswith("The week in")]
    # In a text without marks, a line above bullets is their heading, not the headline.
    assert document.title in {headings[0], *articles[:1], *no_roundups[:1]}
    shown = [section.heading for section in document.sections]
    assert [one for one in shown if one in headings] == headings


# --- anything at all

FRAGMENTS = st.sampled_from(
    [
        *("Schools share", "The week in schools", "What readers said", "By Ada Lane", "Ada Lane"),
        *("Ada Lane, chief reporter", "chief reporter", "Sign up here to get it by email"),
        *("Share this with a friend", "I am away until May.", "“We said", "“We said so.”"),
        *("One reader writes: “It is a thing that was.”", "He said: “no", "x: “a b c d.” Then"),
        "A long sentence that ends with a stop, and goes on for so long that it must be text.",
        *("• one", "- two", "– three", "  * four", "1. five", "2. six", "# Head", "## Sub"),
        *("===", "---", "", "", "\t", "> quoted", "by", "\u00a0", "Issue 12, 4 May 2016"),
        *("What now?", "ada@example.com", "https://example.com/a?b=c.", "Regards,", "a\u200bb"),
        *("‘Single,’ she said.", '"straight', '"straight quote here"', "–", "…", "The Gate"),
    ]
)
anything = st.builds(
    lambda separator, parts: separator.join(parts),
    st.sampled_from(["\n", "\n\n", " "]),
    st.lists(st.one_of(FRAGMENTS, st.text(st.characters(exclude_categories=["C"]), max_size=20))),
)


@WITHOUT_DEADLINE
@given(text=anything)
def test_no_word_of_any_text_is_lost(text: str) -> None:
    try:
        document = read_document(text.encode(), name="a.txt", briefing_title="The Gate")
    except DocumentRefused:
        assert not re.search(r"\w", text)
        return
    lost = Counter(words(text)) - Counter(words(everything(document)))
    # The word before a byline, and the numbers of a list, which the page writes itself.
    assert [word for word in lost if word.lower() != "by" and not word.isdecimal()] == []


def words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub("[\u200b\u2060\ufeff\xad]", "", text))


TAGS = st.sampled_from(
    [
        *("p", "div", "b", "i", "a", "span", "ul", "ol", "li", "table", "tr", "td", "th", "h1"),
        *("h2", "h3", "blockquote", "pre", "br", "hr", "tbody", "caption", "section", "dl", "dt"),
        *("dd", "em", "font", "nav", "button", "title", "footer", "center", "thead", "script"),
    ]
)
SCRAPS = st.one_of(
    TAGS.map(lambda tag: f"<{tag}>"),
    TAGS.map(lambda tag: f"</{tag}>"),
    FRAGMENTS.map(escape),
    st.text("ab <>&\"'=/!-x", max_size=12),
    st.sampled_from(
        [
            '<a href="https://a.org/?b=1&c=\'2">',
            '<img src=https://a.org/b.png alt="A">',
            *("<p hidden>", "<td colspan=3>", "<ol start=4>", "<p class=strapline>"),
            *("<!-- c -->", "<img src=x>"),
        ]
    ),
)


@WITHOUT_DEADLINE
@given(source=st.lists(SCRAPS, max_size=40).map("".join))
def test_any_page_gives_sanitised_html(source: str) -> None:
    try:
        document = read_document(f"<html>{source}".encode(), name="a.html")
    except DocumentRefused:
        return
    for section in document.sections:
        assert sanitise(section.html) == section.html


@WITHOUT_DEADLINE
@given(
    text=st.text(st.characters(exclude_categories=["C"])), name=st.sampled_from(["a.txt", "a.md"])
)
def test_any_words_are_read_or_refused(text: str, name: str) -> None:
    try:
        document = read_document(text.encode(), name=name)
    except DocumentRefused:
        return
    assert 0 < len(document.title) <= 200


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_documents_of_these_tests_have_their_words(name: str) -> None:
    """Empty documents would let the tests above pass."""
    issue: list[Block] = [("heading", ["Schools share"]), ("bullets", ["One.", "Two."])]
    written: Any = FORMATS[name](issue)

    [section] = read_document(written, name=name).sections
    assert section.html == "<ul><li>One.</li><li>Two.</li></ul>"
