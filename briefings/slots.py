"""Send slots: when a briefing goes out, and the words for it.

All that the code knows of weeks is here. Another rhythm, such as every second Thursday, is another
class with the methods of `WeeklySlot`, a field by which `Briefing.slot` chooses the class, and that
column in docs/retention.toml.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Protocol

from django.db import models
from django.utils.translation import gettext, gettext_lazy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

WEEK = timedelta(weeks=1)
# An issue that goes out at most this long before a slot goes out in its place. One that goes out
# later belongs to the slot before it.
EARLY = timedelta(days=2)


class DayRange(Protocol):
    """Days on which a briefing does not go out, the first and the last included."""

    first_day: date
    last_day: date


class Weekday(models.IntegerChoices):
    """Days as `date.weekday()` counts them."""

    MONDAY = 0, gettext_lazy("Monday")
    TUESDAY = 1, gettext_lazy("Tuesday")
    WEDNESDAY = 2, gettext_lazy("Wednesday")
    THURSDAY = 3, gettext_lazy("Thursday")
    FRIDAY = 4, gettext_lazy("Friday")
    SATURDAY = 5, gettext_lazy("Saturday")
    SUNDAY = 6, gettext_lazy("Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklySlot:
    """A weekday and a time in a time zone.

    If the clocks skip the time in spring, the slot is as long after the change as the time would
    have been after it. If they repeat it in autumn, the slot is the first of the two.
    """

    weekday: Weekday
    time: time
    zone: ZoneInfo

    @property
    def words(self) -> str:
        """The slot as a phrase, for pages and the wording of consent: 'every Thursday at 07:00'."""
        return gettext("every %(weekday)s at %(time)s") % {
            "weekday": self.weekday.label,
            "time": f"{self.time:%H:%M}",
        }

    def next(self, *, after: datetime, breaks: Iterable[DayRange] = ()) -> datetime:
        """Return the first slot later than `after` (aware) that is in no break, in UTC."""
        day = self._weekday_from(after.astimezone(self.zone).date())
        if self._on(day) <= after:
            day += WEEK
        for each in sorted(breaks, key=lambda each: each.first_day):
            if each.first_day <= day <= each.last_day:
                day = self._weekday_from(each.last_day + timedelta(days=1))
        return self._on(day)

    def day_of(self, moment: datetime) -> date:
        """Return the day of a moment in the time zone of the slot."""
        return moment.astimezone(self.zone).date()

    def nth(self, number: int, *, after: datetime) -> datetime:
        """Return a slot counted from a moment: 1 is the next one, -1 the last one before."""
        first = self.next(after=after).astimezone(self.zone).date()
        return self._on(first + (number if number < 0 else number - 1) * WEEK)

    def is_at(self, moment: datetime) -> bool:
        """Whether a moment is one of the slots, to the minute."""
        local = moment.astimezone(self.zone)
        return (local.weekday(), local.hour, local.minute) == (
            self.weekday,
            self.time.hour,
            self.time.minute,
        )

    def _weekday_from(self, day: date) -> date:
        """Return the first day with the weekday of the slot, a given day included."""
        return day + timedelta(days=(self.weekday - day.weekday()) % 7)

    def _on(self, day: date) -> datetime:
        return datetime.combine(day, self.time, tzinfo=self.zone).astimezone(UTC)
