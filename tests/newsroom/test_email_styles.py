"""Styles in the elements of an email, and its encoding before everything that browsers skip."""

from __future__ import annotations

from newsroom.email_styles import inline_styles

EMAIL = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Beds</title>'
    "<style>p{color:#16191d}</style><style>@media (max-width:480px){RULES}</style></head>"
    "<body><p>Zażółć</p></body></html>"
)


def test_the_encoding_stands_where_browsers_look_for_it() -> None:
    html = inline_styles(EMAIL.replace("RULES", "p{color:#000000!important}" * 100))
    assert html.encode().index(b'<meta charset="utf-8">') < 1024 - len('<meta charset="utf-8">')
    assert html.count("charset") == 1
    assert '<p style="color: #16191d;">Zażółć</p>' in html
    assert "@media" in html


def test_html_without_a_head_is_only_styled() -> None:
    assert "<p" in inline_styles("<p>Beds</p>")
