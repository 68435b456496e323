"""The desk's pages about readers and about sending."""

from subscribers.admin import dispatch

__all__ = ["dispatch"]
