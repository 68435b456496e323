"""The container set-up, as far as it can be tested without running containers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsroom.celery import app
from tests.variables import variables_read

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)


def steps(instruction: str) -> list[str]:
    """Return what follows each of these instructions in the Dockerfile."""
    return re.findall(rf"^\s*{instruction}\s+(.*)$", DOCKERFILE, re.MULTILINE)


def test_every_service_of_a_newsroom_is_there() -> None:
    assert set(SERVICES) - set(OURS) == {"postgres", "redis", "mail"}
    assert OURS == ["backup", "beat", "migrate", "sender", "web", "worker"]


def test_each_queue_has_its_own_worker() -> None:
    commands = [
        SERVICES[name]["command"] for name in OURS if "worker" in SERVICES[name].get("command", [])
    ]
    queues = [command[command.index("--queues") + 1] for command in commands]
    assert sorted(queues) == sorted(queue.name for queue in app.conf.task_queues)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_passed_is_one_that_settings_read(name: str) -> None:
    unknown = set(SERVICES[name]["environment"]) - variables_read()
    assert unknown == set()


def test_every_variable_that_settings_read_can_be_passed() -> None:
    # The image sets VAR_DIR, and development mode is not for a public container.
    assert variables_read() - set(SERVICES["web"]["environment"]) == {"DEBUG", "VAR_DIR"}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_agree_about_everything_that_settings_read(name: str) -> None:
    assert SERVICES[name]["environment"] == SERVICES["web"]["environment"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_image_is_pinned(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        [base] = re.findall(r"^ARG PYTHON_IMAGE=(.*)$", DOCKERFILE, re.MULTILINE)
        assert re.fullmatch(r"python:3\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", base)
        assert {step.split()[0] for step in steps("FROM")} == {"${PYTHON_IMAGE}"}
    else:
        assert re.search(r":v?\d+\.\d+\.?\d*(-\w+)?$", service["image"])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_long_running_service_has_a_health_check(name: str) -> None:
    service = SERVICES[name]
    check = service.get("healthcheck", {})
    if service["restart"] == "no":
        assert check == {"disable": True}
    elif name == "web":
        [command] = re.findall(r"HEALTHCHECK .*CMD (\[.*\])", DOCKERFILE)
        assert "/healthz" in command
    else:
        assert check["test"][0] in {"CMD", "CMD-SHELL"}


def test_the_health_check_of_the_image_is_valid_python() -> None:
    [command] = re.findall(r"HEALTHCHECK .*CMD (\[.*\])", DOCKERFILE)
    interpreter, flag, program = yaml.safe_load(command)
    assert (interpreter, flag) == ("python", "-c")
    compile(program, "HEALTHCHECK", "exec")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nothing_runs_as_root(name: str) -> None:
    service = SERVICES[name]
    user = str(service["user"] if "build" not in service else steps("USER")[-1])
    assert user.split(":", maxsplit=1)[0] not in {"root", "0", ""}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", OURS)
def test_our_containers_write_to_their_volumes_only(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert [one.split(":")[0] for one in service["tmpfs"]] == ["/tmp"]  # noqa: S108
    written = {volume.split(":")[1] for volume in service["volumes"]}
    assert written == set(steps("VOLUME")[0].split())


def test_what_runs_has_no_tools_to_build() -> None:
    last = DOCKERFILE.rsplit("FROM ", 1)[1]
    assert "pip uninstall" in last
    assert not re.search(r"\b(gcc|build-essential|pip (--python \S+ )?install)\b", last)
    assert "--only-binary :all:" in DOCKERFILE


def test_packages_are_checked_by_hash() -> None:
    [install] = [step for step in steps("RUN") if "requirements.lock" in step]
    assert "--require-hashes -r requirements.lock" in install


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_are_published_to_this_machine_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_waits_only_for_services_that_can_become_ready(name: str) -> None:
    for other, terms in SERVICES[name].get("depends_on", {}).items():
        if terms["condition"] == "service_completed_successfully":
            assert SERVICES[other]["restart"] == "no"
        else:
            assert terms["condition"] == "service_healthy"
            assert SERVICES[other]["healthcheck"]["test"]


def test_every_named_volume_is_declared() -> None:
    named = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    }
    assert named == set(COMPOSE["volumes"])


def test_the_image_copies_every_folder_that_the_code_needs() -> None:
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for needed in ("manage.py", "newsroom", "briefings", "subscribers", "templates", "static"):
        assert f"!{needed}" in allowed
    assert allowed[1] == "*", "everything that is not named stays out"


def test_compose_has_no_password_of_its_own() -> None:
    """Whoever forgets one is told so, before anything starts."""
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = re.findall(r"\$\{(\w*(?:KEY|PASSWORD|SECRET|TOKEN)\w*)(.?.?)", text)
    assert {name for name, _ in secrets} >= {"SECRET_KEY", "POSTGRES_PASSWORD"}
    assert {then for _, then in secrets} == {":?"}
    for address in re.findall(
        r"\w+://[^\s/]*:([^\s/@]*)@", text.replace("${", "").replace("}", "")
    ):
        assert ":?" in address
    assert re.findall(r"(?i)password[\"']?\s*[:=]\s*[\"']?(?!\$)\w+", text) == []
