"""Formats for en_GB: Django writes 7:55 a.m., we write 07:55 everywhere."""

DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
