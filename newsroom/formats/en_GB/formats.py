"""Django's own en_GB says 7:55 a.m.; everywhere else here it is 07:55."""

DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
