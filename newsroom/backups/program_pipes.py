"""Run other programs with chunks of bytes as their input and output.

Nothing is kept in memory or on the disk meanwhile. A program that fails, or is missing, raises an
exception that has its own words.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import IO

CHUNK_BYTES = 1 << 20


class ProgramFailed(Exception):
    """A program ended with an error; the message has what it wrote about it."""


class ProgramMissing(Exception):
    """A program is not installed."""


def read_chunks(file: IO[bytes], *, length: int | None = None) -> Iterator[bytes]:
    """Yield the rest of a file, or this many bytes of it. Raises EOFError if there are fewer."""
    left = length
    while left is None or left:
        piece = file.read(CHUNK_BYTES if left is None else min(left, CHUNK_BYTES))
        if not piece:
            if left:
                raise EOFError(f"{left} bytes are missing")
            return
        if left is not None:
            left -= len(piece)
        yield piece


def output_of(
    command: Sequence[str | Path],
    *,
    given: Iterable[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[bytes]:
    """Run a program and yield its output; `given` is its input.

    Its end is checked before this ends, and so is that of `given`, which runs on another thread.
    Whoever stops reading ends the program. Raises ProgramFailed, ProgramMissing, or what `given`
    raises.
    """
    with tempfile.TemporaryFile() as said:
        process = _start(
            command,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=env,
            pass_fds=pass_fds,
        )
        feeder = _Feeder(process, given) if given is not None else None
        try:
            if process.stdout is None:
                raise AssertionError("its output is a pipe")
            with process.stdout as output:
                yield from read_chunks(output)
            if feeder is not None:
                feeder.finish()
            process.wait()
        finally:
            process.kill()
            process.wait()
            if feeder is not None:
                feeder.join()
        _check_end(process, said)


def passed_through(
    command: Sequence[str | Path],
    chunks: Iterable[bytes],
    *,
    env: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """Yield chunks as they are, once a program has read each of them, too.

    Its output is dropped; that it ends without an error is checked. Raises ProgramFailed.
    """
    with tempfile.TemporaryFile() as said:
        process = _start(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=env
        )
        try:
            with suppress(BrokenPipeError), _stdin_of(process) as stdin:
                for chunk in chunks:
                    _write(stdin, chunk, process, said)
                    yield chunk
            process.wait()
        finally:
            process.kill()
            process.wait()
        _check_end(process, said)


def feed(
    command: Sequence[str | Path],
    chunks: Iterable[bytes],
    *,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> None:
    """Run a program with these chunks as its input, and drop its output.

    If `chunks` raises, the program is killed, so it never takes a part for the whole.
    """
    for _ in output_of(command, given=chunks, env=env, pass_fds=pass_fds):
        pass


class _Feeder(Thread):
    """Writes chunks to a program, while somebody else reads what it prints."""

    def __init__(self, process: subprocess.Popen[bytes], chunks: Iterable[bytes]) -> None:
        super().__init__(name="feeder", daemon=True)
        self._process, self._chunks = process, chunks
        self._failure: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            with suppress(BrokenPipeError), _stdin_of(self._process) as stdin:
                try:
                    for chunk in self._chunks:
                        stdin.write(chunk)
                except BrokenPipeError:
                    raise
                except BaseException as failure:  # noqa: BLE001  (raised again by `finish`)
                    self._failure = failure
                    self._process.kill()  # before it sees the end of its input
        finally:
            if isinstance(self._chunks, Generator):
                with suppress(Exception):
                    self._chunks.close()

    def finish(self) -> None:
        """Wait until everything is written, and raise what the chunks raised."""
        self.join()
        if self._failure is not None:
            raise self._failure


def _start(command: Sequence[str | Path], **options: object) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(list(command), **options)  # type: ignore[call-overload, no-any-return]
    except FileNotFoundError:
        name = Path(command[0]).name
        raise ProgramMissing(f"{name} is not installed") from None


def _stdin_of(process: subprocess.Popen[bytes]) -> closing[IO[bytes]]:
    if process.stdin is None:
        raise AssertionError("its input is a pipe")
    return closing(process.stdin)


def _write(
    stdin: IO[bytes], chunk: bytes, process: subprocess.Popen[bytes], said: IO[bytes]
) -> None:
    try:
        stdin.write(chunk)
    except BrokenPipeError:
        process.wait()
        _check_end(process, said)
        raise ProgramFailed(f"{_name(process)} ended early") from None


def _check_end(process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    if process.returncode:
        said.seek(0)
        words = " ".join(said.read()[-2000:].decode(errors="replace").split())
        raise ProgramFailed(f"{_name(process)}: {words or f'exit code {process.returncode}'}")


def _name(process: subprocess.Popen[bytes]) -> str:
    arguments = process.args
    first = arguments[0] if isinstance(arguments, list) else arguments
    return Path(str(first)).name
