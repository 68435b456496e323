"""The section template of a briefing: with what its new issues start."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.utils.html import strip_tags

from briefings.models import Break, Briefing, Issue, SectionKind
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


def test_each_section_of_the_template_is_a_closed_row_that_says_what_is_in_it() -> None:
    briefing = make_briefing()
    make_briefing(title="A sister")
    for position, heading, body in (
        (2, "From the night shift", "<p>With thanks.</p><p>" + "And so on. " * 20 + "</p>"),
        (1, "Ward &amp; by ward", ""),
    ):
        briefing.template_sections.create(
            position=position, kind=SectionKind.SISTERS, heading=heading, body=body
        )
    page = staff_client("Editors").get(f"/admin/briefings/briefing/{briefing.pk}/change/")
    rows = page.content.decode().split("<template")[0].split('<details name="template-section"')[1:]
    assert len(rows) == 2
    heads = [" ".join(strip_tags("<a" + row.split("</summary>")[0]).split()) for row in rows]
    kind = SectionKind.SISTERS.label
    assert heads == [
        f"{kind} Ward &amp;amp; by ward",
        f"{kind} From the night shift With thanks. And so on. And so on. And so on. And…",
    ]
    for row in rows:
        assert "A sister" in row  # also without a script, which shows it for its kind only


def test_the_send_slot_is_written_in_words_beside_its_time() -> None:
    briefing = make_briefing(slot_weekday=4, slot_time=time(17, 30))
    page = staff_client("Editors").get(f"/admin/briefings/briefing/{briefing.pk}/change/")
    assert "Every Friday at 17:30</output>" in page.content.decode()


def test_rows_are_added_and_removed_in_plain_words() -> None:
    briefing = make_briefing()
    Break.objects.create(briefing=briefing, first_day=date(2027, 4, 1), last_day=date(2027, 4, 9))
    page = staff_client("Editors").get(f"/admin/briefings/briefing/{briefing.pk}/change/")
    words = page.content.decode()
    assert "Add a break" in words
    assert "Add another" not in words
    assert "Delete?" not in words
