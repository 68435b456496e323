"""What the log says of requests that are refused: their address, without the token in it."""

from __future__ import annotations

from logging import Filter, LogRecord


class WithoutTokens(Filter):
    """Replaces the token in the address: whoever reads a log cannot open a reader's link.

    That of an answer to confirm has the reader's address in it, too.
    """

    def filter(self, record: LogRecord) -> bool:
        """Keep every line."""
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        token = str(match.kwargs.get("token", "")) if match else ""
        if token and isinstance(record.args, tuple):
            record.args = tuple(str(arg).replace(token, "…") for arg in record.args)
        return True
