"""Logging in to a mail server (RFC 4954), in the way that it offers.

Issue emails and transactional emails use different SMTP clients, and both log in here: `log_in`
yields the lines to send, and is sent the replies.
"""

from __future__ import annotations

import hmac
import shlex
import subprocess
import time
from base64 import b64decode, b64encode
from collections.abc import Collection, Generator, Iterable
from threading import Lock
from typing import NamedTuple

from newsroom.connection_errors import failure_reason
from newsroom.invisible_characters import is_printable
from newsroom.mail_servers import MailServer, TlsMode

# The ways that we know, the first that a server offers is used. XOAUTH2 takes a token instead.
BY_PASSWORD = ("PLAIN", "LOGIN", "CRAM-MD5")
BY_TOKEN = ("XOAUTH2",)
# Replies that refuse the way to log in, and not the user name and password (RFC 4954, section 6).
OTHER_WAY = {504, 534}
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
TOKEN_COMMAND_SECONDS = 30
# Several connections log in at once, and tokens are good for much longer.
KEEP_TOKEN_SECONDS = 60.0

Lines = Generator[str, tuple[int, str], None]


class LoginRefused(Exception):
    """We cannot log in; `temporary` tells whether it may work later without anybody's help."""

    def __init__(self, reason: str, *, temporary: bool = False) -> None:
        super().__init__(reason)
        self.temporary = temporary


def offered_ways(extensions: Iterable[str]) -> list[str]:
    """Return the ways to log in that a server names in its reply to EHLO.

    Old servers write `AUTH=` instead of `AUTH `.
    """
    found: list[str] = []
    for line in extensions:
        keyword, *ways = line.upper().replace("AUTH=", "AUTH ", 1).split() or [""]
        if keyword == "AUTH":
            found += [way for way in ways if way not in found]
    return found


def log_in(server: MailServer, offered: Collection[str], secret: str) -> Lines:
    """Yield the lines that log in to a server, and take its replies: code and text.

    `secret` is the password or the token. Raises LoginRefused.
    """
    if server.tls is TlsMode.NONE and server.host not in LOCAL_HOSTS:
        raise LoginRefused(
            f"We do not send a password to {server.host} without TLS:"
            " add ?tls=starttls to EMAIL_URL"
        )
    known = BY_TOKEN if server.token_command else BY_PASSWORD
    usable = [way for way in known if way in offered]
    if not usable:
        offers = f"offers only {', '.join(offered)}" if offered else "offers no way to log in"
        raise LoginRefused(f"{server.name} {offers}; with EMAIL_URL we need {' or '.join(known)}")
    code, text = 0, ""
    for way in usable:
        code, text = yield from _exchange(way, server.username, secret)
        if 200 <= code < 300:
            return
        if code not in OTHER_WAY:
            break
    if server.token_command:
        forget_token(server.token_command)
    credentials = "user name or token" if server.token_command else "user name or password"
    raise LoginRefused(
        f"{server.host} refused our {credentials}: {code} {text}", temporary=400 <= code < 500
    )


def _exchange(way: str, user: str, secret: str) -> Generator[str, tuple[int, str], tuple[int, str]]:
    """Yield the lines of one way to log in; return the last reply."""
    match way:
        case "PLAIN":  # RFC 4616
            credentials = f"\0{user}\0{secret}"
            reply = yield f"AUTH PLAIN {_encode(credentials)}"
        case "LOGIN":  # draft-murchison-sasl-login: it asks for the user name, then the password
            reply = yield "AUTH LOGIN"
            for answer in (user, secret):
                if reply[0] == 334:
                    reply = yield _encode(answer)
        case "CRAM-MD5":  # RFC 2195
            reply = yield "AUTH CRAM-MD5"
            if reply[0] == 334:
                proof = hmac.new(secret.encode(), _decode(reply[1]), "md5").hexdigest()
                reply = yield _encode(f"{user} {proof}")
        case _:  # XOAUTH2; if it refuses, it first sends the reason and waits for an empty line
            credentials = f"user={user}\1auth=Bearer {secret}\1\1"
            reply = yield f"AUTH XOAUTH2 {_encode(credentials)}"
            if reply[0] == 334:
                reason = _decode(reply[1]).decode(errors="replace")
                code, text = yield ""
                reply = code, f"{text} {reason}"
    if reply[0] == 334:  # it asks for more than this way has; "*" ends it (RFC 4954, section 4)
        reply = yield "*"
    return reply


def _encode(text: str) -> str:
    return b64encode(text.encode()).decode()


def _decode(text: str) -> bytes:
    try:
        return b64decode(text)
    except ValueError:
        return b""


def login_secret(server: MailServer) -> str:
    """Return the password of a server, or a token from its command. Raises LoginRefused."""
    return access_token(server.token_command) if server.token_command else server.password


class _Token(NamedTuple):
    token: str
    until: float  # by time.monotonic()


_tokens: dict[str, _Token] = {}
_asking = Lock()


def access_token(command: str) -> str:
    """Return what a command prints, at most a minute old. Raises LoginRefused."""
    with _asking:
        kept = _tokens.get(command)
        if kept is None or kept.until < time.monotonic():
            kept = _Token(_run(command), time.monotonic() + KEEP_TOKEN_SECONDS)
            _tokens[command] = kept
        return kept.token


def forget_token(command: str) -> None:
    """Ask the command again the next time, because a server refused what it printed."""
    _tokens.pop(command, None)


def _run(command: str) -> str:
    try:
        done = subprocess.run(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TOKEN_COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LoginRefused(
            f"The token_command of EMAIL_URL did not end within {TOKEN_COMMAND_SECONDS} s",
            temporary=True,
        ) from None
    except (OSError, ValueError) as failure:
        raise LoginRefused(
            f"The token_command of EMAIL_URL cannot be run: {failure_reason(failure)}"
        ) from failure
    token = done.stdout.strip()
    if done.returncode or not token:
        said = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise LoginRefused(
            f"The token_command of EMAIL_URL failed ({done.returncode}): {said}", temporary=True
        )
    if not is_printable(token) or " " in token:
        raise LoginRefused("The token_command of EMAIL_URL has to print a token and nothing else")
    return token
