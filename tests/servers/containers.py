"""What Dockerfile and docker-compose.yml describe, started without a container engine.

Each container gets namespaces of its own, in which everything but its volumes is read-only, the
user of the image without any rights, the variables of its service and nothing else, and its
command. PostgreSQL and Redis answer under the names and ports of their services. Only the packages
are those of this checkout, because an image gets them from a network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg2
import yaml

from tests.servers.postgres import HOMES, OWNER, PostgresServer
from tests.servers.processes import Process, new_folder
from tests.servers.programs import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
SECONDS = 600.0  # for a machine that is busy
# In the namespaces of a container, as root: make it what the image and its service say, then start
# the command as its user. The base of Python may be in a folder that this user may not enter.
START = """
set -eu
hostname "$HOSTNAME"
mount --make-rprivate /
mount -t tmpfs none /opt
mkdir -p /opt/python /opt/packages /opt/newsroom/bin
mount --bind "$BASE" /opt/python
mount --bind "$PACKAGES" /opt/packages
for program in celery gunicorn; do
    printf '#!/bin/sh\\nexec python -m %s "$@"\\n' "$program" > "/opt/newsroom/bin/$program"
done
{
    echo '#!/bin/sh'
    echo 'export LD_LIBRARY_PATH=/opt/python/lib'
    echo "exec /opt/python/bin/$PYTHON \\"\\$@\\""
} > /opt/newsroom/bin/python
chmod 755 /opt/newsroom/bin/*
mount -t tmpfs none /srv
mkdir /srv/newsroom
mount --bind "$IMAGE/code" /srv/newsroom
mount -t tmpfs none /var/lib
mkdir /var/lib/newsroom
mount --bind "$IMAGE/var" /var/lib/newsroom
mount --bind "$IMAGE/hosts" /etc/hosts
for volume in $VOLUMES; do mount --bind "$IMAGE/volumes/${volume##*/}" "$volume"; done
mount -t tmpfs -o mode=1777 none /tmp  # the folders above may be in it
if [ -n "$READ_ONLY" ]; then
    mount -o remount,bind,ro /var/lib/newsroom
    mount -o remount,bind,ro /srv/newsroom
    mount -o remount,ro /opt
    mount -o remount,bind,ro /
fi
cd /srv/newsroom
user=$USER_ID
unset BASE PACKAGES PYTHON IMAGE VOLUMES READ_ONLY USER_ID
exec setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs \\
    --bounding-set=-all --inh-caps=-all -- "$@"
