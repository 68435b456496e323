"""Who may do what: each app lists its groups with their permissions; every migrate applies them.

A new permission, a new group and a new installation need no migration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.apps import AppConfig
    from django.apps.registry import Apps

    from newsroom.audit_log import Actor

DEFAULT_ACTIONS = ("add", "change", "delete", "view")


def may(user: Actor, permission: str) -> bool:
    """Whether somebody has a permission; `permissions.py` of each app names them."""
    return user is not None and user.has_perm(permission)


def apply_groups(
    config: AppConfig,
    groups: Mapping[str, Collection[str]],
    *,
    renamed_models: Mapping[str, str] | None = None,
    apps: Apps = global_apps,
    using: str = "default",
) -> None:
    """Make the groups that are missing and give each the permissions that it lacks.

    Takes nothing away: what an administrator added stays. A permission that an administrator took
    from one of these groups returns with the next migrate; to give people less, make another group.
    `renamed_models` maps old model names to new ones: Django renames their content types, not
    their permissions.
    """
    try:
        group_model: Any = apps.get_model("auth", "Group")
    except LookupError:  # django.contrib.auth is not migrated yet
        return
    labels = {one.partition(".")[0] for permissions in groups.values() for one in permissions}
    for label in {config.label, *labels}:
        owner = global_apps.get_app_config(label)
        create_permissions(owner, verbosity=0, using=using, apps=apps)
    for old, new in (renamed_models or {}).items():
        _rename_permissions(config.label, old, new, apps=apps, using=using)
    for name, permissions in groups.items():
        group, _ = group_model.objects.using(using).get_or_create(name=name)
        for app_label in {permission.partition(".")[0] for permission in permissions}:
            prefix = f"{app_label}."
            codenames = [one.removeprefix(prefix) for one in permissions if one.startswith(prefix)]
            found = _permissions(app_label, apps=apps, using=using).filter(codename__in=codenames)
            group.permissions.add(*found)


def _permissions(app_label: str, *, apps: Apps, using: str) -> Any:
    permission_model: Any = apps.get_model("auth", "Permission")
    return permission_model.objects.using(using).filter(content_type__app_label=app_label)


def _rename_permissions(app_label: str, old: str, new: str, *, apps: Apps, using: str) -> None:
    """Grant permissions under a model's new name to those who have them under its old name."""
    of_model = _permissions(app_label, apps=apps, using=using).filter(content_type__model=new)
    for action in DEFAULT_ACTIONS:
        before = of_model.filter(codename=f"{action}_{old}").first()
        after = of_model.filter(codename=f"{action}_{new}").first()
        if before is None or after is None:
            continue
        after.group_set.add(*before.group_set.all())
        after.user_set.add(*before.user_set.all())
        before.delete()
