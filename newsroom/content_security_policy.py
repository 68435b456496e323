"""A page's own content security policy, where the site's is too strict or too mild for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def replace_csp(directives: dict[str, list[str]]) -> Callable[[View[P]], View[P]]:
    """Give a view these directives instead of the site's."""
    # django-csp types its decorators for views without arguments only.
    return cast("Callable[[View[P]], View[P]]", csp_replace(directives))
