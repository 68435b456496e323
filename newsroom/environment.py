"""Typed environment variables; a missing or wrong one stops the start with a message."""

from __future__ import annotations

import os
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, TypeVar

from environs import Env, EnvError

from newsroom.domain_lists import read_domain_list

Value = TypeVar("Value")
env = Env(eager=True)


def setting_error(variable: str, problem: str) -> SystemExit:
    """Return the exception that stops the start with a message about this variable."""
    return SystemExit(f"newsroom: {variable} {problem}. See .env.example.")


def required(variable: str, *, hint: str) -> str:
    """Return a variable that has no sensible default outside development."""
    value: str = env.str(variable, "")
    if not value:
        raise setting_error(variable, f"is missing: {hint}")
    return value


def read(variable: str, reader: Any, default: Any, *, hint: str) -> Any:
    """Return a variable read by `reader(name, default)`, such as `env.int`."""
    try:
        return reader(variable, default)
    except (EnvError, ValueError) as reason:
        raise setting_error(variable, f"is wrong: {hint} ({reason})") from None


def parsed(variable: str, parse: Callable[[str], Value], *, default: str = "") -> Value:
    """Return a variable read by a parser whose ValueError says what is wrong."""
    try:
        return parse(env.str(variable, default))
    except ValueError as reason:
        raise setting_error(variable, f"is wrong: {reason}") from None


def non_negative_int(variable: str, default: int) -> int:
    """Return a whole number, 0 or more. Raises ValueError."""
    number = int(os.environ.get(variable) or default)
    if number < 0:
        raise ValueError(f"{number} is less than 0")
    return number


def positive_int(variable: str, default: int) -> int:
    """Return a whole number, 1 or more. Raises ValueError."""
    number = non_negative_int(variable, default)
    if number == 0:
        raise ValueError("0 is less than 1")
    return number


def domain_list(variable: str, default: frozenset[str]) -> frozenset[str]:
    """Return the domains in the file that a variable names. Raises ValueError."""
    file = os.environ.get(variable)
    return read_domain_list(file) if file else default


def parse_networks(words: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return IP addresses and networks, separated by commas or spaces. Raises ValueError."""
    return tuple(map(ip_network, words.replace(",", " ").split()))
