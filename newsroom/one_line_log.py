"""How a line of the log is written."""

from __future__ import annotations

import re
from logging import Formatter, LogRecord

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class OneLineFormatter(Formatter):
    """Keeps a message on its line: what somebody sends can neither add a line nor hide one."""

    def formatMessage(self, record: LogRecord) -> str:  # noqa: N802  (its name is logging's)
        record.message = _BREAKS.sub(_escaped, record.message)
        return super().formatMessage(record)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
