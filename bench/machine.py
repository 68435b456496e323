"""What programs use, with all their children, and how fast this machine is at the moment."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def _stat(pid: int) -> list[str] | None:
    """Read /proc/<pid>/stat after the name, which may contain anything (proc(5))."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def family(pid: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children.get(one, [])


def cpu_seconds(*pids: int) -> float:
    """Return user and system time of these processes and their children, including ended ones."""
    ticks = 0
    for pid in pids:
        for one in family(pid):
            if stat := _stat(one):
                ticks += sum(int(field) for field in stat[11:15])
    return ticks / TICKS


def peak_mb(pid: int) -> float:
    """Return the largest resident set of any process of a family, in MB."""
    peaks = [0.0]
    for one in family(pid):
        try:
            lines = (PROC / str(one) / "status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        peaks += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(peaks)


def calibrate() -> float:
    """Return the seconds that a fixed Python loop takes: the speed of rented machines varies."""
    begun = time.perf_counter()
    total = 0
    for number in range(5_000_000):
        total ^= number * 7
    return time.perf_counter() - begun


def sha256_mb_per_s() -> float:
    """Return how many MB a second one core hashes, the best of five times."""
    block = bytes(1024 * 1024)
    best = 0.0
    for _ in range(5):
        begun = time.perf_counter()
        digest = hashlib.sha256()
        for _ in range(16):
            digest.update(block)
        best = max(best, 16 / (time.perf_counter() - begun))
    return best


def fsyncs_per_s(folder: Path) -> float:
    """Return how many small writes a second reach the disk of a folder, one after the other."""
    seconds, number = 1.0, 0
    with tempfile.TemporaryFile(dir=folder) as file:
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            file.write(b"x" * 512)
            file.flush()
            os.fsync(file.fileno())
            number += 1
        return number / (time.perf_counter() - begun)


def describe() -> str:
    """Return the processor, the cores that we may use, and the memory, as words."""
    words: dict[str, str] = {}
    for file in ("cpuinfo", "meminfo"):
        for line in (PROC / file).read_text().splitlines():
            name, _, value = line.partition(":")
            words.setdefault(name.strip(), value.strip())
    gigabytes = int(words["MemTotal"].split()[0]) / 1024**2
    return f"{words.get('model name', 'unknown')}, {cores()} cores, {gigabytes:.0f} GB"


def cores() -> int:
    """Return how many cores this run may use."""
    return len(os.sched_getaffinity(0))
