"""Numbers on the page of a dispatch stand with the right form of their noun."""

from __future__ import annotations

import pytest

from subscribers.sending.admin import describe
from subscribers.sending.dispatch_progress import DispatchProgress, duration_in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.3, "1 second"),
        (0.9, "1 second"),
        (1.4, "1 second"),
        (1.6, "2 seconds"),
        (89, "89 seconds"),
        (90, "2 minutes"),
        (5399, "90 minutes"),
        (5400, "1.5 hours"),
    ],
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert duration_in_words(seconds) == words


def test_one_email_is_not_emails() -> None:
    deliveries = {"pending": 1, "leased": 0, "deferred": 0, "sent": 0}
    words = describe(
        DispatchProgress(state="sending", deliveries=deliveries, emails_per_s=1.2, seconds_left=0.8)
    )
    assert words == {
        "done_words": "0 of 1 email processed",
        "rate_words": "1 email a second",
        "left_words": "about 1 second left",
    }
