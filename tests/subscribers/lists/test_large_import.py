"""An import of a hundred thousand rows: memory stays flat, and the counts add up."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from subscribers.models import ConsentRecord, Subscriber, Subscription
from tests.factories import make_briefing
from tests.servers.programs import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROWS = 100_000
# Runs the command given to it and prints its peak memory in kilobytes.
WATCHED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def test_a_hundred_thousand_rows_are_imported_with_flat_memory(
    program_environment: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    make_briefing(slug="ward")
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    write_list(large, ROWS)
    write_list(small, 20)
    env = program_environment()
    _, little = import_watched(small, env)
    result, much = import_watched(large, env)
    assert much < little + 60_000, "kilobytes"
    assert much < 200_000
    # Every tenth row repeats the one before, every hundredth has no address; twenty exist already.
    assert result["rows"] == ROWS
    assert result["refused"] == ROWS // 100
    assert result["repeated"] == ROWS // 10 - ROWS // 100
    assert result["already_there"] == 18
    joined = result["new"] + result["already_there"]
    assert sum(result[one] for one in ("new", "already_there", "repeated", "refused")) == ROWS
    for model in (Subscriber, Subscription, ConsentRecord):
        assert model.objects.count() == joined
    assert Subscriber.objects.values("token").distinct().count() == joined


def write_list(file: Path, rows: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write("email,name,consent_date,source,wording\n")
        for number in range(rows):
            named = number - (number % 10 == 9)
            address = "nowhere" if number % 100 == 99 else f"r{named}@mail.example"
            out.write(f"{address},Reader {number},2024-05-01 10:00:00,/ward/,Please email me.\n")


def import_watched(file: Path, env: dict[str, str]) -> tuple[dict[str, int], int]:
    """Import in a separate process; return its JSON and its peak memory in kilobytes."""
    command = [sys.executable, "manage.py", "import_subscribers", str(file)]
    words = [*command, "--briefing", "ward", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    peak = re.search(r"peak (\d+)", done.stderr)
    assert peak
    return json.loads(done.stdout), int(peak[1])
