"""Reading the environment: each variable typed, and refused with a sentence when it is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from environs import Env, EnvError

from newsroom.domain_lists import read_domain_list

Value = TypeVar("Value")
env = Env(eager=True)


def refuse(variable: str, problem: str) -> SystemExit:
    """Make the sentence that stops the start."""
    return SystemExit(f"newsroom: {variable} {problem}. See .env.example.")


def required(variable: str, *, hint: str) -> str:
    """Read a variable that has no sensible default outside development."""
    value: str = env.str(variable, "")
    if not value:
        raise refuse(variable, f"is missing: {hint}")
    return value


def read(variable: str, reader: Any, default: Any, *, hint: str) -> Any:
    """Read one typed variable."""
    try:
        return reader(variable, default)
    except (EnvError, ValueError) as reason:
        raise refuse(variable, f"is wrong: {hint} ({reason})") from None


def parsed(variable: str, parse: Callable[[str], Value], *, default: str = "") -> Value:
    """Read a variable with a grammar of its own, whose parser says what is wrong."""
    try:
        return parse(env.str(variable, default))
    except ValueError as reason:
        raise refuse(variable, f"is wrong: {reason}") from None


def whole(variable: str, default: int) -> int:
    """Read a whole number from 0."""
    number = int(os.environ.get(variable) or default)
    if number < 0:
        raise ValueError(f"{number} is less than 0")
    return number


def domain_list(variable: str, default: frozenset[str]) -> frozenset[str]:
    """Read the domains in the file that a variable names."""
    file = os.environ.get(variable)
    return read_domain_list(file) if file else default
