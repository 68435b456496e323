"""Addresses of pages that end in a token, which readers copy out of sentences.

A full stop, a bracket or a space behind a link often becomes a part of it. The length of a token is
known, so whatever follows it is ignored, with or without a slash between them.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, path, register_converter

from newsroom.tokens import token_at_start


class TokenConverter:
    """The token at the start of the rest of an address; the rest itself if it has none."""

    regex = r"(?s:.+)"

    def to_python(self, rest: str) -> str:
        return token_at_start(rest)

    def to_url(self, token: str) -> str:
        return token


register_converter(TokenConverter, "token")


def token_paths(
    route: str, view: Callable[..., HttpResponseBase], *, name: str
) -> list[URLPattern]:
    """Return the patterns of a page at `route`, a token and a slash, and of what follows them.

    Without the slash there is no redirect, because one-click unsubscribing must not get one.
    """
    return [path(f"{route}<token:token>/", view, name=name), path(f"{route}<token:token>", view)]
