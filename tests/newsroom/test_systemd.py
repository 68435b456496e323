"""The systemd units start the same programs as the compose file, with their rights limited."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.newsroom.test_compose import DOCKERFILE, SERVICES
from tests.variables import variables_read

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ops" / "systemd"
UNITS = sorted(FOLDER.glob("newsroom-*.service"))
BIN = "/srv/newsroom/.venv/bin/"
LIMITS = (
    "CapabilityBoundingSet=",
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "ProtectHome=yes",
    "ProtectSystem=strict",
    "User=newsroom",
    "UMask=0077",
)

units = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)


def lines_of(unit: Path) -> list[str]:
    return unit.read_text().splitlines()


def value_of(unit: Path, name: str) -> str:
    [value] = re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)
    return str(value)


@units
def test_a_unit_runs_the_command_of_the_compose_file(unit: Path) -> None:
    """Options may differ: how many processes, the name of a worker, addresses and files."""
    part = unit.stem.removeprefix("newsroom-")
    words = shlex.split(value_of(unit, "ExecStart").replace("%%", "%").removeprefix(BIN))
    [of_the_image] = re.findall(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)
    theirs = SERVICES[part].get("command") or yaml.safe_load(of_the_image)
    for option in ("--hostname", "--concurrency", "--bind", "--schedule"):
        for command in (words, theirs := list(theirs)):
            if option in command:
                place = command.index(option)
                del command[place : place + 2]
    assert words == theirs


@units
def test_a_unit_has_no_rights_that_it_does_not_need(unit: Path) -> None:
    assert set(LIMITS) - set(lines_of(unit)) == set()
    set_here = dict(word.split("=") for word in value_of(unit, "Environment").split())
    known = variables_read() | {"PYTHONDONTWRITEBYTECODE", "VAR_DIR"}
    assert set_here.keys() - known == set()
    folders = {f"/var/lib/{name}" for name in value_of(unit, "StateDirectory").split()}
    assert {value for name, value in set_here.items() if name.endswith("_DIR")} == folders


@units
def test_a_unit_starts_again_and_stops_in_time(unit: Path) -> None:
    text = unit.read_text()
    if "Type=oneshot" in text:
        return
    assert "Restart=always" in text
    assert int(value_of(unit, "TimeoutStopSec")) > 10
    # Otherwise systemd would end the processes of a worker in the middle of an email.
    assert value_of(unit, "KillMode") == "mixed"


def test_the_target_starts_everything_that_runs() -> None:
    wanted = value_of(FOLDER / "newsroom.target", "Wants").split()
    running = [unit.name for unit in UNITS if "Type=oneshot" not in unit.read_text()]
    assert sorted(wanted) == running


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """The programs that they start are at other places here, and so is the user."""
    for file in FOLDER.iterdir():
        text = file.read_text().replace(BIN + "python", "/bin/true")
        text = re.sub(rf"{BIN}\w+", "/bin/true", text)
        text = re.sub(r"^(User|Group)=.*$", r"\1=daemon", text, flags=re.MULTILINE)
        (tmp_path / file.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    about_ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert about_ours == []
    assert done.returncode == 0, done.stderr
