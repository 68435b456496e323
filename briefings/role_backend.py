"""Roles for Django's own pages: what a membership allows counts as a permission of the account.

`briefings/permissions.py` decides about single issues and briefings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.backends import BaseBackend

from briefings.permissions import rights_of

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class RoleBackend(BaseBackend):
    """Permissions that an account has in any briefing. As in Django's backend, rows have none."""

    def get_all_permissions(
        self, user_obj: AbstractBaseUser | AnonymousUser, obj: Any = None
    ) -> set[str]:
        """Return the permissions in any briefing."""
        if obj is not None:
            return set()
        rights = rights_of(user_obj)  # type: ignore[arg-type]  # our accounts are User
        return set(rights.everywhere.union(*rights.by_briefing.values()))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether somebody may do anything in an app, for the admin's start page."""
        found = self.get_all_permissions(user_obj)
        return any(permission.startswith(f"{app_label}.") for permission in found)
