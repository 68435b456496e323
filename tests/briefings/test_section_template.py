"""The section template of a briefing: with what its new issues start."""

from __future__ import annotations

import pytest

from briefings.models import Briefing, Issue, SectionKind
from briefings.models.section_template import STARTING_SECTIONS
from tests.briefings.admin_client import read_form, staff_client
from tests.factories import make_briefing

pytestmark = pytest.mark.django_db


def started(briefing: Briefing) -> list[tuple[str, str, str]]:
    """Start an issue on the page for new issues, and return its sections."""
    client = staff_client("Editors")
    address = f"/admin/briefings/issue/add/?briefing={briefing.pk}"
    form = read_form(client.get(address)) | {"title": "New"}
    assert client.post(address, form).status_code == 302
    sections = Issue.objects.get(title="New").sections
    return [(each.kind, each.heading, each.body) for each in sections.order_by("position")]


def test_without_a_template_an_issue_starts_with_the_usual_sections() -> None:
    make_briefing(title="A briefing that comes first")
    assert started(make_briefing()) == [(kind, heading, "") for kind, heading in STARTING_SECTIONS]


def test_an_issue_starts_with_the_template_of_its_briefing() -> None:
    other = make_briefing(title="A briefing that comes first")
    other.template_sections.create(position=1, kind=SectionKind.NOTE, heading="Of another")
    briefing = make_briefing()
    for position, kind, heading, body in (
        (2, SectionKind.NOTE, "From the night shift", "<p>With <strong>thanks</strong>.</p>"),
        (1, SectionKind.ROUNDUP, "Ward by ward", ""),
    ):
        briefing.template_sections.create(position=position, kind=kind, heading=heading, body=body)
    assert started(briefing) == [
        (SectionKind.ROUNDUP, "Ward by ward", ""),
        (SectionKind.NOTE, "From the night shift", "<p>With <strong>thanks</strong>.</p>"),
    ]


def test_an_editor_changes_the_template_on_the_page_of_the_briefing() -> None:
    briefing = make_briefing()
    client = staff_client("Editors")
    address = f"/admin/briefings/briefing/{briefing.pk}/change/"
    form = read_form(client.get(address), "briefing_form") | {
        "accent": briefing.accent,
        "template_sections-TOTAL_FORMS": "1",
        "template_sections-0-briefing": str(briefing.pk),
        "template_sections-0-position": "1",
        "template_sections-0-kind": SectionKind.NOTE,
        "template_sections-0-heading": "Sign-off",
        "template_sections-0-body": "<p>Until Thursday.<script>no</script></p>",
    }
    assert client.post(address, form).status_code == 302
    [section] = briefing.template_sections.all()
    assert (section.heading, section.body) == ("Sign-off", "<p>Until Thursday.</p>")


def test_a_new_briefing_gets_the_usual_template_to_change() -> None:
    form = read_form(staff_client("Editors").get("/admin/briefings/briefing/add/"), "briefing_form")
    headings = [
        form[f"template_sections-{index}-heading"] for index in range(len(STARTING_SECTIONS))
    ]
    assert headings == [heading for _, heading in STARTING_SECTIONS]


def test_a_briefing_without_a_template_of_its_own_shows_and_keeps_the_usual_one() -> None:
    briefing = make_briefing()
    client = staff_client("Editors")
    address = f"/admin/briefings/briefing/{briefing.pk}/change/"
    form = read_form(client.get(address), "briefing_form") | {"accent": briefing.accent}
    form["template_sections-1-heading"] = "Ward by ward"
    assert client.post(address, form).status_code == 302
    assert [each.heading for each in briefing.template_sections.all()] == [
        "",
        "Ward by ward",
        "What you said",
        "",
    ]


def test_whoever_may_only_see_a_briefing_sees_its_template_and_changes_nothing() -> None:
    briefing = make_briefing()
    briefing.template_sections.create(position=1, heading="Ward by ward")
    client = staff_client("Reporters")
    address = f"/admin/briefings/briefing/{briefing.pk}/change/"
    assert "Ward by ward" in client.get(address).content.decode()
    assert client.post(address, {}).status_code == 403
