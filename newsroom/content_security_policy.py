"""A content security policy for single pages that need another one than the site's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def replace_csp(directives: dict[str, list[str]]) -> Callable[[View[P]], View[P]]:
    """Return a decorator that replaces these directives of the site's policy for a view."""
    # django-csp types its decorators for views without arguments only.
    return cast("Callable[[View[P]], View[P]]", csp_replace(directives))
