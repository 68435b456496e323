"""Uploaded files as a stream, and back.

An uploaded file is complete before the row that names it is committed, and its name never gets
other content (briefings/images.py). So files that are copied after the database's snapshot hold
everything that the snapshot names, and perhaps a few files more.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from newsroom.backups.archive_file import BackupDamaged, ChunkFile
from newsroom.backups.program_pipes import read_chunks


class MediaStream:
    """The files below a folder as chunks of a tar archive; counts them as it goes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.files = self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for path in _files_below(self._root):
            try:
                file = path.open("rb")
            except FileNotFoundError:  # somebody removed it meanwhile
                continue
            with file:
                size = os.fstat(file.fileno()).st_size
                part = tarfile.TarInfo(path.relative_to(self._root).as_posix())
                part.size, part.mode = size, 0o644
                part.mtime = int(os.fstat(file.fileno()).st_mtime)
                yield part.tobuf(tarfile.PAX_FORMAT)
                yield from read_chunks(file, length=size)
            yield b"\0" * (-size % tarfile.BLOCKSIZE)
            self.files += 1
            self.bytes += size
        yield b"\0" * (2 * tarfile.BLOCKSIZE)


def _files_below(root: Path) -> Iterator[Path]:
    """Yield uploads in order of their names; files that are being written have a dot."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


class FileDiffers(Exception):
    """There is another file of this name already."""


def unpack(
    chunks: Iterable[bytes],
    root: Path,
    *,
    replace: bool,
    on_file: Callable[[int], None] = lambda count: None,
) -> int:
    """Write the files of a stream below a folder, and return how many there are.

    A file that is there already is left alone; one with other content is replaced if allowed.
    Raises FileDiffers, BackupDamaged.
    """
    count = 0
    stream = ChunkFile(chunks)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for part in archive:
                content = archive.extractfile(part) if part.isreg() else None
                if content is None or not _is_below(part.name):
                    raise BackupDamaged(f"media has a file that no upload can be: {part.name!r}")
                _write(root / part.name, read_chunks(content), replace=replace)
                count += 1
                on_file(count)
    except tarfile.TarError as failure:
        raise BackupDamaged(f"media cannot be read ({failure})") from None
    while stream.read(1 << 20):  # to the end, so that the hash of it all is compared
        pass
    return count


def _is_below(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _write(path: Path, chunks: Iterator[bytes], *, replace: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        digest = hashlib.sha256()
        with temporary.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        if path.exists():
            with path.open("rb") as there:
                if hashlib.file_digest(there, "sha256").digest() == digest.digest():
                    return
            if not replace:
                raise FileDiffers(f"{path} is another file than that of the backup")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
