"""The fields above a Markdown text become title, strapline and byline, and never words of it."""

from __future__ import annotations

import pytest

from briefings.document_import import ImportedDocument, read_document

BODY = "The county has closed forty schools, and it has not told anybody which of them come next."


def read(front_matter: str) -> ImportedDocument:
    text = f"{front_matter}\n\n{BODY}\n\n## What it costs\n\n{BODY}\n"
    return read_document(text.encode(), name="a.md")


@pytest.mark.parametrize(
    ("front_matter", "title", "byline"),
    [
        ("---\ntitle: Schools\nauthor: Ada Lee\n---", "Schools", "Ada Lee"),
        ("\n---\ntitle: Schools\n\n\nauthor: Ada Lee\n---", "Schools", "Ada Lee"),
        ("---\ntitle: >\n  Schools\n  meet\nby: Ada Lee\n---", "Schools meet", "Ada Lee"),
        ("---\ntitle: 'It''s theirs'\nauthor: Ada Lee\n---", "It's theirs", "Ada Lee"),
        ('---\ntitle: "A \\u201cshare\\u201d"\nby: Ada Lee\n---', "A “share”", "Ada Lee"),
        ("---\ntitle: Schools: they share\nauthor: Ada Lee\n---", "Schools: they share", "Ada Lee"),
        ("---\ntags:\n- one\n- two\ntitle: Schools\nauthor: Ada Lee\n...", "Schools",
         "Ada Lee"),
        ("---\nog:image: x.png\ntwitter.card: x\nh1: x\ntitle: Schools\nauthor: Ada Lee\n---",
         "Schools", "Ada Lee"),
        ("---\nTitle: Schools # 1\nAuthor: [Ada Lee, Bo Lund]\n---", "Schools",
         "Ada Lee and Bo Lund"),
        ("---\ntitle: Schools\nauthor:\n  name: Ada Lee\n  url: x\n---", "Schools",
         "Ada Lee"),
        ("---\ntitle: 2026-11-02\nauthor: Ada Lee\n---", "2026-11-02", "Ada Lee"),
        ('+++\ntitle = "Schools"\nauthor = "Ada Lee"\ndate = 2026-11-02\n+++', "Schools",
         "Ada Lee"),
    ],
)  # fmt: skip
def test_fields_are_read(front_matter: str, title: str, byline: str) -> None:
    document = read(front_matter)

    assert (document.title, document.byline) == (title, byline)
    assert [section.html for section in document.sections] == [f"<p>{BODY}</p>"] * 2


def test_other_fields_are_named() -> None:
    other = "draft: yes\ntags: [one, two]\nimage: {src: a.png}"
    document = read(f"---\ntitle: Schools\n{other}\n---")

    assert document.left_out == ("draft: yes", "tags: one; two", "image: src: a.png")


def test_a_rule_at_the_start_is_no_front_matter() -> None:
    document = read("---\n\n# Schools\n\nA paragraph: it has a colon.\n\n---")

    assert document.title == "Schools"
    assert "A paragraph: it has a colon." in document.sections[0].html


@pytest.mark.parametrize(
    "hostile",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntitle: *c",
        "title: " + "[" * 5_000,
        "title: !!python/object/apply:os.system ['true']",
    ],
)
def test_hostile_fields_are_only_text(hostile: str) -> None:
    document = read(f"---\n{hostile}\n---")

    assert document.sections[-1].html == f"<p>{BODY}</p>"
