"""On a German site, tasks and commands speak English to staff."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from celery import current_app, shared_task
from django.conf import LazySettings
from django.core.management import call_command, get_commands, load_command_class
from django.utils import translation
from django.utils.translation import gettext

from newsroom.staff_command import StaffCommand
from tests.factories import make_briefing

FILE = "email\nnobody\nada@example.org\n"


@pytest.fixture(autouse=True)
def _on_a_german_site(settings: LazySettings) -> Iterator[None]:
    settings.LANGUAGE_CODE = "de"
    with translation.override("de"):
        yield


def test_every_task_begins_in_the_language_of_staff_and_ends_as_it_began() -> None:
    @shared_task(name="tests.say_search")
    def say_search() -> str:
        return gettext("Search")

    try:
        task = current_app.tasks["tests.say_search"]
        for said in (say_search(), task.apply().get()):
            assert said == "Search"
        assert gettext("Search") == "Suche"
    finally:
        del current_app.tasks["tests.say_search"]


def test_every_command_of_ours_is_one_for_staff() -> None:
    ours = {
        name: load_command_class(app, name)
        for name, app in get_commands().items()
        if app in {"newsroom", "briefings", "subscribers"}
    }
    assert ours
    assert [name for name, one in ours.items() if not isinstance(one, StaffCommand)] == []


@pytest.mark.django_db
def test_a_command_explains_in_english_why_a_row_is_refused(tmp_path: Path) -> None:
    make_briefing(slug="ward")
    file = tmp_path / "list.csv"
    file.write_text(FILE)
    out = StringIO()
    evidence = ["--consented-on", "2026-01-05", "--source", "a stall", "--wording", "Yes, please."]
    names = [str(file), "--briefing", "ward", *evidence, "--dry-run"]
    call_command("import_subscribers", *names, stdout=out)
    assert "This is not an email address" in out.getvalue()
