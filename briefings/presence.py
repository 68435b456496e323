"""Presence: who else has an issue open, and in which section."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from briefings.models import Issue, OpenPage
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# A page is open until it has not said so for this long. Browsers let a hidden page speak once a
# minute.
OPEN_FOR = timedelta(seconds=20)
HIDDEN_FOR = timedelta(seconds=90)


class Editor(NamedTuple):
    """Somebody who has an issue open; `section` as in OpenPage."""

    pk: int
    name: str
    section: str
    is_self: bool  # the same person, on another page


def keep_open(
    *, user: User, issue: Issue, token: str, section: str, is_hidden: bool, at: datetime
) -> None:
    """Record that a page is open."""
    page = OpenPage(
        user=user,
        issue=issue,
        token=token,
        section=section,
        expires_at=at + (HIDDEN_FOR if is_hidden else OPEN_FOR),
    )
    OpenPage.objects.bulk_create(
        [page],
        update_conflicts=True,
        unique_fields=["user", "token"],
        update_fields=["issue", "section", "expires_at"],
    )


def close_page(*, user: User, token: str) -> None:
    """Record that a page was left."""
    OpenPage.objects.filter(user=user, token=token).delete()


def editors_in(issue: Issue, *, besides: str, user: User, at: datetime) -> list[Editor]:
    """Return who has an issue open besides the page with a token, in the order of their names."""
    pages = OpenPage.objects.filter(issue=issue, expires_at__gt=at).exclude(
        user=user, token=besides
    )
    found: dict[int, Editor] = {}
    for page in pages.select_related("user").order_by("expires_at"):
        section = page.section or (found[page.user_id].section if page.user_id in found else "")
        found[page.user_id] = Editor(
            pk=page.user_id,
            name=name_of(page.user),
            section=section,
            is_self=page.user_id == user.pk,
        )
    return sorted(found.values(), key=lambda editor: (editor.is_self, editor.name))
