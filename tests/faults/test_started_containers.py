"""The containers of docker-compose.yml start, answer their health checks and stop in time."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.servers.containers import COMPOSE, SECONDS, Machine
from tests.servers.processes import Process

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.takes(seconds=40),
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("unshare"),
        reason="namespaces need root and util-linux",
    ),
]
VARIABLES = {"SECRET_KEY": "0123456789" * 5, "POSTGRES_PASSWORD": "not-asked-for-on-loopback"}
RUNNING = ("web", "worker", "sender", "beat")


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = Machine(VARIABLES)
    yield machine
    machine.stop()


def test_containers_start_are_healthy_and_stop(machine: Machine) -> None:
    machine.start_servers()
    machine.build()
    migrate = machine.start("migrate")
    assert migrate.wait(seconds=SECONDS) == 0, migrate.output
    started = {name: machine.start(name) for name in RUNNING}

    def is_healthy(name: str, process: Process) -> bool:
        return machine.health_of(name, process).returncode == 0

    for name in ("web", "worker", "sender"):
        process = started[name]
        process.wait_until(lambda: is_healthy(name, process), seconds=SECONDS, what=name)  # noqa: B023
    ready = (
        "from urllib.request import *;"
        "print(urlopen(Request('http://127.0.0.1:8000/readyz', headers={'Host': 'localhost:8000'}),"
        " timeout=30).read().decode())"
    )
    web = started["web"]
    web.wait_until(
        lambda: '"ready": true' in machine.run_in(web, ["python", "-c", ready]).stdout,
        seconds=SECONDS,
        what="/readyz",
    )
    for name, process in started.items():
        places = ["/srv/newsroom", "/var/lib/newsroom", "/var/lib/newsroom/static", "/etc", "/opt"]
        for place in places:
            assert machine.run_in(process, ["touch", f"{place}/mark"]).returncode, (name, place)
        volumes = [one.split(":")[1] for one in COMPOSE["services"][name]["volumes"]]
        for place in (*volumes, "/tmp"):  # noqa: S108
            assert not machine.run_in(process, ["touch", f"{place}/mark"]).returncode, (name, place)
        capabilities = machine.run_in(process, ["cat", f"/proc/{process.pid}/status"]).stdout
        rights = re.findall(r"^Cap(?:Prm|Eff|Bnd):\s+(\w+)$", capabilities, re.MULTILINE)
        assert set(rights) == {"0" * 16}

    backup = machine.start("backup")
    assert backup.wait(seconds=SECONDS) == 0, backup.output

    # Beat saves its schedule when it stops, at the latest: the file of its health check.
    for process in started.values():
        process.send(signal.SIGTERM)
    for name, process in started.items():
        grace = COMPOSE["services"][name].get("stop_grace_period", "10s").removesuffix("s")
        assert process.wait(seconds=SECONDS) == 0, process.output_tail()
        assert int(grace) > 10 or name in {"web", "beat"}
