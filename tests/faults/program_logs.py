"""What programs logged that a fault does not explain."""

from __future__ import annotations

import re
from collections.abc import Iterator

# The tests cut connections to the database, the broker and the mail server, and kill processes.
EXPLAINED = re.compile(
    r"(?:[\w.]+\.)?(?:OperationalError|InterfaceError|AdminShutdown|CannotConnectNow|ConnectionError"
    r"|ConnectionResetError|ConnectionRefusedError|BrokenPipeError|TimeoutError|CancelledError"
    r"|ConnectionLost|NotSmtp|ServerUnreachable|BusyLoadingError|SSL SYSCALL error"
    r"|IdleInTransactionSessionTimeout|EOFError|WorkerLostError|ExceptionWithTraceback)\b"
    r"|celery\.beat\.SchedulingError: .*[Cc]onnect"
)
# A frame of the project: libraries have errors of their own when their broker goes away.
OWN_FRAME = re.compile(r'File "(?!<)(?!.*(?:site-packages|/lib/python))')
LOGGING_ERROR = "--- Logging error ---"
TRACEBACK = "Traceback (most recent call last):"


def unexplained(output: str) -> Iterator[str]:
    """Yield the last line of each traceback of the project that no cut connection or kill explains.

    Errors in logging itself are never explained by a fault.
    """
    if LOGGING_ERROR in output:
        yield output[output.index(LOGGING_ERROR) :][:3000]
    for traceback in output.split(TRACEBACK)[1:]:
        failure = next(
            (line for line in traceback.splitlines()[1:] if not line.startswith(" ")), ""
        )
        if failure and OWN_FRAME.search(traceback) and not EXPLAINED.match(failure):
            yield failure
