"""Header lines that were received: one decoder for whatever mail systems write."""

from __future__ import annotations

import re

import pytest

from newsroom.email_headers import decode_words
from tests.source_files import APPS, ROOT, python_files


@pytest.mark.parametrize(
    ("received", "text"),
    [
        ("Council & mayor", "Council & mayor"),
        ("Council\r\n  and mayor ", "Council and mayor"),
        ("=?utf-8?b?Wm/Dqw==?= <zoe@example.com>", "Zoë <zoe@example.com>"),
        ("=?utf-8?q?Zo=C3=AB?=\r\n =?iso-8859-1?q?_D=EDaz?=", "Zoë Díaz"),
        ("=?utf-8?q?Zo=C3=AB?= and Łukasz", "Zoë and Łukasz"),
        ("=?no-such-charset?q?Zo=C3=AB?=", "Zoë"),
        ("=?utf-8?q?=93Away=94?=", "“Away”"),
        ("=?utf-8?b?Wm/Dq?= away", "=?utf-8?b?Wm/Dq?= away"),
        (b"R\xc3\xbcckl\xc3\xa4ufer".decode("ascii", "surrogateescape"), "Rückläufer"),
        (b"R\xfcckl\xe4ufer".decode("ascii", "surrogateescape"), "Rückläufer"),
        (b"=?utf-8?q?Zo=C3=AB?= R\xfcck".decode("ascii", "surrogateescape"), "Zoë Rück"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
    ],
)
def test_a_header_is_decoded(received: str, text: str) -> None:
    assert decode_words(received) == text


def test_there_is_one_header_decoder() -> None:
    decoders = re.compile(r"\b(?:decode_header|make_header)\b")
    files = [
        str(file) for file in python_files(*APPS) if decoders.search((ROOT / file).read_text())
    ]
    assert files == ["newsroom/email_headers.py"]
