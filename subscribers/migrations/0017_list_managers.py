"""A group of its own for people who see readers' addresses; today's Editors are in it."""

from typing import Any

from django.db import migrations

OF_LIST_MANAGERS = (
    "view_signup",
    "view_subscriber",
    "view_suppression",
    "import_subscribers",
    "export_subscribers",
)


def divide_editors(apps: Any, schema_editor: Any) -> None:
    """Move what Editors may do with lists to List managers, and put today's Editors there too."""
    group_model = apps.get_model("auth", "Group")
    editors = group_model.objects.filter(name="Editors").first()
    if editors is None:
        return
    managers, _ = group_model.objects.get_or_create(name="List managers")
    managers.user_set.add(*editors.user_set.all())
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="subscribers", codename__in=OF_LIST_MANAGERS
    )
    managers.permissions.add(*permissions)
    dispatches = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="subscribers", codename="view_dispatch"
    )
    editors.permissions.remove(*permissions, *dispatches)


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0013_roles_in_briefings"),
        ("subscribers", "0016_plain_field_names"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(divide_editors, migrations.RunPython.noop)]
