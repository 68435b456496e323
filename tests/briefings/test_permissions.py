"""Groups of staff: what reporters and editors may do, on a new installation and on an old one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

import briefings.permissions
import subscribers.permissions
from newsroom.permissions import apply_groups

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.django_db
REPORTERS = {
    "briefings.view_briefing",
    "briefings.view_contributor",
    "briefings.add_issue",
    "briefings.change_issue",
    "briefings.view_comment",
}
EDITORS = REPORTERS | {
    "briefings.view_issue",
    "briefings.add_briefing",
    "briefings.change_briefing",
    "briefings.add_contributor",
    "briefings.change_contributor",
    "briefings.view_topic",
    "briefings.add_topic",
    "briefings.change_topic",
    "briefings.delete_issue",
    "briefings.approve_issue",
    "briefings.moderate_comment",
}
PUBLISHERS = {
    "briefings.view_briefing",
    "briefings.view_contributor",
    "briefings.view_issue",
    "briefings.send_issue",
    "briefings.view_comment",
}
MODERATORS = {"briefings.view_comment", "briefings.moderate_comment"}
LIST_MANAGERS = {
    "subscribers.view_signup",
    "subscribers.view_subscriber",
    "subscribers.view_suppression",
    "subscribers.import_subscribers",
    "subscribers.export_subscribers",
}


def permissions_of(group: str) -> set[str]:
    found = Permission.objects.filter(group__name=group)
    return {
        f"{app}.{name}" for app, name in found.values_list("content_type__app_label", "codename")
    }


def test_each_role_has_its_own_permissions() -> None:
    assert permissions_of("Reporters") == REPORTERS
    assert permissions_of("Editors") == EDITORS
    assert permissions_of("Publishers") == PUBLISHERS
    assert permissions_of("Moderators") == MODERATORS
    assert permissions_of("List managers") == LIST_MANAGERS
    everything = REPORTERS | EDITORS | PUBLISHERS | MODERATORS | LIST_MANAGERS
    assert everything < permissions_of("Administrators")
    assert {"auth.change_user", "briefings.add_membership", "subscribers.release_held"} < (
        permissions_of("Administrators")
    )
    assert not {"auth.change_group", "auth.delete_user"} & permissions_of("Administrators")


@pytest.mark.parametrize("module", [briefings.permissions, subscribers.permissions])
def test_every_permission_that_is_named_exists(module: ModuleType) -> None:
    label = module.__name__.partition(".")[0]
    named = {
        value
        for value in vars(module).values()
        if isinstance(value, str) and value.startswith(f"{label}.") and "_" in value
    }
    there = Permission.objects.filter(content_type__app_label=label)
    assert named
    assert named <= {f"{label}.{name}" for name in there.values_list("codename", flat=True)}


def test_a_migrate_gives_groups_what_they_lack_and_leaves_what_was_added() -> None:
    Group.objects.get(name="Reporters").delete()
    editors = Group.objects.get(name="Editors")
    editors.permissions.remove(Permission.objects.get(codename="approve_issue"))
    editors.permissions.add(Permission.objects.get(codename="delete_subscriber"))

    call_command("migrate", verbosity=0)

    assert permissions_of("Reporters") == REPORTERS
    assert permissions_of("Editors") == EDITORS | {"subscribers.delete_subscriber"}


def test_who_could_see_a_model_can_see_it_under_its_new_name() -> None:
    content_type = ContentType.objects.get(app_label="subscribers", model="bounceevent")
    old = Permission.objects.create(
        content_type=content_type, codename="view_reportevent", name="Can view report event"
    )
    group = Group.objects.create(name="Postmasters")
    group.permissions.add(old)
    person = User.objects.create(username="sam")
    person.user_permissions.add(old)

    call_command("migrate", verbosity=0)

    assert permissions_of("Postmasters") == {"subscribers.view_bounceevent"}
    assert User.objects.get(pk=person.pk).has_perm("subscribers.view_bounceevent")
    assert not Permission.objects.filter(pk=old.pk).exists()


def test_a_permission_that_nobody_made_is_not_made_up() -> None:
    apply_groups(apps.get_app_config("briefings"), {"Cooks": ["briefings.boil_issue"]})

    assert permissions_of("Cooks") == set()


def old_installation() -> tuple[User, User]:
    """Put the groups back to what they were before roles were divided, and return their people."""
    editors, reporters = (Group.objects.get(name=name) for name in ("Editors", "Reporters"))
    for codename in ("send_issue", "view_subscriber", "import_subscribers", "view_dispatch"):
        editors.permissions.add(Permission.objects.get(codename=codename))
    reporters.permissions.add(Permission.objects.get(codename="view_issue"))
    Group.objects.filter(name__in=("Publishers", "List managers")).delete()
    editor, reporter = (User.objects.create(username=name) for name in ("ed", "rep"))
    editors.user_set.add(editor)
    reporters.user_set.add(reporter)
    return editor, reporter


def test_editors_of_an_old_installation_keep_what_they_could_do() -> None:
    editor, reporter = old_installation()

    import_module("briefings.migrations.0013_roles_in_briefings").divide_editors(apps, None)
    import_module("subscribers.migrations.0017_list_managers").divide_editors(apps, None)
    call_command("migrate", verbosity=0)

    groups = editor.groups.values_list("name", flat=True)
    assert set(groups) == {"Editors", "Publishers", "List managers"}
    assert permissions_of("Editors") == EDITORS
    for permission in ("briefings.send_issue", "subscribers.import_subscribers"):
        assert User.objects.get(pk=editor.pk).has_perm(permission)
    assert [group.name for group in reporter.groups.all()] == ["Reporters"]
    assert permissions_of("Reporters") == REPORTERS
