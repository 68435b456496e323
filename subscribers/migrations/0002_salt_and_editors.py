"""The installation's salt, and what editors may see of readers and dispatches."""

import secrets
from typing import Any

from django.db import migrations

# Permissions are made after all migrations; these are needed now, so they are made here if missing.
EDITORS_SEE = ("dispatch", "signup", "subscriber", "suppression")


def make_salt(apps: Any, schema_editor: Any) -> None:
    """Make the salt before anybody can need it.

    Made at the first need, it could be rolled back with the act that needed it while the process
    went on hashing with it.
    """
    salts = apps.get_model("subscribers", "HashSalt").objects
    salts.get_or_create(only=True, defaults={"value": secrets.token_hex(32)})


def let_editors_see(apps: Any, schema_editor: Any) -> None:
    editors, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Editors")
    for model in EDITORS_SEE:
        content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label="subscribers", model=model
        )
        permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type,
            codename=f"view_{model}",
            defaults={"name": f"Can view {model}"},
        )
        editors.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("subscribers", "0001_initial"),
        ("briefings", "0002_desk_groups"),
    ]

    operations = [
        migrations.RunPython(make_salt, migrations.RunPython.noop),
        migrations.RunPython(let_editors_see, migrations.RunPython.noop),
    ]
