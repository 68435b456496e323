"""A name in any script gets an address."""

from __future__ import annotations

import pytest

from briefings.models import Briefing, Contributor
from tests.briefings.admin_client import read_form, staff_client
from tests.factories import make_contributor

pytestmark = pytest.mark.django_db
CONTRIBUTORS = "/admin/briefings/contributor/add/"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("周星馳", "contributor-1"),
        ("Ольга Токарева", "contributor-1"),
        ("نجيب محفوظ", "contributor-1"),
        ("★", "contributor-1"),
        ("Zoë Ångström", "zoe-angstrom"),
        ("Rosa Meyer", "rosa-meyer-2"),
        ("周 Chow", "chow"),
        ("x" * 120, "x" * 40),
    ],
)
def test_a_contributor_without_a_slug_gets_a_free_one(name: str, slug: str) -> None:
    make_contributor(name="Her namesake", slug="rosa-meyer")
    editor = staff_client("Editors")

    answer = editor.post(CONTRIBUTORS, {"name": name, "slug": ""})

    assert answer.status_code == 302
    contributor = Contributor.objects.get(name=name)
    assert contributor.slug == slug
    assert editor.get(contributor.get_absolute_url()).status_code == 200


def test_a_second_such_name_gets_the_next_number() -> None:
    editor = staff_client("Editors")
    for name in ("周星馳", "成龍"):
        editor.post(CONTRIBUTORS, {"name": name, "slug": ""})

    assert set(Contributor.objects.values_list("slug", flat=True)) == {
        "contributor-1",
        "contributor-2",
    }


def test_a_chosen_slug_stays() -> None:
    staff_client("Editors").post(CONTRIBUTORS, {"name": "周星馳", "slug": "stephen-chow"})

    assert Contributor.objects.get().slug == "stephen-chow"


def test_a_briefing_in_another_script_gets_a_slug_too() -> None:
    briefing = {
        "title": "每周简报",
        "slug": "",
        "lead": make_contributor().pk,
        "accent": "green",
        "slot_weekday": "3",
        "slot_time": "07:00",
        "time_zone": "Asia/Hong_Kong",
        "comments_close_after": "14",
    }

    client = staff_client("Editors")
    form = read_form(client.get("/admin/briefings/briefing/add/"), "briefing_form")

    answer = client.post("/admin/briefings/briefing/add/", {**form, **briefing})

    assert answer.status_code == 302
    assert Briefing.objects.get().slug == "briefing-1"
