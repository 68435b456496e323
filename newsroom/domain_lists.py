"""Lists of domains in files: one a line, in any script, `#` begins a remark."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from newsroom.email_addresses import to_ascii_domain


def read_domain_list(file: str | Path) -> frozenset[str]:
    """Read a list as lower-case A-labels. Raises ValueError that says which line, or why not."""
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError as reason:
        raise ValueError(f"{file} cannot be read: {reason.strerror}") from None
    domains = set()
    for number, line in enumerate(lines, start=1):
        written = line.partition("#")[0].strip()
        if not written:
            continue
        try:
            domains.add(to_ascii_domain(written))
        except ValueError:
            problem = f"line {number} of {file}, {written[:80]!r}, is no domain"
            raise ValueError(problem) from None
    return frozenset(domains)


def find_listed_domain(domain: str, listed: Iterable[frozenset[str]]) -> str:
    """Find the listed domain that this one is or lies below; empty when there is none."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        above = ".".join(labels[start:])
        if any(above in domains for domains in listed):
            return above
    return ""
