"""The file of a backup: a tar archive whose last member, the manifest, describes the others.

A file that was cut has no manifest, and any other damage changes a hash. The manifest can be read
without a key, and so can everybody see whether a file is whole; encrypted are the members.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from newsroom.backups.program_pipes import read_chunks

MANIFEST = "manifest.json"
FORMAT = 1
MEDIA = "media.tar"


class BackupDamaged(Exception):
    """A file is not a backup, or not whole; the message says which part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A part of a backup: its size and hash as it is stored, and the hash of what it holds."""

    name: str
    bytes: int
    sha256: str
    content_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    made_at: str
    site: str
    versions: dict[str, str]
    engine: str
    encryption: str = ""
    recipients: list[str] = field(default_factory=list)
    epoch: dict[str, Any] = field(default_factory=dict)
    migrations: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    media_files: int = 0
    media_bytes: int = 0
    members: list[Member] = field(default_factory=list)
    format: int = FORMAT

    def member(self, name: str) -> Member:
        """Return a member. Raises BackupDamaged."""
        for one in self.members:
            if one.name == name:
                return one
        raise BackupDamaged(f"its manifest names no {name}")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_manifest(raw: bytes) -> Manifest:
    """Read a manifest. Raises BackupDamaged."""
    try:
        found = json.loads(raw)
        if found["format"] != FORMAT:
            raise BackupDamaged(
                f"it has format {found['format']}, and this version of Newsroom reads {FORMAT}"
            )
        members = [Member(**one) for one in found.pop("members")]
        return Manifest(**found, members=members)
    except (ValueError, KeyError, TypeError) as failure:
        raise BackupDamaged(f"its manifest cannot be read ({failure})") from None


class Hashed:
    """Passes chunks on, and knows their hash and length afterwards."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._hash, self.bytes = chunks, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._hash.update(chunk)
            self.bytes += len(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        """The hash of everything that was passed on so far."""
        return self._hash.hexdigest()


class ArchiveWriter:
    """Writes members of unknown length into a new file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members: list[Member] = []

    def add(
        self,
        name: str,
        content: Iterable[bytes],
        stored: Callable[[Iterable[bytes]], Iterable[bytes]] = iter,
    ) -> Member:
        """Write a member; `stored` turns its content into what the file gets of it."""
        plain = Hashed(content)
        written = Hashed(stored(plain))
        header_at = self._file.tell()
        self._file.write(_header(name, 0))
        for chunk in written:
            self._file.write(chunk)
        self._file.write(b"\0" * (-written.bytes % tarfile.BLOCKSIZE))
        end = self._file.tell()
        self._file.seek(header_at)
        self._file.write(_header(name, written.bytes))
        self._file.seek(end)
        member = Member(
            name=name,
            bytes=written.bytes,
            sha256=written.sha256,
            content_sha256=plain.sha256,
        )
        self.members.append(member)
        return member

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, which ends the file."""
        raw = json.dumps(manifest.as_json(), indent=1).encode()
        self._file.write(_header(MANIFEST, len(raw)) + raw)
        self._file.write(b"\0" * (-len(raw) % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE))


def _header(name: str, length: int) -> bytes:
    part = tarfile.TarInfo(name)
    part.size, part.mode, part.mtime = length, 0o600, int(time.time())
    return part.tobuf(tarfile.GNU_FORMAT)  # one block, however long the member is


class ArchiveReader:
    """Reads a finished file. Raises BackupDamaged, also where it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with tarfile.open(path, "r:") as archive:
                self._places = {one.name: (one.offset_data, one.size) for one in archive}
        except tarfile.TarError as failure:
            raise BackupDamaged(f"it is not an archive ({failure})") from None
        if MANIFEST not in self._places:
            raise BackupDamaged("its end is missing")
        self.manifest = read_manifest(b"".join(self._stored(MANIFEST)))

    def stored(self, name: str) -> Iterator[bytes]:
        """Yield a member as it is stored. Raises BackupDamaged at its end if it has changed."""
        member = self.manifest.member(name)
        yield from verified(self._stored(name), member.sha256, what=name)

    def check(self, on_progress: Callable[[str, int], None] = lambda what, count: None) -> None:
        """Read every member once and compare the hashes. Raises BackupDamaged."""
        for member in self.manifest.members:
            done = 0
            for chunk in self.stored(member.name):
                done += len(chunk)
                on_progress(f"checking {member.name}", done)

    def _stored(self, name: str) -> Iterator[bytes]:
        if name not in self._places:
            raise BackupDamaged(f"it has no {name}")
        start, length = self._places[name]
        with self.path.open("rb") as file:
            file.seek(start)
            try:
                yield from read_chunks(file, length=length)
            except EOFError:
                raise BackupDamaged(f"{name} is cut") from None


def verified(chunks: Iterable[bytes], sha256: str, *, what: str) -> Iterator[bytes]:
    """Pass chunks on. Raises BackupDamaged at their end if they have another hash."""
    passed = Hashed(chunks)
    yield from passed
    if passed.sha256 != sha256:
        raise BackupDamaged(f"{what} has changed since it was written")


class ChunkFile(BytesIO):
    """Chunks as a file that can be read once, from its start to its end."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__()
        self._chunks, self._rest = iter(chunks), b""

    def read(self, size: int | None = -1, /) -> bytes:
        parts, wanted = [self._rest], size if size is not None and size >= 0 else 1 << 62
        have = len(self._rest)
        while have < wanted:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            have += len(chunk)
        whole = b"".join(parts)
        self._rest = whole[wanted:]
        return whole[:wanted]
