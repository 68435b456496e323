"""What a reader may write as their name: nothing that passes for the staff or breaks the page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from briefings.models import Briefing, Contributor
from newsroom.confusables import skeletons
from newsroom.invisible_characters import has_hidden_character, has_visible, is_joiner
from newsroom.name_rules import validate_name

# Thai and Hebrew put up to three marks on a character.
MAX_MARKS = 4
# What the page says of authors, and what would pass for it, in the languages of our readers.
_ROLES = frozenset(
    {
        *("admin", "administrator", "author", "authors", "autor", "autoren", "autorin"),
        *("editor", "editors", "editorial", "moderator", "moderators", "newsroom", "official"),
        *("redaktion", "staff", "verified"),
    }
)
_WORD = re.compile(r"[^\W_]+")
_ALLOWED_PUNCTUATION = frozenset(" .,'’‘ʼ`´-‐‑–()·・&/\"“”_+:;#*")


def clean_comment_name(typed: str, *, own: Collection[str] = ()) -> str:
    """Return a name on one line, or an empty string if none of it is visible.

    Raises ValidationError as `validate_comment_name` does.
    """
    name = " ".join(typed.split())
    if not has_visible(name):
        return ""
    validate_comment_name(name, own=own)
    return name


def validate_comment_name(name: str, *, own: Collection[str] = ()) -> None:
    """Raise ValidationError if a comment cannot have this name.

    `own` are the names that belong to its writer, although they are refused to others.
    """
    if name in own:
        return
    if has_hidden_character(name) or _has_stacked_marks(name):
        raise ValidationError(
            gettext(
                "Your name contains characters that cannot be shown. Type it again, or leave it"
                " empty."
            ),
            code="hidden",
        )
    validate_name(name)
    if not all(_is_of_a_name(char) for char in name):
        raise ValidationError(
            gettext(
                "Your name cannot include symbols or emoji. Leave them out, or leave the name"
                " empty."
            ),
            code="character",
        )
    if is_taken_name(name):
        raise ValidationError(
            gettext(
                "This name could be mistaken for one of our authors or editors. Enter another name,"
                " or leave it empty. If it is yours, sign in for comments first."
            ),
            code="taken",
        )


def _has_stacked_marks(name: str) -> bool:
    run = 0
    for char in unicodedata.normalize("NFC", name):
        if is_joiner(char):  # the marks after it stand on the same character
            continue
        run = run + 1 if unicodedata.category(char)[0] == "M" else 0
        if run > MAX_MARKS:
            return True
    return False


def _is_of_a_name(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" or char in _ALLOWED_PUNCTUATION or is_joiner(char)


def is_taken_name(name: str) -> bool:
    """Whether a name is, contains, or looks like a name of the staff, or claims a role."""
    forms = [_words(form) for form in skeletons(name)]
    roles = {form for role in _ROLES for form in skeletons(role)}
    if any(roles & {*words, "".join(words)} for words in forms):
        return True
    taken = [_words(form) for known in _known_names() for form in skeletons(known)]
    return any(_resembles(words, other) for words in forms for other in taken if other)


def _resembles(words: list[str], known: list[str]) -> bool:
    """Whether words are a known name, in any order and spacing, or have all of it in them."""
    if "".join(words) == "".join(known) or sorted(words) == sorted(known):
        return True
    # A single word, such as a first name, may be part of anybody's name.
    return len(known) > 1 and "".join(known) in "".join(words) and {*known} <= {*words}


def _words(skeleton: str) -> list[str]:
    return _WORD.findall(skeleton)


def _known_names() -> set[str]:
    """Return the names of contributors, staff accounts and briefings, and of the site."""
    staff = get_user_model().objects.filter(is_staff=True, is_active=True)
    names = {
        f"{first} {last}".strip() for first, last in staff.values_list("first_name", "last_name")
    }
    names |= {*Contributor.objects.values_list("name", flat=True), settings.SITE_NAME}
    names |= {*Briefing.objects.values_list("title", flat=True)}
    return names - {""}
