"""The three staff accounts of the sample newsroom."""

from __future__ import annotations

from django.contrib.auth.models import Group, User

from briefings.permissions import EDITORS, REPORTERS

PASSWORD = "demo"  # noqa: S105  (known to everybody; the commands refuse to run outside development)


def make_staff() -> dict[str, User]:
    """Make an account for each role; `admin` also manages accounts and erases people."""
    return {
        "editor": _make("editor", "Eleanor Voss", groups=(EDITORS,)),
        "reporter": _make("reporter", "Priya Sundaram", groups=(REPORTERS,)),
        "admin": _make("admin", "Robin Adeyemi", is_superuser=True),
    }


def _make(
    username: str, name: str, *, groups: tuple[str, ...] = (), is_superuser: bool = False
) -> User:
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
