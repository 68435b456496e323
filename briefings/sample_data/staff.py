"""The two staff accounts of the sample newsroom."""

from __future__ import annotations

from django.contrib.auth.models import Group, User

from briefings.permissions import EDITORS, REPORTERS

PASSWORD = "demo"  # noqa: S105  (known to everybody; the commands refuse to run outside development)


def make_staff() -> dict[str, User]:
    """Make `editor`, who may do everything, and `reporter`, who writes and submits issues."""
    return {
        "editor": _make("editor", "Eleanor Voss", groups=(EDITORS,), is_superuser=True),
        "reporter": _make("reporter", "Priya Sundaram", groups=(REPORTERS,), is_superuser=False),
    }


def _make(username: str, name: str, *, groups: tuple[str, ...], is_superuser: bool) -> User:
    first, _, last = name.partition(" ")
    user, is_new = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": first,
            "last_name": last,
            "email": f"{username}@example.com",
            "is_staff": True,
            "is_superuser": is_superuser,
        },
    )
    if is_new:
        user.set_password(PASSWORD)
        user.save()
        user.groups.set(Group.objects.filter(name__in=groups))
    return user
