"""Who opened the page that a script's request comes from.

Cookies belong to the browser: when another person logs in in a second tab, a page that is still
open sends theirs with the words of the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest

# The key of the person to whom the page was shown.
HEADER = "X-Page-User"


def owner_of_page(request: HttpRequest) -> User | None:
    """Return the staff member who sends a request from a page of their own, or None."""
    user = request.user
    if not isinstance(user, User) or not user.is_staff:
        return None
    return user if request.headers.get(HEADER, str(user.pk)) == str(user.pk) else None
