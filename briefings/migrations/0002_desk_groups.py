"""The first groups of staff, with their permissions; since then `permissions.py` has them."""

from typing import Any

from django.db import migrations

# Permissions are made after all migrations; these are needed now, so they are made here if missing.
NAMES = {
    "add": "Can add {}",
    "change": "Can change {}",
    "delete": "Can delete {}",
    "view": "Can view {}",
    "approve": "Can approve issues and return them",
    "send": "Can schedule and send issues",
    "moderate": "Can approve, reject and feature comments",
}
REPORTERS = {
    "briefing": ["view"],
    "contributor": ["view"],
    "issue": ["view", "add", "change"],
    "comment": ["view"],
}
EDITORS = {
    "briefing": ["view", "add", "change"],
    "contributor": ["view", "add", "change"],
    "issue": ["view", "add", "change", "delete", "approve", "send"],
    "comment": ["view", "moderate"],
}
GROUPS = {"Reporters": REPORTERS, "Editors": EDITORS}


def make_groups(apps: Any, schema_editor: Any) -> None:
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    content_type_model = apps.get_model("contenttypes", "ContentType")
    for title, rights in GROUPS.items():
        group, _ = group_model.objects.get_or_create(name=title)
        for model, acts in rights.items():
            content_type, _ = content_type_model.objects.get_or_create(
                app_label="briefings", model=model
            )
            for act in acts:
                permission, _ = permission_model.objects.get_or_create(
                    content_type=content_type,
                    codename=f"{act}_{model}",
                    defaults={"name": NAMES[act].format(model)},
                )
                group.permissions.add(permission)


def remove_groups(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, remove_groups)]
