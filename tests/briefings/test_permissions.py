"""Groups of staff: what reporters and editors may do, on a new installation and on an old one."""

from __future__ import annotations

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
    "briefings.view_issue",
    "briefings.add_issue",
    "briefings.change_issue",
    "briefings.view_comment",
}
EDITORS = REPORTERS | {
    "briefings.add_briefing",
    "briefings.change_briefing",
    "briefings.add_contributor",
    "briefings.change_contributor",
    "briefings.delete_issue",
    "briefings.approve_issue",
    "briefings.send_issue",
    "briefings.moderate_comment",
    "subscribers.view_dispatch",
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


def test_reporters_write_and_editors_decide() -> None:
    assert permissions_of("Reporters") == REPORTERS
    assert permissions_of("Editors") == EDITORS


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
