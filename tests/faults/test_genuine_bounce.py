"""A genuine report of a genuine mail server, from its pipe to the suppressions."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from newsroom.mail_servers import parse_mail_servers
from subscribers.models import BounceEvent, Delivery, DeliveryState, Suppression
from subscribers.sending import dispatches
from subscribers.sending.send_run import send_ready
from tests.factories import make_briefing, make_dispatch, make_reader
from tests.servers.postfix import PostfixServer
from tests.servers.processes import wait_until
from tests.servers.programs import PYTHON, ROOT

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="Postfix starts as root only"),
]


# Postfix starts no command as root, and no other user may enter the folder that Python may live in.
# So the command gives its input to the test, which runs process_report on it, and exits as it did.
TO_TEST = """
cat > {folder}/in.part && echo "$1" > {folder}/recipient && mv {folder}/in.part {folder}/in
while [ ! -e {folder}/code ]; do sleep 0.05; done
exit "$(cat {folder}/code)"
"""


@pytest.fixture
def exchange() -> Iterator[Path]:
    """Return a folder that Postfix's user may write to."""
    folder = Path(tempfile.mkdtemp(prefix="newsroom-report-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def postfix(exchange: Path) -> Iterator[PostfixServer]:
    server = PostfixServer(pipe=TO_TEST.format(folder=exchange))
    server.start()
    yield server
    server.stop()


def test_an_unknown_user_s_genuine_report_suppresses_the_subscriber(
    postfix: PostfixServer,
    exchange: Path,
    program_environment: Callable[..., dict[str, str]],
    settings: Any,
) -> None:
    settings.MAIL_SERVERS = parse_mail_servers(postfix.url)
    briefing = make_briefing()
    make_reader(of=briefing, email="ivy@ward.example")
    dispatch = make_dispatch(briefing=briefing)
    dispatches.start(dispatch, at=timezone.now())
    assert send_ready(dispatch) == 1
    wait_until((exchange / "in").exists, seconds=15, what=f"the report\n{postfix.log}")

    recipient = (exchange / "recipient").read_text().strip()
    command = [PYTHON, "manage.py", "process_report", "--recipient", recipient]
    with (exchange / "in").open("rb") as report:
        ended = subprocess.run(
            command, stdin=report, env=program_environment(), cwd=ROOT, timeout=60, check=False
        )
    (exchange / "code").write_text(str(ended.returncode))
    wait_until(lambda: "delivered via report service" in postfix.log, seconds=15, what="its end")

    event = BounceEvent.objects.get()
    assert (event.classification, event.status, event.provider) == ("hard", "5.1.1", "pipe")
    assert Suppression.objects.at_address("ivy@ward.example").exists()
    assert Delivery.objects.get().state == DeliveryState.BOUNCED
