"""The fields above a Markdown text become title, strapline and byline, and never words of it."""

from __future__ import annotations

import pytest

from briefings.document_import import ImportedDocument, read_document

BODY = "The county has closed forty schools, and it has not told anybody which of them come next."


def read(front_matter: str, *, name: str = "a.md") -> ImportedDocument:
    heading = "<h2>What it costs</h2>" if name.endswith(".html") else "## What it costs"
    text = f"{front_matter}\n\n{BODY}\n\n{heading}\n\n{BODY}\n"
    return read_document(text.encode(), name=name)


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


# --- fields with mistakes in them


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ("title: {{ page.name }}", "{{ page.name }}"),
        ("title: 'The town's bill'", "The town's bill"),
        ("title: [Update] Schools", "[Update] Schools"),
        ("title: *Two* schools", "*Two* schools"),
        ("title: & schools", "& schools"),
        ("title: !urgent schools", "!urgent schools"),
        ("title: Schools and why:", "Schools and why:"),
        ('title: "Sharing" schools', '"Sharing" schools'),
        ('title: "Schools \\q meet"', "Schools \\q meet"),
        ("title:\tSchools\n\tmore: x", "Schools"),
        ("title:Schools", "Schools"),
        ("title: Schools\ncover: {{ here }}/x.png", "Schools"),
        ("{% if live %}\ntitle: Schools\n{% endif %}", "Schools"),
        ("title: Schools\ntags: [a, b", "Schools"),
        ("title: Schools\nothers: *nobody", "Schools"),
        ("title: Schools\nlayout post", "Schools"),
    ],
)  # fmt: skip
def test_fields_with_a_mistake_are_read_line_by_line(lines: str, title: str, name: str) -> None:
    document = read(f"---\nlayout: post\n{lines}\nauthor: Ada Lee\n---", name=name)

    assert (document.title, document.byline) == (title, "Ada Lee")
    assert [section.html for section in document.sections] == [f"<p>{BODY}</p>"] * 2
    assert "layout: post" in document.left_out
    assert any("have mistakes in them" in words for words in document.left_out)


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
@pytest.mark.parametrize(
    "front_matter",
    [
        "---\ntitle: Schools\nby: Ada Lee\nMeta Description: none\n---",
        "<!-- a comment -->\n---\ntitle: Schools\nby: Ada Lee\nMeta Description: none\n---",
        '+++\ntitle = Schools\nby = "Ada Lee"\nMeta Description = none\n+++',
        '{\n  "title": "Schools",\n  "by": "Ada Lee",\n  "Meta Description": "none"\n}',
        '{"title": "Schools", "by": "Ada Lee", "Meta Description": "none"}',
        '{\n  "title": "Schools",\n  "by": "Ada Lee",\n  "Meta Description": "none",\n}',
        '{\n  "title": "Schools"\n  "by": "Ada Lee",\n  "Meta Description": none\n}',
    ],
)
def test_fields_stand_above_any_text(front_matter: str, name: str) -> None:
    document = read(front_matter, name=name)

    assert (document.title, document.byline) == ("Schools", "Ada Lee")
    assert [section.html for section in document.sections] == [f"<p>{BODY}</p>"] * 2
    assert "Meta Description: none" in document.left_out


@pytest.mark.parametrize("name", ["a.md", "a.txt"])
@pytest.mark.parametrize(
    "text",
    [
        "Closing: the school in Hale.\nMoving: the school in Wem.",
        "The school in Hale: a history\nIt stood there for a hundred years.",
        "Schools in Hale\n\nOpening: in May",
        "Opening: in May\n\nThe school in Hale stood there for a hundred years.",
    ],
)
def test_a_text_between_two_rules_stays_a_text(text: str, name: str) -> None:
    document = read(f"---\n{text}\n---", name=name)

    shown = " ".join(
        [document.title, document.strapline]
        + [f"{section.heading} {section.html}" for section in document.sections]
    )
    assert all(line in shown for line in text.split("\n"))


