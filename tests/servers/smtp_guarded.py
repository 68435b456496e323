"""The mail server with TLS and a password, as `EMAIL_URL` can ask for."""

from __future__ import annotations

import asyncio
import base64
import binascii
import ssl
import subprocess
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


class GuardedConversation(Conversation):
    """A connection that accepts nothing before STARTTLS and AUTH, if they are required."""

    def __init__(
        self,
        store: Store,
        rules: RuleBook,
        extensions: list[str],
        *,
        starttls: ssl.SSLContext | None,
        account: str,  # `name:password`, or nothing
    ) -> None:
        super().__init__(store, rules, extensions)
        self.starttls, self.account = starttls, account
        self.known = not account

    def offered(self) -> list[str]:
        if self.starttls is not None:
            return [*self.extensions, "STARTTLS"]
        return [*self.extensions, "AUTH PLAIN"] if self.account else self.extensions

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
        mechanism, _, words = text.removeprefix("AUTH ").partition(" ")
        try:
            _, name, password = base64.b64decode(words, validate=True).decode().split("\0")
        except (ValueError, binascii.Error):
            self.violate(f"malformed: {text!r}", "501 5.5.2 not what PLAIN asks for")
            return
        self.known = mechanism.upper() == "PLAIN" and f"{name}:{password}" == self.account
        self.say("235 2.7.0 welcome" if self.known else "535 5.7.8 wrong name or password")

    def do_mail(self, text: str) -> None:
        if self.starttls is not None:
            self.violate("a sender before STARTTLS", "530 5.7.0 STARTTLS first")
        elif not self.known:
            self.violate("a sender before AUTH", "530 5.7.0 AUTH first")
        else:
            super().do_mail(text)
