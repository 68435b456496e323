"""The desk's pages about readers and about sending."""

from subscribers.admin import dispatch, people, suppressing

__all__ = ["dispatch", "people", "suppressing"]
