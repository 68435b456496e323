"""The server dies while somebody writes: their words are kept, and arrive when it is back."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.issue_editor import (
    KEPT,
    editor,
    expect_status,
    kept_bodies,
    log_in,
    open_issue,
    save,
    stored,
    three,
    wait_for_bodies,
    write,
)
from tests.servers.processes import Process, answers, free_port
from tests.servers.programs import PYTHON, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.servers.browser import Watch

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# Seconds: the page tries again after 3, 6, 12, 24 and then every 30.
NEXT_TRY = 90


@pytest.mark.takes(seconds=10)
def test_words_typed_around_a_killed_server_are_all_saved(
    page: Page,
    watch: Watch,
    program_environment: Callable[..., dict[str, str]],
    tmp_path: Path,
) -> None:
    watch.expected += ["ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_SOCKET"]
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    command = [PYTHON, "-m", "gunicorn", "newsroom.wsgi", "--bind", f"127.0.0.1:{port}"]
    env = program_environment(SITE_URL=site, WEB_CONCURRENCY="1")

    with ExitStack() as ending:

        def start() -> Process:
            server = Process(command, log=tmp_path / "web.log", env=env, cwd=ROOT)
            ending.callback(server.kill)
            server.wait_until(lambda: answers(port), seconds=60)
            return server

        server = start()
        issue = three()
        log_in(page, site)
        open_issue(page, site, issue)
        write(page, 0, " before")
        expect_status(page, KEPT)

        server.kill()
        write(page, 0, " meanwhile")
        expect(page.locator("[data-unsaved]")).to_contain_text(
            "Not saved: kept in this browser only", timeout=NEXT_TRY * 1000
        )
        assert kept_bodies(issue) == ["<p>One before</p>"]

        start()
        wait_for_bodies(page, issue, ["<p>One before meanwhile</p>"], seconds=NEXT_TRY)
        expect(editor(page, 0)).to_have_text("One before meanwhile")
        save(page)
        assert stored(issue)[0] == ("One", "<p>One before meanwhile</p>")
