"""The mail server with TLS and a password, as `EMAIL_URL` can ask for."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import ssl
import subprocess
from collections.abc import Generator
from pathlib import Path

from tests.servers.smtp_receiver import Conversation
from tests.servers.smtp_rules import RuleBook
from tests.servers.smtp_store import Store


def make_certificate(folder: Path) -> Path:
    """Create a key and a certificate for 127.0.0.1 in one file that a client can trust."""
    path = folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", path),
        ],
        check=True,
        capture_output=True,
    )
    both = path.read_text()
    if "PRIVATE KEY" not in both:  # some versions write one file over the other
        raise RuntimeError("openssl wrote no key beside the certificate")
    return path


# Yields challenges, is sent lines, and returns whether the client may come in.
Login = Generator[str, str, bool]


def decode(line: str) -> str:
    return base64.b64decode(line, validate=True).decode()


class GuardedConversation(Conversation):
    """A connection that accepts nothing before STARTTLS and AUTH, if they are required."""

    def __init__(
        self,
        store: Store,
        rules: RuleBook,
        extensions: list[str],
        *,
        starttls: ssl.SSLContext | None,
        account: str,  # `name:password` or `name:token`, or nothing
        mechanisms: list[str],
    ) -> None:
        super().__init__(store, rules, extensions)
        self.starttls, self.account = starttls, account
        self.mechanisms = mechanisms
        self.known = not account
        self.login: Login | None = None

    def offered(self) -> list[str]:
        if self.starttls is not None:
            return [*self.extensions, "STARTTLS"]
        if not self.mechanisms:
            return self.extensions
        return [*self.extensions, f"AUTH {' '.join(self.mechanisms)}"]

    def do_starttls(self, text: str) -> None:
        if self.starttls is None or not self.greeted:
            self.violate(f"out of order: {text!r}", "503 5.5.1 not now")
            return
        if self.buffer:  # RFC 3207, section 6: what came before TLS must not count after it
            self.violate("something sent before STARTTLS was answered", "503 5.5.1 wait")
            self.transport.close()
            return
        self.say("220 2.0.0 go ahead")
        self.waiting = True
        self.task = asyncio.get_running_loop().create_task(self.protect(self.starttls))

    async def protect(self, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(self.transport, self, context, server_side=True)
        except OSError:  # the client does not trust us
            self.transport.abort()
            return
        assert transport is not None
        self.transport = transport
        self.starttls = None
        self.greeted = self.waiting = False
        self.forget()
        self.go_on()

    def do_auth(self, text: str) -> None:
        if self.starttls is not None or not self.greeted or self.known:
            self.violate(f"out of order: {text[:10]!r}", "503 5.5.1 not now")
            return
        mechanism, _, first = text.removeprefix("AUTH ").partition(" ")
        if mechanism not in self.mechanisms:
            self.violate(f"not offered: {mechanism!r}", "504 5.5.4 not offered")
            return
        self.login = {
            "PLAIN": self.login_plain,
            "LOGIN": self.login_login,
            "CRAM-MD5": self.login_cram_md5,
            "XOAUTH2": self.login_xoauth2,
        }[mechanism](first)
        self.go_on_logging_in(None)

    def take_command(self) -> bool:
        if self.login is None:
            return super().take_command()
        line, found, self.buffer[:] = self.buffer.partition(b"\r\n")
        if not found:
            self.buffer[:] = line
            return False
        self.go_on_logging_in(line.decode())
        return True

    def go_on_logging_in(self, line: str | None) -> None:
        assert self.login is not None
        try:
            challenge = next(self.login) if line is None else self.login.send(line)
        except StopIteration as end:
            self.login, self.known = None, end.value
            self.say("235 2.7.0 welcome" if self.known else "535 5.7.8 wrong name or password")
        except (ValueError, binascii.Error):
            self.login = None
            self.violate(f"malformed: {line!r}", "501 5.5.2 not what this mechanism asks for")
        else:
            self.say(f"334 {base64.b64encode(challenge.encode()).decode()}")

    def login_plain(self, first: str) -> Login:
        yield from ()
        _, name, password = decode(first).split("\0")
        return f"{name}:{password}" == self.account

    def login_login(self, first: str) -> Login:
        if first:
            raise ValueError("no name is expected with AUTH LOGIN")
        name = decode((yield "Username:"))
        password = decode((yield "Password:"))
        return f"{name}:{password}" == self.account

    def login_cram_md5(self, first: str) -> Login:
        challenge = "<1896.697170952@receiver.example.net>"
        name, proof = decode((yield challenge)).split(" ")
        password = self.account.partition(":")[2].encode()
        expected = hmac.new(password, challenge.encode(), "md5").hexdigest()
        return (name, proof) == (self.account.partition(":")[0], expected)

    def login_xoauth2(self, first: str) -> Login:
        name, _, token = self.account.partition(":")
        if decode(first) == f"user={name}\1auth=Bearer {token}\1\1":
            return True
        if (yield '{"status":"401"}'):
            raise ValueError("after the reason, an empty line is expected")
        return False

    def do_mail(self, text: str) -> None:
        if self.starttls is not None:
            self.violate("a sender before STARTTLS", "530 5.7.0 STARTTLS first")
        elif not self.known:
            self.violate("a sender before AUTH", "530 5.7.0 AUTH first")
        else:
            super().do_mail(text)
