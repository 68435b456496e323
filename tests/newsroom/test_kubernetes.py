"""The manifests for Kubernetes, as far as they can be tested without a cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.urls import resolve

from newsroom.celery import app
from newsroom.version import VERSION
from tests.newsroom.test_compose import DOCKERFILE, SERVICES
from tests.variables import variables_read

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ops" / "kubernetes"
OBJECTS: list[dict[str, Any]] = [
    found
    for file in sorted(FOLDER.glob("*.yaml"))
    for found in yaml.safe_load_all(file.read_text())
]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in OBJECTS if one["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    """Return the template of each pod by the part that it is."""
    templates = [one["spec"]["template"] for one in OBJECTS if one["kind"] in {"Deployment", "Job"}]
    templates += [
        one["spec"]["jobTemplate"]["spec"]["template"] for one in of_kind("CronJob").values()
    ]
    return {one["metadata"]["labels"]["part"]: one for one in templates}


PODS = pods()
CONTAINERS = {part: pod["spec"]["containers"][0] for part, pod in PODS.items()}
parts = pytest.mark.parametrize("part", sorted(PODS))


def test_every_part_of_a_newsroom_is_there_once() -> None:
    assert sorted(PODS) == ["backup", "beat", "migrate", "sender", "web", "worker"]
    names = [(one["kind"], one["metadata"]["name"]) for one in OBJECTS]
    assert len(names) == len(set(names))


@parts
def test_a_part_runs_the_command_of_the_same_part_of_the_compose_file(part: str) -> None:
    """Options may differ: how many processes, and the name of a worker."""
    command = CONTAINERS[part]["command"]
    [of_the_image] = re.findall(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)
    theirs = SERVICES[part].get("command") or yaml.safe_load(of_the_image)
    own = {"--hostname": f"{part}@%h", "--concurrency": None}
    left = list(command)
    for option, value in own.items():
        if option in left and option not in theirs:
            place = left.index(option)
            assert value is None or left[place + 1] == value
            del left[place : place + 2]
    assert left == theirs


def test_each_queue_has_its_own_workers() -> None:
    commands = [one["command"] for one in CONTAINERS.values() if "worker" in one["command"]]
    queues = [command[command.index("--queues") + 1] for command in commands]
    assert sorted(queues) == sorted(queue.name for queue in app.conf.task_queues)


@parts
def test_management_commands_exist(part: str) -> None:
    command = CONTAINERS[part]["command"]
    if "manage.py" in command:
        assert command[command.index("manage.py") + 1] in get_commands()


def test_the_variables_are_those_that_settings_read() -> None:
    [config], [secret] = of_kind("ConfigMap").values(), of_kind("Secret").values()
    given = {**config["data"], **secret["stringData"]}
    assert given.keys() - variables_read() == set()
    assert all(isinstance(value, str) for value in given.values())
    needed = {"SECRET_KEY", "SITE_URL", "EMAIL_URL", "DATABASE_URL", "REDIS_URL"}
    assert needed <= given.keys()
    assert not secret["stringData"]["SECRET_KEY"], "an example that starts would be used"


@parts
def test_names_lead_to_what_is_there(part: str) -> None:
    container, spec = CONTAINERS[part], PODS[part]["spec"]
    kinds = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
    for source in container["envFrom"]:
        [(reference, named)] = source.items()
        assert named["name"] in of_kind(kinds[reference])
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes.keys()
    for volume in volumes.values():
        if claim := volume.get("persistentVolumeClaim"):
            assert claim["claimName"] in of_kind("PersistentVolumeClaim")
    assert container["image"].endswith(f"/newsroom:{VERSION}")


def test_selectors_find_their_pods() -> None:
    labels = {part: pod["metadata"]["labels"] for part, pod in PODS.items()}
    for deployment in of_kind("Deployment").values():
        selected = deployment["spec"]["selector"]["matchLabels"]
        assert selected == deployment["spec"]["template"]["metadata"]["labels"]
    [service] = of_kind("Service").values()
    assert service["spec"]["selector"] == labels["web"]
    [port] = service["spec"]["ports"]
    assert port["targetPort"] in {one["name"] for one in CONTAINERS["web"]["ports"]}


def test_only_web_is_kept_from_being_emptied_at_once() -> None:
    [rule] = of_kind("PodDisruptionBudget").values()
    web = of_kind("Deployment")["newsroom-web"]["spec"]
    assert rule["spec"]["selector"]["matchLabels"] == PODS["web"]["metadata"]["labels"]
    assert rule["spec"]["minAvailable"] < web["replicas"]


def test_there_is_never_a_second_beat() -> None:
    beat = of_kind("Deployment")["newsroom-beat"]["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_the_probes_of_web_ask_a_page_that_exists_by_a_name_that_is_answered() -> None:
    web = CONTAINERS["web"]
    [config] = of_kind("ConfigMap").values()
    bound = web["command"][web["command"].index("--bind") + 1]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        request = web[probe]["httpGet"]
        assert resolve(request["path"]).url_name == "healthz"
        assert request["port"] in {one["name"] for one in web["ports"]}
        [header] = request["httpHeaders"]
        assert config["data"]["SITE_URL"] == f"https://{header['value']}"
    assert bound == f"0.0.0.0:{web['ports'][0]['containerPort']}"


@pytest.mark.parametrize("part", ["worker", "sender"])
def test_the_probe_of_a_worker_asks_that_worker(part: str) -> None:
    container = CONTAINERS[part]
    name = container["command"][container["command"].index("--hostname") + 1]
    for probe in ("startupProbe", "livenessProbe"):
        [shell, flag, script] = container[probe]["exec"]["command"]
        assert (shell, flag) == ("sh", "-c")
        assert f"--destination {name.replace('%h', '$HOSTNAME')}" in script


def test_the_probe_of_beat_looks_at_the_file_that_beat_writes() -> None:
    container = CONTAINERS["beat"]
    schedule = Path(container["command"][container["command"].index("--schedule") + 1])
    script = container["livenessProbe"]["exec"]["command"][-1]
    assert f"find {schedule.parent} " in script
    assert f"'{schedule.name}*'" in script


@parts
def test_nothing_runs_as_root_or_writes_outside_its_volumes(part: str) -> None:
    spec, container = PODS[part]["spec"], CONTAINERS[part]
    [user] = re.findall(r"^USER (\d+):(\d+)", DOCKERFILE, re.MULTILINE)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["fsGroup"]) == tuple(
        map(int, user)
    )
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is False
    assert container["resources"]["limits"]["memory"]
    written = {mount["mountPath"] for mount in container["volumeMounts"]}
    declared = set(re.findall(r"/var/lib/newsroom/\w+", re.findall("VOLUME .*", DOCKERFILE)[0]))
    backups = {"/var/lib/newsroom/backups"} if part != "backup" else set()
    assert written == {"/tmp"} | declared - backups  # noqa: S108


def test_the_version_is_that_of_the_package() -> None:
    [version] = re.findall(
        r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    assert version == VERSION
