"""The desk's pages about readers and about sending."""

from subscribers.admin import dispatch, people, reports, suppressing

__all__ = ["dispatch", "people", "reports", "suppressing"]
