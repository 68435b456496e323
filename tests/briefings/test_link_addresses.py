"""An address is read as whoever wrote it meant it, where it has one meaning."""

from __future__ import annotations

import pytest

from briefings.link_addresses import web_address

PAGE = "https://a.example/x?b=1"
A_X = "https://a.example/x"


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
        ("https://www.google.com/url?sa=t&q=two+bells&url=https%3A%2F%2Fa.example%2Fx", A_X),
        ("https://www.google.com/url?url=/intranet&url=https://a.example/x", A_X),
        ("https://www.google.com/url?q=two+bells", "https://www.google.com/url?q=two+bells"),
        ("http://www.https://a.example/x", A_X),
        ("www.https://a.example/x", A_X),
        ("https://www.http://www.a.example/x", "http://www.a.example/x"),
        ("https://b.example/www.https://a.example/x", "https://b.example/www.https://a.example/x"),
        (
            "https://b.example/https://https://a.example",
            "https://b.example/https://https://a.example",
        ),
        ("//a.example/x", A_X),
        ("//a.example", "https://a.example"),
        ("//report", ""),
        ("ada@a.example?subject=Two", "mailto:ada@a.example?subject=Two"),
        ("<https://a.example/x>", A_X),
        ("“https://a.example/x”", A_X),
        ('"www.a.example/x"', "https://www.a.example/x"),
        ("<ada@a.example>", "mailto:ada@a.example"),
        ("mailto: ada@a.example", "mailto:ada@a.example"),
        ("mailto://ada@a.example?subject=Two bells", "mailto:ada@a.example?subject=Two bells"),
        ("mailto:ada@a.example,bo%40b.example", "mailto:ada@a.example,bo%40b.example"),
        ("mailto:jörg@müller.example", "mailto:jörg@müller.example"),
        ("mailto:?subject=Two%20bells", "mailto:?subject=Two%20bells"),
        ("mailto:nonsense", ""),
        ("mailto:nonsense?subject=Two", ""),
        ("mailto:ada@a", ""),
        ("mailto:ada@a..example", ""),
        ("mailto:ada@a.example,nonsense", ""),
        ("mailto:?", ""),
        ("tel:+44 (20) 7946-0000", "tel:+44 (20) 7946-0000"),
        ("tel:0800-FLOWERS", "tel:0800-FLOWERS"),
        ("tel:nonsense", ""),
        ("mailto:Ada Lane <ada@a.example>", "mailto:ada@a.example"),
        ("mailto:Ada%20Lane%20%3Cada@a.example%3E", "mailto:ada@a.example"),
        ("Ada Lane <ada@a.example>", "mailto:ada@a.example"),
        ("mailto:ada@a.example,", "mailto:ada@a.example"),
        ("mailto:ada@a.example; bo@b.example", "mailto:ada@a.example,bo@b.example"),
        ("https://a.example/x,", A_X),
        ("https://a.example/x”,", A_X),
        ("“https://a.example/x”,", A_X),
        ("https://a.example/x)", A_X),
        ("(https://a.example/x)", A_X),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("https://a.example/Inc.", "https://a.example/Inc."),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__a.example_x-3Fb-3D1&d=Dw&c=e",
            PAGE,
        ),
        (
            "https://urldefense.proofpoint.com/v2/url?d=Dw&u=http-3A__a-2Db.example_x-5Fy",
            "http://a-b.example/x_y",
        ),
        ("https://urldefense.proofpoint.com/v1/url?u=https://a.example/x&k=1", A_X),
        ("https://urldefense.com/v3/__https:/a.example/x*y__;Iw!!abc", "https://a.example/x#y"),
        ("https://urldefense.us/v3/__https://a.example/**Az__;Pz0!!abc", "https://a.example/?=z"),
        ("https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fa.example%2fx&c=E", A_X),
        ("https://secure-web.cisco.com/1aB-_c/https%3A%2F%2Fa.example%2Fx", A_X),
        ("https://clicktime.symantec.com/3x?u=https%3A%2F%2Fa.example%2Fx", A_X),
        ("https://protect2.fireeye.com/v1/url?k=1-2&q=1&u=https%3A%2F%2Fa.example%2Fx", A_X),
        ("https://www.youtube.com/redirect?event=d&q=https%3A%2F%2Fa.example%2Fx", A_X),
        ("https://www.youtube.com/watch?v=q", "https://www.youtube.com/watch?v=q"),
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
