"""Readers of environment variables that are ours; each raises ValueError with a reason."""

from __future__ import annotations

import os

from newsroom.domains import read_domains


def whole(variable: str, default: int) -> int:
    """Read a whole number from 0."""
    number = int(os.environ.get(variable) or default)
    if number < 0:
        raise ValueError(f"{number} is less than 0")
    return number


def domain_list(variable: str, default: frozenset[str]) -> frozenset[str]:
    """Read the domains in the file that a variable names."""
    file = os.environ.get(variable)
    return read_domains(file) if file else default
