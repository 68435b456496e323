"""Formats for German; the English ones say what each is for."""

DATETIME_FORMAT = r"j. F Y, H:i \U\h\r"
TIME_FORMAT = "H:i"
LONG_DATE_FORMAT = "j. F Y"
LONG_DATETIME_FORMAT = r"j. F Y, H:i \U\h\r"
WEEKDAY_DATE_FORMAT = "l, j. F Y"
WEEKDAY_MONTH_DAY_FORMAT = "l, j. F"
MONTH_DAY_TIME_FORMAT = r"j. F, H:i \U\h\r"
