"""Read the address of a link as it was written, pasted or rewritten by a mail filter."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from newsroom.invisible_characters import strip_invisible

MAX_ADDRESS = 2_000
MAX_WRAPPERS = 3
_SCHEME = re.compile(r"(?:https?://|mailto:|tel:)(?=\S)", re.IGNORECASE)
_DOUBLED = re.compile(r"\A(?:https?:/{0,2}|www\.)+(?=https?://)", re.IGNORECASE)
_BROKEN_SCHEME = re.compile(r"(https?)(?::/+|:(?!/)|//)(?=[\w.-]+\.\w)", re.IGNORECASE)
# A prefix that cannot be meant beside what follows it.
_PREFIXED = re.compile(r"(?:mailto:|https?:/{0,2})+(?=mailto:)|mailto:(?=https?://)", re.IGNORECASE)
_WEB_EMAIL = re.compile(r"https?://([^\s/:@]{1,64}@[\w.-]+)/?", re.IGNORECASE)
_NO_SLASHES = re.compile(r"\A(mailto|tel):[\s/]+(?=[^\s/])", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:([^?]*)(.*)", re.IGNORECASE | re.DOTALL)
_RECIPIENT = re.compile(r"[^\s@<>,]{1,64}@[^\s@<>,.]+(?:\.[^\s@<>,.]+)+")
_TEL = re.compile(r"tel:[^a-z]*\d[^a-z]*\d", re.IGNORECASE)
_QUOTED = re.compile(r"<(.*)>|\"(.*)\"|'(.*)'|“(.*)”|‘(.*)’", re.DOTALL)
_BARE_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+(?:\?\w+=\S*)?", re.ASCII)
_BARE_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,24}(?::\d{2,5})?(?:[/?#]\S*)?", re.IGNORECASE)
_NO_SCHEME = re.compile(r"\A//(?=(?:[\w-]+\.)+[a-z]{2,24}(?:[:/?#]|$))", re.IGNORECASE)
# Endings of file names that look like those of domains.
_FILE_NAME = re.compile(
    r"[^/]*\.(?:docx?|pdf|html?|xlsx?|pptx?|txt|jpe?g|png|gif|zip|md|py)$", re.IGNORECASE
)
# Services that put the address of a link into a parameter of their own.
_WRAPPERS = (
    (re.compile(r"(?:[\w-]+\.)?safelinks\.protection\.outlook\.com$"), "/", ("url",)),
    (re.compile(r"(?:www\.)?google(?:\.\w{2,3}){1,2}$"), "/url", ("q", "url")),
    (re.compile(r"l\.facebook\.com$"), "/l.php", ("u",)),
    (re.compile(r"(?:www\.)?linkedin\.com$"), "/redir/redirect", ("url",)),
)
# Proofpoint writes the address into the path of its own; '*' stands for what it took out.
_PROOFPOINT = re.compile(r"https://urldefense\.com/v3/__(https?:/[^*]+)__;")


def web_address(written: str) -> str:
    """Return the full address that is meant, or an empty string where there is no one meaning.

    Adds a missing scheme, drops a doubled one, and looks inside the links of mail filters. Reading
    the result again changes nothing.
    """
    address = strip_invisible(written)
    if quoted := _QUOTED.fullmatch(address):
        address = strip_invisible(next(filter(None, quoted.groups()), ""))
    if not address or len(address) > 4 * MAX_ADDRESS:
        return ""
    if _BARE_EMAIL.fullmatch(address):
        return f"mailto:{address}"
    address = _NO_SCHEME.sub("", address)
    address = _NO_SLASHES.sub(r"\1:", _DOUBLED.sub("", _PREFIXED.sub("", address)))
    if email := _WEB_EMAIL.fullmatch(address):
        return f"mailto:{email[1]}"
    address = _BROKEN_SCHEME.sub(r"\1://", address, count=1) if address[:4] != "mail" else address
    if not _SCHEME.match(address):
        if not _BARE_HOST.fullmatch(address) or _FILE_NAME.match(address):
            return ""
        address = f"https://{address}"
    if address[:4].lower() in {"mail", "tel:"}:
        return _mail_or_phone(address)
    for _ in range(MAX_WRAPPERS):
        inner = _wrapped(address)
        if not inner:
            break
        address = inner
    return address


def _mail_or_phone(address: str) -> str:
    """Return the address of an email or phone link if it names an email address or a number."""
    found = _MAILTO.fullmatch(address)
    if found is None:
        return address if _TEL.match(address) else ""
    recipients = unquote(found[1]).split(",")
    are_addresses = all(_RECIPIENT.fullmatch(recipient.strip()) for recipient in recipients)
    shares_a_page = not found[1] and len(found[2]) > 1
    return address if are_addresses or shares_a_page else ""


def is_on_this_site(address: str) -> bool:
    """Whether an address leads to another page of this site or to a place on the same page."""
    return address.startswith(("/", "#")) and not address.startswith(("//", "/\\"))


def _wrapped(address: str) -> str:
    """Return the address inside the link of a mail filter or search engine, if it is one."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        fields = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return ""
    if proofpoint := _PROOFPOINT.match(address):
        return proofpoint[1]
    for hosts, path, names in _WRAPPERS:
        if hosts.match(host) and parts.path.startswith(path):
            given = (value for name in names for value in fields.get(name, ()))
            return next(filter(_SCHEME.match, given), "")
    return ""
