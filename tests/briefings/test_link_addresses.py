"""An address is read as whoever wrote it meant it, where it has one meaning."""

from __future__ import annotations

import pytest

from briefings.link_addresses import web_address

PAGE = "https://a.example/x?b=1"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (PAGE, PAGE),
        (f" {PAGE}", PAGE),
        (f"http://{PAGE}", PAGE),
        ("https:https://a.example/x", "https://a.example/x"),
        ("https:/a.example/x", "https://a.example/x"),
        ("https//a.example/x", "https://a.example/x"),
        ("www.a.example/x", "https://www.a.example/x"),
        ("a-b.example", "https://a-b.example"),
        ("ada@a.example", "mailto:ada@a.example"),
        ("mailto:ada@a.example", "mailto:ada@a.example"),
        ("mailto:mailto:ada@a.example", "mailto:ada@a.example"),
        ("http://mailto:ada@a.example", "mailto:ada@a.example"),
        ("http://ada@a.example", "mailto:ada@a.example"),
        ("mailto:https://a.example/x", "https://a.example/x"),
        ("https://ada:pw@a.example/x", "https://ada:pw@a.example/x"),
        ("tel:+4412345", "tel:+4412345"),
        (
            (
                "https://eur01.safelinks.protection.outlook.com/"
                "?url=https%3A%2F%2Fa.example%2Fx%3Fb%3D1&data=05%7C02"
            ),
            PAGE,
        ),
        ("https://www.google.com/url?q=https://a.example/x%3Fb%3D1&sa=D&source=editors", PAGE),
        ("https://www.google.co.uk/url?sa=t&url=https%3A%2F%2Fa.example%2Fx%3Fb%3D1", PAGE),
        ("https://urldefense.com/v3/__https://a.example/x?b=1__;!!abc", PAGE),
        ("https://www.google.com/search?q=bells", "https://www.google.com/search?q=bells"),
        ("report.pdf", ""),
        ("../report", ""),
        ("/report", ""),
        ("#part", ""),
        ("javascript:alert(1)", ""),
        ("file:///C:/report.docx", ""),
        ("", ""),
    ],
)
def test_an_address_that_has_one_meaning_gets_it(written: str, meant: str) -> None:
    assert web_address(written) == meant
    assert web_address(meant) == meant
