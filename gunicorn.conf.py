"""Settings of the web server, which gunicorn reads when it is started in this folder.

Options of the command line win: `gunicorn newsroom.wsgi --bind 0.0.0.0:8000`. docs/operations.md
says what these limits protect, and what only a proxy can do.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from environs import Env, EnvError

from newsroom.request_log import WithoutTokens

try:
    BEHIND_PROXY: bool = Env().bool("BEHIND_PROXY", False) or bool(Env().str("TRUSTED_PROXIES", ""))
except EnvError:  # our settings stop the start, with a message
    BEHIND_PROXY = False
# Seconds that a body may take, and the rate at which a larger one must arrive.
BODY_SECONDS = 10.0
BODY_BYTES_A_SECOND = 50_000

bind = "127.0.0.1:8000"
# Each thread may hold a connection to the database; PostgreSQL allows 100 by default.
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 8
timeout = 60
graceful_timeout = 30
# A kept connection stays with one worker, so one may have all of a proxy's while the other is idle:
# that halves the rate. Behind a proxy, each request has a connection of its own, which goes to a
# worker that is free. Browsers are further away than a proxy, and keep theirs.
keepalive = 0 if BEHIND_PROXY else 5
# A worker writes its sign of life to a file; on a busy disk, a healthy one would be killed.
MEMORY = Path("/dev/shm")  # noqa: S108  (gunicorn makes a file of its own in it)
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
control_socket_disable = True
limit_request_line = 4094  # bytes, as the next but one
limit_request_fields = 100
limit_request_field_size = 8190
# Newsroom itself decides whose X-Forwarded-Proto it believes: TRUSTED_PROXIES.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
# For `--access-logfile`: no address of a page, because it may have a reader's token in it, and no
# IP address. The log of the proxy has more (ops/).
access_log_format = "%(t)s %(m)s %(s)s %(B)s bytes %(M)s ms"


def post_worker_init(worker: Any) -> None:
    """Let the demo prepare its database before anybody sees a page; connections wait meanwhile."""
    begins_with = os.environ.get("WEB_BEGINS_WITH")
    while begins_with and worker.alive and not Path(begins_with).exists():
        worker.notify()  # or it would be taken for one that hangs
        time.sleep(0.05)


def pre_request(worker: Any, req: Any) -> None:
    """Limit the time in which a body has to arrive; reading it later raises TimeoutError.

    What has arrived counts, not the length that the request declares. A thread that reads a body is
    taken until then. Headers come before this, without a limit.
    """
    unreader = req.unreader
    connection = getattr(unreader, "sock", None)
    if not isinstance(connection, socket.socket):
        return
    deadline = time.monotonic() + BODY_SECONDS
    chunk = unreader.chunk

    def chunk_in_time(*args: Any, **kwargs: Any) -> bytes:
        nonlocal deadline
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            piece: bytes = chunk(*args, **kwargs)
        finally:
            connection.settimeout(None)
        deadline += len(piece) / BODY_BYTES_A_SECOND
        return piece

    unreader.chunk = chunk_in_time


def post_request(worker: Any, req: Any, environ: Any, resp: Any) -> None:
    """Let the next request on a kept connection wait as long as `keepalive` says."""
    vars(req.unreader).pop("chunk", None)


def on_starting(server: Any) -> None:
    """Stop with one message, before any worker starts, if a setting is wrong."""
    import_module("newsroom.settings")
    logging.getLogger("gunicorn.error").addFilter(WithoutTokens())  # it names addresses, too
