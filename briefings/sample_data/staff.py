"""The staff accounts of the sample newsroom: one for each role."""

from __future__ import annotations

from django.contrib.auth.models import User

from briefings.models import Membership, Role

PASSWORD = "demo"  # noqa: S105  (known to everybody; the commands refuse to run outside development)


def make_staff() -> dict[str, User]:
    """Make an account for each role in all briefings; `admin` may do everything."""
    return {
        "reporter": _make("reporter", "Priya Sundaram", role=Role.REPORTER),
        "editor": _make("editor", "Eleanor Voss", role=Role.EDITOR),
        "publisher": _make("publisher", "Marta Lindqvist", role=Role.PUBLISHER),
        "moderator": _make("moderator", "Dele Okafor", role=Role.MODERATOR),
        "admin": _make("admin", "Robin Adeyemi", is_superuser=True),
    }


def _make(
    username: str, name: str, *, role: Role | None = None, is_superuser: bool = False
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
        if role:
            Membership.objects.create(user=user, role=role)
    return user
