"""The version of Newsroom, as pyproject.toml has it."""

VERSION = "0.1.0"
