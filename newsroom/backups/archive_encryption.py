"""Encryption of a backup's members with age or gpg, for the public keys in BACKUP_KEY.

The machine that makes backups needs no private key, and so cannot read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from newsroom.backups.program_pipes import ProgramFailed, output_of

AGE, GPG = "age", "gpg"
# Nothing waits for a terminal, and no key needs to be trusted in a keyring first.
_GPG = ("gpg", "--batch", "--no-tty", "--quiet", "--trust-model", "always")


class BackupKey(NamedTuple):
    """Who can read our backups: recipients of age or of gpg; no program if everybody can."""

    program: str = ""
    recipients: tuple[str, ...] = ()


def parse_backup_key(text: str) -> BackupKey:
    """Return the recipients that BACKUP_KEY names. Raises ValueError with a hint."""
    words = tuple(text.replace(",", " ").split())
    if not words:
        return BackupKey()
    if all(re.fullmatch(r"age1[0-9a-z]{40,}", word) for word in words):
        return BackupKey(AGE, words)
    if all(re.fullmatch(r"[0-9A-Fa-f]{40}", word) for word in words):
        return BackupKey(GPG, words)
    raise ValueError(
        "write public keys of age (age1…), or fingerprints of gpg keys (40 hexadecimal digits),"
        " separated by spaces"
    )


def encrypted(chunks: Iterable[bytes], key: BackupKey) -> Iterator[bytes]:
    """Yield these chunks encrypted; as they are if there is no key."""
    if not key.program:
        yield from chunks
        return
    command = ["age", "--encrypt"] if key.program == AGE else [*_GPG, "--encrypt"]
    if key.program == GPG:
        command += ["--compress-algo", "none"]  # it is compressed already
    for recipient in key.recipients:
        command += ["--recipient", recipient]
    yield from output_of(command, given=chunks)


def decrypted(chunks: Iterable[bytes], program: str, *, key_file: Path | None) -> Iterator[bytes]:
    """Yield what was encrypted. gpg finds its private key in the keyring of this user."""
    if not program:
        yield from chunks
    elif program == AGE:
        yield from output_of(["age", "--decrypt", "--identity", str(key_file)], given=chunks)
    else:
        yield from output_of([*_GPG, "--decrypt"], given=chunks)


def can_decrypt(key: BackupKey, *, key_file: Path | None) -> bool:
    """Whether this machine has a private key for what is encrypted for these recipients."""
    if key.program == AGE:
        return key_file is not None
    if key.program == GPG:
        return any(map(_has_secret_key, key.recipients))
    return True


def _has_secret_key(fingerprint: str) -> bool:
    try:
        return any(output_of([*_GPG, "--list-secret-keys", fingerprint]))
    except ProgramFailed:
        return False
