"""Run the mail server: `python -m tests.servers.smtp_main`."""

from __future__ import annotations

import argparse
import asyncio
import ssl
from pathlib import Path

from tests.servers.smtp_guarded import GuardedConversation
from tests.servers.smtp_rules import RuleBook
from tests.servers.smtp_store import Store


async def receive(options: argparse.Namespace) -> None:
    """Serve until the process is ended."""
    store, rules = Store(options.folder), RuleBook(options.folder / "rules.json")
    context = None
    if options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.folder / "certificate.pem")

    def converse() -> GuardedConversation:
        return GuardedConversation(
            store,
            rules,
            options.extensions,
            starttls=context if options.tls == "starttls" else None,
            account=options.account,
            mechanisms=options.mechanisms.split(),
        )

    server = await asyncio.get_running_loop().create_server(
        converse,
        "127.0.0.1",
        options.port,
        backlog=256,
        ssl=context if options.tls == "ssl" else None,
    )
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--tls", choices=["starttls", "ssl"])
    parser.add_argument("--account", default="", help="name:password")
    parser.add_argument("--mechanisms", default="", help="ways to log in that are offered")
    parser.add_argument("extensions", nargs="*")
    asyncio.run(receive(parser.parse_args()))
