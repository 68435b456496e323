"""Addresses as mail systems write them: commented, typed, wrapped in X.400 or in Exchange's own."""

from __future__ import annotations

import re

# Signs that stand around an address in a sentence, in any script.
_AROUND = r"""\s<>()\[\]{}:;,"@\\|`«»“”„‘’：；，、。！？（）［］｛｝「」『』【】〔〕〈〉《》＜＞…"""
_LOCAL = rf"""(?:"[^"\n@]{{1,64}}"|[^{_AROUND}]{{1,200}})"""
_LITERAL = r"\[(?:ipv6:)?[0-9a-fA-F.:]{3,45}\]"  # RFC 5321, section 4.1.3
_HOST = rf"""(?:{_LITERAL}|[^{_AROUND}']{{1,255}})"""
ADDRESS = f"{_LOCAL}@{_HOST}"
_ADDRESS = re.compile(ADDRESS)
_SCRIPTS = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_SCRIPTS_MEET = re.compile(rf"(?<=[{_SCRIPTS}])(?=[A-Za-z0-9<])|(?<=[A-Za-z0-9>])(?=[{_SCRIPTS}])")
_COMMENT = re.compile(r"\([^()]{0,300}\)")
_TYPE = re.compile(r"^\s*[A-Za-z][A-Za-z0-9 _-]{1,20}\s*;\s*")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,62}\.)*[\w-]{1,63})\.?", re.ASCII)
# RFC 2156, section 4.1.2 and 3.4: how '@' and others are written in an X.400 attribute.
_X400 = re.compile(r"(?i)RFC-?822=([^/;,\s>]{1,200})")
_X400_SIGNS = dict(zip(("(a)", "(p)", "(b)", "(q)", "(u)", "(l)", "(r)"), '@%!"_()', strict=True))
_ENCAPSULATED = re.compile(r"(?i)IMCEA(?:SMTP|EX|RFC822)?-([^@\s]{1,200})@")
_PLUS_HEX = re.compile(r"\+([0-9A-Fa-f]{2})")
_UTF8_HEX = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


def clean_address(text: str) -> str:
    """Give the address in a field such as `rfc822; <ada@example.com> (Ada)`; empty if none."""
    text = text.strip()[:1000]
    if found := _X400.search(text):
        address = found[1]
        for written, sign in _X400_SIGNS.items():
            address = address.replace(written, sign)
        return find_address(address)
    if found := _ENCAPSULATED.search(text):
        inner = _PLUS_HEX.sub(lambda code: chr(int(code[1], 16)), found[1])
        if address := find_address(inner):
            return address
    text = _UTF8_HEX.sub(lambda code: _character(code[1]), text)
    text = _TYPE.sub("", text)
    if "<" in text and (found := re.search(r"<([^<>]{3,320})>", text)):
        inner = find_address(found[1])
        if inner:
            return inner
    return find_address(_COMMENT.sub(" ", text)) or find_address(text)


def find_address(text: str) -> str:
    """Give the first address in a text; empty if there is none."""
    for found in _ADDRESS.finditer(text):
        if address := trim_address(found[0]):
            return address
    return ""


def trim_address(text: str) -> str:
    """Take signs of the sentence off an address; empty when nothing sensible is left."""
    local, _, domain = text.rpartition("@")
    if re.fullmatch(_LITERAL, domain):
        return f"{local}@{domain}" if local else ""
    domain = domain.strip(".,;:!?'\"*=/&#-_").split("/")[0].split("?")[0]
    local = re.sub(r"(?i)^(?:mailto:|smtp:|'|\*+|=+|&lt;|/+)+", "", local).lstrip("'*=<.")
    if "=" in local and re.match(
        r"(?i)(?:to|rcpt|recipient|address|email|user|smtp|dda:smtp)=", local
    ):
        local = local.split("=", 1)[1]
    if not local or not domain or len(local) > 64 + 136:
        return ""
    if domain.isascii() and not _DOMAIN.fullmatch(domain):
        return ""
    return f"{local}@{domain}"


def part_scripts(text: str) -> str:
    """Set the spaces that some scripts leave out: 收件人ivy@ward.example不存在."""
    return _SCRIPTS_MEET.sub(" ", text)


def local_of(text: str) -> str:
    """Give what may be a bare mailbox name in a field without an address."""
    bare = _COMMENT.sub(" ", _TYPE.sub("", text)).strip(" <>\"'.,;")
    return bare if re.fullmatch(r"[^\s@<>;:,/=]{1,64}", bare) else ""


def _character(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
