"""Formats for en_GB: Django writes 7:55 a.m., we write 07:55 everywhere.

Besides Django's own names, these are the ones that pages and emails for readers use; each language
has all of them.
"""

DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
LONG_DATE_FORMAT = "j F Y"
LONG_DATETIME_FORMAT = "j F Y, H:i"
WEEKDAY_DATE_FORMAT = "l j F Y"
WEEKDAY_MONTH_DAY_FORMAT = "l j F"
MONTH_DAY_TIME_FORMAT = "j F, H:i"
