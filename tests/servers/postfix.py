"""A Postfix on loopback: its own folders, no chroot; nothing leaves the machine."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.processes import answers, free_port, wait_until

POSTFIX = "/usr/sbin/postfix"
# Mail to this domain goes into the pipe; to the other, to nobody: it has no mailboxes.
OURS, THEIRS = "news.example.com", "ward.example"
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
smtpd_reject_unlisted_recipient = no
virtual_alias_domains = {theirs}
virtual_alias_maps = inline:{{ nobody.at.all=root }}
relay_domains = {ours}
transport_maps = inline:{{ {ours}=report: }}
default_transport = error:nothing leaves this machine
report_destination_recipient_limit = 1
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
"""
_SERVICES = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixServer:
    """A mail server that writes genuine reports and pipes incoming mail to a command."""

    def __init__(self, *, pipe: str, user: str = "nobody") -> None:
        # Not inside the run's folder, which other users may not enter.
        self.folder = Path(tempfile.mkdtemp(prefix="newsroom-postfix-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.config = self.folder / "config"
        for name in ("config", "queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        command = self.folder / "take-report"
        command.write_text(f"#!/bin/sh\n{pipe}\n")
        command.chmod(0o755)
        (self.config / "main.cf").write_text(
            _MAIN.format(folder=self.folder, ours=OURS, theirs=THEIRS)
        )
        (self.config / "master.cf").write_text(
            f"127.0.0.1:{self.port} inet n - n - - smtpd{_SERVICES}"
            f"report unix - n n - 1 pipe flags=R user={user} argv={command} ${{recipient}}\n"
        )

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        log = self.folder / "mail.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def start(self) -> None:
        self._run("start")
        wait_until(lambda: answers(self.port), seconds=20, what=f"Postfix\n{self.log}")

    def stop(self) -> None:
        self._run("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, word: str) -> None:
        with (self.folder / "postfix.log").open("ab") as output:
            subprocess.run(
                [POSTFIX, "-c", self.config, word],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=60,
                check=False,
            )
