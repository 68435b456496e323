"""What a writer of Markdown marks as a remark or as deleted is named, and never text."""

from __future__ import annotations

import pytest

from briefings.document_import import ImportedDocument, read_document

BODY = "The county has closed forty schools, and it has not told anybody which of them come next."


def read(*parts: str, name: str = "a.md") -> ImportedDocument:
    return read_document("\n\n".join(("# Schools share", *parts)).encode(), name=name)


def html_of(document: ImportedDocument) -> str:
    return "\n".join(section.html for section in document.sections)


@pytest.mark.parametrize(
    "remark",
    [
        "<!-- ASK LEGAL -->",
        "<!--ASK\nLEGAL-->",
        "[//]: # (ASK LEGAL)",
        '[//]: # "ASK LEGAL"',
        "[//]: # ASK LEGAL",
        "[comment]: <> (ASK LEGAL)",
        "[_]: # 'ASK\nLEGAL'",
        "{>>ASK LEGAL<<}",
        "%% ASK LEGAL %%",
        "{% comment %}ASK LEGAL{% endcomment %}",
        "{/* ASK LEGAL */}",
    ],
)
def test_remarks_are_named(remark: str) -> None:
    document = read(BODY, remark, "Nine gates.", remark)

    assert html_of(document) == f"<p>{BODY}</p>\n<p>Nine gates.</p>"
    assert document.left_out == ("Comment: ASK LEGAL",) * 2


@pytest.mark.parametrize("remark", ["<!-- ASK (LEGAL) -->", "{>>ASK (LEGAL)<<}"])
def test_a_remark_may_stand_in_a_sentence(remark: str) -> None:
    document = read(f"Nine{remark} gates and {remark} ten bells.", f"[//]: # (ASK {'(LEGAL)'})")

    assert html_of(document) == "<p>Nine gates and ten bells.</p>"
    assert document.left_out == ("Comment: ASK (LEGAL)",) * 3


def test_marked_changes_are_made_and_what_they_delete_is_named() -> None:
    document = read("It costs {--only --}{~~eight~>nine~~} pounds{++ and a penny++}, {==now==}.")

    assert html_of(document) == "<p>It costs nine pounds and a penny, now.</p>"
    assert document.left_out == ("Deleted text: only", "Deleted text: eight")


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("Write `<!-- so -->`.", "<p>Write &lt;!-- so --&gt;.</p>"),
        ("```\n%% so %%\n```", "<pre>%% so %%</pre>"),
        ("From 50 %% to 20 %% -- {so}.", "<p>From 50 %% to 20 %% -- {so}.</p>"),
        ("See [bells].\n\n[bells]: https://a.example/x?a=1&b 'x'",
         '<p>See <a href="https://a.example/x?a=1&amp;b">bells</a>.</p>'),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_remark_stays(source: str, html: str) -> None:
    document = read(BODY, source)

    assert html_of(document) == f"<p>{BODY}</p>\n{html}"
    assert document.left_out == ()


def test_addresses_that_no_words_link_to_are_named() -> None:
    document = read(BODY, "[bells]: https://a.example/x 'The Times'\n[gates]: https://b.example")

    assert html_of(document) == f"<p>{BODY}</p>"
    assert document.left_out == (
        "An address that no words link to: https://a.example/x (The Times)",
        "An address that no words link to: https://b.example",
    )


def test_words_below_a_comment_without_an_end_are_named() -> None:
    document = read(BODY, "<!-- ASK LEGAL", "Nine <b>gates</b>.")

    assert html_of(document) == f"<p>{BODY}</p>"
    assert document.left_out == ("Comment without an end: ASK LEGAL Nine gates.",)
