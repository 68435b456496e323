"""The time zone of a briefing, in a reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Briefing

# Places of time zones that other languages call otherwise.
PLACES = (
    *(gettext_noop("Brussels"), gettext_noop("Luxembourg"), gettext_noop("Vienna")),
    *(gettext_noop("Warsaw"), gettext_noop("Zurich")),
)


def time_zone_name(briefing: Briefing) -> str:
    """Return a time zone in a reader's words: 'London time'."""
    place = gettext(briefing.time_zone.rpartition("/")[2].replace("_", " "))
    return place if place.isupper() else gettext("%(place)s time") % {"place": place}


def moment_for_readers(moment: datetime, briefing: Briefing) -> str:
    """Return a moment in the time zone of a briefing, with its name.

    Of a time that the autumn change repeats, it says which of the two: '… 01:30 GMT (London time)'.
    """
    local = moment.astimezone(briefing.zone)
    words = date_format(local, "LONG_DATETIME_FORMAT")
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    which = "" if first == second else f" {local.tzname()}"
    return f"{words}{which} ({time_zone_name(briefing)})"
