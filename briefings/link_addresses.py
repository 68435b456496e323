"""Read the address of a link as it was written, pasted or rewritten by a mail filter."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from itertools import islice
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
_QUOTED = re.compile(
    r"<(.*)>|\"(.*)\"|'(.*)'|“(.*)”|‘(.*)’|„(.*)“|«(.*)»|\((.*)\)|\[(.*)\]", re.DOTALL
)
# 'Ann Lee <ann@a.example>', as email programs show an address.
_NAMED_EMAIL = re.compile(
    r"(?:mailto:)?[^<>@]{0,200}<(?:mailto:)?\s*([^\s<>]+@[^\s<>]+)\s*>", re.IGNORECASE
)
# What belongs to the sentence around an address.
_BEHIND = re.compile(r"[,”’»>]+\Z")
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
    (re.compile(r"lm?\.facebook\.com$"), "/l.php", ("u",)),
    (re.compile(r"(?:www\.)?linkedin\.com$"), "/redir/redirect", ("url",)),
    (re.compile(r"(?:www\.)?youtube\.com$"), "/redirect", ("q",)),
    (re.compile(r"(?:www\.)?slack-redir\.net$"), "/link", ("url",)),
    (re.compile(r"(?:\w+\.)?duckduckgo\.com$"), "/l/", ("uddg",)),
    (re.compile(r"out\.reddit\.com$"), "/", ("url",)),
    # mail filters
    (re.compile(r"linkprotect\.cudasvc\.com$"), "/url", ("a",)),
    (re.compile(r"(?:[\w-]+\.)?clicktime\.symantec\.com$"), "/", ("u",)),
    (re.compile(r"(?:[\w-]+\.)?trendmicro\.com(?::\d+)?$"), "/wis/clicktime", ("url",)),
    (re.compile(r"protect2?\.fireeye\.com$"), "/", ("u",)),
    (re.compile(r"urldefense\.proofpoint\.com$"), "/v1/url", ("u",)),
)
# Proofpoint writes the address with characters of its own. In the third version, '*' stands for one
# that it took out, and '**' with another behind it for several: they follow in base64.
_PROOFPOINT_2 = re.compile(r"https://urldefense\.proofpoint\.com/v2/url\?(?:[^#]*&)?u=([^&#]+)")
_PROOFPOINT_3 = re.compile(r"https://urldefense\.(?:com|us)/v3/__(https?:/.+?)__;([\w*=-]*)!")
_TAKEN_OUT = re.compile(r"\*(?:\*([\w-]))?")
_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# Cisco writes it behind a signature.
_CISCO = re.compile(
    r"https?://secure-web\.cisco\.com/[\w-]+/(https?%3A%2F%2F[^/?#]+)", re.IGNORECASE
)


def web_address(written: str) -> str:
    """Return the full address that is meant, or an empty string where there is no one meaning.

    Adds a missing scheme, drops a doubled one, and looks inside the links of mail filters. Reading
    the result again changes nothing.
    """
    address = _without_surroundings(strip_invisible(written))
    if not address:
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


def _without_surroundings(address: str) -> str:
    """Return an address without the quotation marks, the name or the sentence around it."""
    if quoted := _QUOTED.fullmatch(address.rstrip(",")):
        address = strip_invisible(next(filter(None, quoted.groups()), ""))
    if len(address) > 4 * MAX_ADDRESS:
        return ""
    is_mailto = address[:7].lower() == "mailto:"
    if named := _NAMED_EMAIL.fullmatch(unquote(address) if is_mailto else address):
        address = named[1]
    return _without_closing(_BEHIND.sub("", address))


def _mail_or_phone(address: str) -> str:
    """Return the address of an email or phone link if it names an email address or a number."""
    found = _MAILTO.fullmatch(address)
    if found is None:
        return address if _TEL.match(address) else ""
    written = unquote(found[1]).strip(" .,;").replace(";", ",")  # Outlook's list has semicolons
    recipients = [recipient.strip() for recipient in written.split(",")]
    if all(map(_RECIPIENT.fullmatch, recipients)):
        is_same = recipients == unquote(found[1]).split(",")
        return address if is_same else f"mailto:{','.join(recipients)}{found[2]}"
    shares_a_page = not found[1] and len(found[2]) > 1
    return address if shares_a_page else ""


def _without_closing(address: str) -> str:
    """Return an address without the brackets at its end that none in it opens."""
    for opening, closing in ("()", "[]"):
        while address.endswith(closing) and address.count(closing) > address.count(opening):
            address = address[:-1]
    return address


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
    if inner := _by_proofpoint(address):
        return inner
    if cisco := _CISCO.match(address):
        return unquote(cisco[1])
    for hosts, path, names in _WRAPPERS:
        if hosts.match(host) and parts.path.startswith(path):
            given = (value for name in names for value in fields.get(name, ()))
            return next(filter(_SCHEME.match, given), "")
    return ""


def _by_proofpoint(address: str) -> str:
    if found := _PROOFPOINT_2.match(address):
        inner = unquote(found[1].replace("-", "%").replace("_", "/"))
        return inner if _SCHEME.match(inner) else ""
    found = _PROOFPOINT_3.match(address)
    if found is None:
        return ""
    try:
        taken_out = urlsafe_b64decode(f"{found[2]}==").decode()
    except ValueError:
        return ""
    characters = iter(taken_out)

    def put_in(mark: re.Match[str]) -> str:
        return "".join(islice(characters, _RUNS.index(mark[1]) + 2 if mark[1] else 1))

    inner = _TAKEN_OUT.sub(put_in, found[1])
    return re.sub(r"\A(https?:/)(?=[^/])", r"\1/", inner)
