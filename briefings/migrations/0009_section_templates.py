from typing import Any

from django.db import migrations

# What every new issue started with until now: kinds and headings.
STARTING_SECTIONS = (
    ("feature", ""),
    ("roundup", "In brief"),
    ("feedback", "What you said"),
    ("note", ""),
)


def continue_as_before(apps: Any, schema_editor: Any) -> None:
    """Give every briefing the starting sections as its template.

    Its next draft is made when its next issue is published, not at once: it may have stopped.
    """
    Briefing = apps.get_model("briefings", "Briefing")
    Issue = apps.get_model("briefings", "Issue")
    TemplateSection = apps.get_model("briefings", "TemplateSection")
    for briefing in Briefing.objects.all():
        TemplateSection.objects.bulk_create(
            TemplateSection(briefing=briefing, position=position, kind=kind, heading=heading)
            for position, (kind, heading) in enumerate(STARTING_SECTIONS, start=1)
        )
        published = Issue.objects.filter(briefing=briefing, state="published")
        last = published.order_by("-published_at", "-pk").first()
        Briefing.objects.filter(pk=briefing.pk).update(drafted_after=last)


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0008_the_week"),
    ]

    operations = [
        migrations.RunPython(continue_as_before, migrations.RunPython.noop),
    ]
