"""The desk's pages about readers and about sending."""

from subscribers.admin import dispatch, people

__all__ = ["dispatch", "people"]