"""


def instructions(name: str) -> list[str]:
    """Return what follows each of these instructions in the Dockerfile."""
    return re.findall(rf"^\s*{name}\s+(.*)$", DOCKERFILE, re.MULTILINE)


def interpolated(text: object, variables: dict[str, str]) -> str:
    """Return a text of the compose file with the variables that it names."""

    def value(match: re.Match[str]) -> str:
        name, rule, word = match[1], match[2], match[3] or ""
        if name not in variables and rule == "?":
            raise AssertionError(f"{name}: {word}")
        return variables.get(name) or (word if rule == "-" else "")

    found = re.sub(r"(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}", value, str(text))
    return found.replace("$$", "$")


class Machine:
    """A network with PostgreSQL and Redis in it, in which containers are started."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
        self.ending = ExitStack()
        self.folder = new_folder("containers")
        self.ending.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.user = instructions("USER")[-1]
        self._make_image_folders()
        self.network = self._started("network", ["unshare", "--net", "sleep", "3600"])
        own = Path("/proc/self/ns/net").readlink()
        theirs = Path(f"/proc/{self.network.pid}/ns/net")
        self.network.wait_until(lambda: theirs.readlink() != own)
        ip = shutil.which("ip") or "/sbin/ip"
        subprocess.run([*self._inside(), ip, "link", "set", "lo", "up"], check=True, timeout=60)

    def stop(self) -> None:
        self.ending.close()

    def start_servers(self) -> None:
        """Start PostgreSQL and Redis with the names and ports that the variables lead to."""
        server = PostgresServer()
        self.ending.callback(server.stop)
        with closing(psycopg2.connect(server.url())) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE newsroom OWNER {OWNER}")
        server.shut_down()
        postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
        postgres += [str(HOMES[-1] / "postgres"), "-D", str(server.folder / "data"), "-p", "5432"]
        postgres += ["-k", str(server.folder), "-c", "listen_addresses=127.0.0.1"]
        self._started("postgres", [*self._inside(), *postgres])
        redis = ["redis-server", "--bind", "127.0.0.1", "--port", "6379", "--save", ""]
        self._started("redis", [*self._inside(), *redis, "--dir", str(self.folder)])

    def build(self) -> None:
        """Do the last step of the Dockerfile as its user, without half a minute of compression."""
        [step] = [one for one in instructions("RUN") if "collectstatic" in one]
        step = f"mkdir /var/lib/newsroom/static && {step} --dry-run"
        done = self._container("build", ["sh", "-c", step], {}, [], read_only=False)
        assert done.wait(seconds=SECONDS) == 0, done.output

    def start(self, service: str) -> Process:
        """Start the command of a service in a container."""
        facts = COMPOSE["services"][service]
        environment = {
            name: interpolated(value, self.variables)
            for name, value in facts["environment"].items()
            if value is not None
        }
        volumes = [volume.split(":")[1] for volume in facts["volumes"]]
        return self._container(
            service, self.command_of(service), environment, volumes, read_only=facts["read_only"]
        )

    def command_of(self, service: str) -> list[str]:
        """Return the command of a service, or that of the image."""
        given = COMPOSE["services"][service].get("command")
        command: list[str] = given or yaml.safe_load(
            re.findall(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)[0]
        )
        return [interpolated(word, self.variables) for word in command]

    def health_of(self, service: str, process: Process) -> subprocess.CompletedProcess[str]:
        """Run the health check of a service in its container, as an engine does."""
        check = COMPOSE["services"][service].get("healthcheck", {}).get("test")
        if check is None:  # that of the image
            check = yaml.safe_load(re.findall(r"HEALTHCHECK .*CMD (\[.*\])", DOCKERFILE)[0])
            check = ["CMD", *check]
        words = ["sh", "-c", check[1]] if check[0] == "CMD-SHELL" else check[1:]
        return self.run_in(process, [interpolated(word, self.variables) for word in words])

    def run_in(self, process: Process, words: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command beside a program, in its container, with its variables and user."""
        environment = dict(
            line.split("=", 1)
            for line in Path(f"/proc/{process.pid}/environ").read_text().split("\0")
            if "=" in line
        )
        user, group = self.user.split(":")
        namespaces = ["nsenter", f"--target={process.pid}", "--mount", "--net", "--uts", "--wd"]
        rights = ["setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--no-new-privs"]
        return subprocess.run(
            [*namespaces, *rights, "--", *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def _container(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        volumes: list[str],
        *,
        read_only: bool,
    ) -> Process:
        return self._started(
            name,
            [*self._inside(), "unshare", "--mount", "--uts", "sh", "-c", START, name, *command],
            env={
                "PATH": "/opt/newsroom/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                "PYTHONPATH": "/opt/packages",
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONUNBUFFERED": "1",
                "VAR_DIR": "/var/lib/newsroom",
                "HOSTNAME": name,
                "BASE": sys.base_prefix,
                "PYTHON": f"python{sys.version_info[0]}.{sys.version_info[1]}",
                "PACKAGES": str(Path(psycopg2.__file__).parents[1]),
                "IMAGE": str(self.folder),
                "VOLUMES": " ".join(volumes),
                "READ_ONLY": "yes" if read_only else "",
                "USER_ID": self.user,
                **environment,
            },
        )

    def _started(self, name: str, command: list[str], env: dict[str, str] | None = None) -> Process:
        process = Process(command, log=self.folder / f"{name}.log", env=env)
        self.ending.callback(process.kill)
        return process

    def _inside(self) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.network.pid}/ns/net", "--"]

    def _make_image_folders(self) -> None:
        """Copy what the image has, and make the folders of its user."""
        code = self.folder / "code"
        code.mkdir()
        for line in (ROOT / ".dockerignore").read_text().splitlines():
            if line.startswith("!"):
                source, target = ROOT / line[1:], code / line[1:]
                target.parent.mkdir(parents=True, exist_ok=True)
                if source.is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(source, target, ignore=ignored)
                else:
                    shutil.copy(source, target)
        names = " ".join(COMPOSE["services"])
        (self.folder / "hosts").write_text(f"127.0.0.1 localhost {names}\n")
        user, group = map(int, self.user.split(":"))
        folders = [self.folder / "var"]
        for volume in instructions("VOLUME")[0].split():
            folders += [self.folder / "var" / Path(volume).name]
            folders += [self.folder / "volumes" / Path(volume).name]
        for folder in folders:
            folder.mkdir(parents=True)
            os.chown(folder, user, group)
