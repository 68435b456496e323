"""Why a file, or one row of it, is not imported: sentences for the person who supplied it."""

from __future__ import annotations

from enum import StrEnum


class ImportRefused(Exception):
    """Nothing from a file is imported; the message says what is wrong, where, and what to do."""


class ImportStopped(Exception):
    """Somebody stopped the import; nothing from the file is kept."""


class RefusalReason(StrEnum):
    """Why a row is refused. The file of refused rows shows it beside the row itself.

    Faults of an address are described by newsroom.email_addresses, not here.
    """

    NO_ADDRESS = "There is no email address in this row."
    TOO_MANY_CELLS = (
        "This row has more cells than the header. Look for an extra separator or a missing"
        " quotation mark."
    )
    TOO_FEW_CELLS = (
        "This row has fewer cells than the header. Look for a missing separator or an extra"
        " quotation mark."
    )
    UNCLOSED_QUOTE = (
        "A quotation mark in this row is never closed. Close it, or double it if it belongs to the"
        " text."
    )
    STRAY_QUOTE = (
        "A quotation mark in this row is out of place. Put the whole cell in quotation marks and"
        ' double those inside it, as in "Ann ""Annie"" Lee".'
    )
    ROWS_IN_A_CELL = (
        "A quotation mark in this row would put the rows below it into one cell. Remove it, or"
        " double it if it belongs to the text."
    )
    LONG_CELL = "This row has a cell that is too long for a list."
    ADDRESS_IN_NAME = (
        "The name in this row contains an email address. Look for a missing separator or quotation"
        " mark."
    )
    LINES_IN_NAME = "The name in this row has several lines. Look for an extra quotation mark."
    DATES_IN_NAME = (
        "The name in this row contains dates, as if it were several rows. Look for an extra"
        " quotation mark."
    )
    NUL = "This row contains null characters, so the file is damaged. Export the list again."
    NO_DATE = "There is no consent date in this row."
    UNREADABLE_DATE = (
        "The consent date cannot be read. Write it like 2024-05-01 or 2024-05-01 10:00."
    )
    FUTURE_DATE = "The consent date is in the future."
    OLD_DATE = "The consent date is before 1990, which cannot be right."
    NO_SOURCE = "The row does not say where this person agreed."
    NO_WORDING = "The row does not say what this person was told."
    UNSUBSCRIBED = "The file says that this person unsubscribed."
    UNCONFIRMED = "The file says that this person never confirmed."
    NO_CONSENT = "The file says that this person did not agree."
    BOUNCED = "The file says that email to this address bounced."
    BLOCKED = "The file says that this address is blocked, disabled or deleted."
    NO_STATUS = "The status in this row is empty."
    UNKNOWN_STATUS = "The status in this row is not one that we know to mean subscribed."
    ELSEWHERE_IN_FILE = "Another row in the file says that this address must not be emailed."
    OTHER_BRIEFING = "This row is for another briefing."
    UNSUBSCRIBED_HERE = (
        "This person unsubscribed from the briefing here. Only they can subscribe again."
    )
    UNSUBSCRIBED_FROM_ALL = (
        "This person unsubscribed from every briefing here. Only they can subscribe again."
    )
    ADDRESS_CHANGED = "This person changed their address here, and gets our emails at the new one."
    SUPPRESSED = "This address is suppressed: email bounced, or its owner asked us not to write."


# A row with one of these refuses its address in every other row of the file too.
EXCLUDES_ADDRESS = (
    RefusalReason.UNSUBSCRIBED,
    RefusalReason.NO_CONSENT,
    RefusalReason.BOUNCED,
    RefusalReason.BLOCKED,
)
