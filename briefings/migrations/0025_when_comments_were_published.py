"""Say of comments that were approved before when readers first saw them."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.models import F


def copy_decisions(apps: Apps, schema_editor: Any) -> None:
    """Take the decision for the moment: those of readers were shown by nothing else."""
    comments = apps.get_model("briefings", "Comment")._base_manager
    decided = comments.filter(published_at=None, decided_at__isnull=False)
    decided.filter(state__in=["approved", "withdrawn"]).update(published_at=F("decided_at"))


class Migration(migrations.Migration):
    dependencies = [("briefings", "0024_moderation")]

    operations = [migrations.RunPython(copy_decisions, migrations.RunPython.noop)]
