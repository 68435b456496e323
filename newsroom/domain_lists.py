"""Lists of domains in files: one domain on each line, in any script; `#` starts a comment."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from newsroom.email_addresses import to_ascii_domain


def read_domain_list(file: str | Path) -> frozenset[str]:
    """Return the domains in a file as lower-case A-labels.

    Raises ValueError, which names the wrong line or says why the file cannot be read.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError as reason:
        raise ValueError(f"{file} cannot be read: {reason.strerror}") from None
    domains = set()
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            domains.add(to_ascii_domain(text))
        except ValueError:
            problem = f"line {number} of {file} is not a domain: {text[:80]!r}"
            raise ValueError(problem) from None
    return frozenset(domains)


def find_listed_domain(domain: str, listed: Iterable[frozenset[str]]) -> str:
    """Return the listed domain that is this one or one of its parents; empty if there is none."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        candidate = ".".join(labels[start:])
        if any(candidate in domains for domains in listed):
            return candidate
    return ""
