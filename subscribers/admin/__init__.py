"""The desk's pages about readers and about sending."""

from subscribers.admin import dispatch, importing, people, reports, suppressing

__all__ = ["dispatch", "importing", "people", "reports", "suppressing"]
