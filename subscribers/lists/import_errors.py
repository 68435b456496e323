"""Why a file, or one row of it, is not imported: sentences for whoever sent it."""

from __future__ import annotations

from enum import StrEnum


class ImportRefused(Exception):
    """Nothing of a file is imported; the message says what, where and what to do."""


class ImportStopped(Exception):
    """Somebody stopped the import; nothing of it is kept."""


class Reason(StrEnum):
    """Why a row is left out. The row itself stands beside it in the file of refused rows.

    What is wrong with an address is said by newsroom.email_addresses, in sentences of its own.
    """

    NO_ADDRESS = "There is no e-mail address in this row."
    TOO_MANY_CELLS = (
        "The row has more cells than the header: a separator or quotation mark is wrong."
    )
    TOO_FEW_CELLS = (
        "The row has fewer cells than the header: a separator or quotation mark is wrong."
    )
    NUL = "The row holds NUL characters: it was damaged on its way."
    NO_DATE = "There is no date of consent."
    UNREADABLE_DATE = (
        "The date of consent cannot be read. Write it like 2024-05-01 or 2024-05-01 10:00."
    )
    FUTURE_DATE = "The date of consent is in the future."
    OLD_DATE = "The date of consent is before 1990, which no list is."
    NO_SOURCE = "The row does not say where the consent was given."
    NO_WORDING = "The row does not say what the person was told."
    UNSUBSCRIBED = "The file says that this person unsubscribed."
    UNCONFIRMED = "The file says that this person never confirmed."
    NO_CONSENT = "The file says that this person did not agree."
    BOUNCED = "The file says that mail to this address came back."
    BLOCKED = "The file says that this address is blocked, disabled or deleted."
    UNKNOWN_STATUS = "The row's status is none that is known to mean subscribed."
    ELSEWHERE_IN_FILE = "Another row of the file says that this address is not to be written to."
    OTHER_BRIEFING = "The row is about another briefing."
    LEFT = "This person left the briefing here, and only they can come back."
    LEFT_ALL = "This person left every briefing here, and only they can come back."
    MOVED = "This person changed to another address here, and gets mail at that one."
    SUPPRESSED = "This address must not be written to: mail came back, or its owner asked."


# Said by the source itself: they keep an address out whatever other rows of the file say.
FORBIDDING = (Reason.UNSUBSCRIBED, Reason.NO_CONSENT, Reason.BOUNCED, Reason.BLOCKED)