@pytest.mark.parametrize(
    ("front_matter", "left_out"),
    [
        ("---\ntitle: Schools\ntags: one\ntitle: Bells\n---", ["title: Bells", "tags: one"]),
        ("---\ntags:\n- one\ntitle: Schools\ntags: two\n---", ["tags: one", "tags: two"]),
        ("---\ntitle: Schools\nsite:\n  by: one\n  by: two\n---", ["by: one", "by: two"]),
        ('+++\ntitle = "Schools"\ntitle = "Bells"\n+++', ["title: Bells"]),
        ('{\n"title": "Schools",\n"title": "Bells"\n}', ["title: Bells"]),
    ],
)
def test_a_field_that_stands_there_twice_is_named(front_matter: str, left_out: list[str]) -> None:
    document = read(front_matter)
    sentence, *others = sorted(document.left_out, key=lambda words: "mistakes" not in words)

    assert document.title == "Schools"
    assert "mistakes" in sentence
    assert sorted(others) == sorted(left_out)


def test_a_comment_above_the_fields_is_named() -> None:
    document = read("<!-- ASK LEGAL -->\n---\ntitle: Schools\n---")

    assert document.title == "Schools"
    assert document.left_out == ("Comment: ASK LEGAL",)


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
def test_any_number_of_comments_may_stand_above_the_fields(name: str) -> None:
    comments = [f"remark {number}" for number in range(1200)]
    above = "".join(f"<!-- {comment} -->\n" for comment in comments)

    document = read(f"{above}---\ntitle: Schools\n---", name=name)

    assert document.title == "Schools"
    assert document.left_out == tuple(f"Comment: {comment}" for comment in comments)


@pytest.mark.parametrize("name", ["a.md", "a.txt"])
@pytest.mark.parametrize(
    "fields",
    [
        "Title: Two bells\nAuthor: Ada Lee\nDate: 2024-05-01\n",
        "title: Two bells\nauthor: Ada Lee\n",
        "---\ntitle: Two bells\nauthor: Ada Lee\n ---\n",
    ],
)
def test_fields_with_no_lines_around_them_are_fields(fields: str, name: str) -> None:
    document = read(fields, name=name)
    assert (document.title, document.byline) == ("Two bells", "Ada Lee")
    assert [section.html for section in document.sections] == [f"<p>{BODY}</p>"] * 2


def test_sentences_with_colons_at_the_start_are_no_fields() -> None:
    lines = "Date: none was set.\nOpening: in May.\n"
    document = read(lines, name="a.txt")
    assert "Opening: in May." in str((document.title, document.strapline, document.sections))


@pytest.mark.parametrize("name", ["a.md", "a.txt"])
@pytest.mark.parametrize(
    "fields",
    [
        '---toml\ntitle = "Two bells"\nauthor = "Ada Lee"\n---',
        '+++ toml\ntitle = "Two bells"\nauthor = "Ada Lee"\n+++',
        "---yaml\ntitle: Two bells\nauthor: Ada Lee\n---",
        ';;;\n{"title": "Two bells", "author": "Ada Lee"}\n;;;',
        "---\ntitle: Two bells\nauthor: Ada Lee",
        "% Two bells\n% Ada Lee\n% 3 May 2026",
    ],
)
def test_fields_in_other_frames_are_fields(fields: str, name: str) -> None:
    document = read(fields, name=name)
    assert (document.title, document.byline) == ("Two bells", "Ada Lee")
    assert [section.html for section in document.sections] == [f"<p>{BODY}</p>"] * 2


def test_of_a_broken_list_of_authors_the_names_are_read_and_the_rest_is_named() -> None:
    document = read(
        "---\ntitle: Two bells\nauthors:\n- name: Ada Lee\n  bio: 'x' y: z\n- name: Bo Lund\n---"
    )
    assert document.byline == "Ada Lee and Bo Lund"
    assert "bio: 'x' y: z" in document.left_out
