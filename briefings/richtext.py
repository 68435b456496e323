"""Rich text: the model field, the editor's configuration and the one allow-list.

The editor is not a security boundary: it lets `javascript:` links through and its release is out of
support. Everything that reaches the database column has passed `sanitise`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import nh3
from ckeditor.widgets import CKEditorWidget
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import NoReverseMatch, reverse

from briefings.link_addresses import is_on_this_site, web_address
from newsroom.html_tree import VOID, parse, write
from newsroom.invisible_characters import replace_nul

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# A long feature has 15,000 characters; ten times that is a mistake in pasting.
MAX_BODY_CHARS = 150_000

# --- the allow-list --------------------------------------------------------------------------

ALIGNMENTS = ("left", "center", "right", "justify")
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "target", "id", "name"},
    "blockquote": {"data-response"},  # the comment that it quotes: briefings/quotations/
    "img": {"src", "alt", "width", "height", "class"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "p": {"style"},
    "h3": {"style"},
    "h4": {"style"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "style"},
    "th": {"colspan", "rowspan", "scope", "style"},
}
TAGS = {
    *("p", "h3", "h4", "pre", "blockquote", "hr", "br", "ul", "ol", "li", "a", "img"),
    *("strong", "em", "u", "s", "sub", "sup"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
IMAGE_CLASSES = {"align-left", "align-right", "align-center"}
NUMBER_TYPES = {"1", "a", "A", "i", "I"}
URL_SCHEMES = {"http", "https", "mailto", "tel"}
_ALIGN = re.compile(rf"text-align:\s*({'|'.join(ALIGNMENTS)})", re.IGNORECASE)
# A tag as nh3 writes it: quotation marks inside values are escaped, so a match is a whole tag.
_TAG = re.compile(r'<([a-z][a-z0-9]*)((?:\s[^\s="<>/]+="[^"]*")*)\s*/?>')

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,6}")
# Attributes that say one thing, or nothing.
_EXACT = {"target": re.compile("_blank"), "data-response": re.compile(r"[1-9][0-9]{0,17}")}
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """Return an attribute's value, changed if need be; None drops the attribute."""
    if name == "style":
        align = _ALIGN.search(value)
        return f"text-align:{align[1].lower()}" if align else None
    if name == "href" and not is_on_this_site(value):
        value = web_address(value) or value
    if name in {"href", "src"} and value.lstrip().startswith(("//", "\\", "/\\")):
        return None  # protocol-relative: another site under our scheme
    if tag == "img" and name == "src" and value.lower().lstrip().startswith(("mailto:", "tel:")):
        return None
    if name == "type":
        return value if value in NUMBER_TYPES else None
    if name == "value":
        return whole[0] if (whole := _WHOLE_NUMBER.fullmatch(value.strip())) else None
    if name == "class":
        return " ".join(sorted(IMAGE_CLASSES.intersection(value.split()))) or None
    if name in _EXACT:
        return value if _EXACT[name].fullmatch(value) else None
    return value


def _without_empty_image(tag: re.Match[str]) -> str:
    return "" if tag[1] == "img" and ' src="' not in tag[2] else tag[0]


MAX_PASSES = 10
# Deeper nesting than this is a mistake or an attack; the parser's time grows with its square.
MAX_OPEN = 150


def sanitise(html: str) -> str:
    """Return HTML reduced to the allow-list; sanitising the result again changes nothing.

    The parser moves what is in the wrong place (a link in a link, text between table rows), and may
    move it again when it parses its own output. An approved issue must not change, so this repeats
    until nothing moves. In a trial with 60,000 texts of random tags, the worst took four passes.
    """
    text = replace_nul(html).replace("\r\n", "\n").replace("\r", "\n")
    if _deepest(text) > MAX_OPEN:
        text = write(parse(text, repair=True))
    for _ in range(MAX_PASSES):
        clean = _clean(text)
        if clean == text:
            break
        text = clean
    return text


def _deepest(html: str) -> int:
    """Return how many elements are open at once at most, by their tags alone.

    The parser opens emphasis that was never closed again in each paragraph that follows.
    """
    deepest = opened = 0
    for closing, tag in _ANY_TAG.findall(html):
        if closing:
            opened = max(opened - 1, 0)
        elif tag.lower() not in VOID:
            opened += 1
            deepest = max(deepest, opened)
    return deepest


def _clean(html: str) -> str:
    clean = nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags={"script", "style", "title", "iframe", "object"},
        attributes=ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes=URL_SCHEMES,
        link_rel=None,
        strip_comments=True,
    )
    return _TAG.sub(_without_empty_image, clean).strip()


# --- the editor ------------------------------------------------------------------------------


def _allowed_content() -> str:
    """Return the allow-list in the editor's syntax, so that it shows what will be kept."""
    rules = []
    for tag in sorted(TAGS):
        attributes = ATTRIBUTES.get(tag, set()) - {"style", "class"}
        rule = tag
        if attributes:
            rule += f"[{','.join(sorted(attributes))}]".replace("src", "!src")
        if "style" in ATTRIBUTES.get(tag, set()):
            rule += "{text-align}"
        if tag == "img":
            rule += f"({','.join(sorted(IMAGE_CLASSES))})"
        rules.append(rule)
    return "; ".join(rules)


EDITOR: dict[str, Any] = {
    "versionCheck": False,  # it would call the vendor's server
    "skin": "moono-lisa",
    "title": "Text of this section",
    "width": "100%",
    "height": "auto",
    # A div instead of an iframe: the content security policy stays strict, and a section that is
    # moved keeps its text.
    # Quotations of readers are widgets (static/newsroom_admin/quotations.js).
    "extraPlugins": "divarea,widget",
    "removePlugins": (
        "exportpdf,scayt,wsc,flash,iframe,forms,smiley,save,newpage,print,preview,templates,language,"
        "bidi,div,about,copyformatting,sourcearea,stylescombo,font,colorbutton,colordialog,"
        "filebrowser,uploadimage,elementspath,resize,pagebreak,showblocks,find,selectall,"
        # without these, a right click opens the browser's own menu, which has the spelling checker
        "contextmenu,tabletools,tableselection,liststyle,"
        "pastefromgdocs"  # loses whole pastes; static/newsroom_admin/paste.js reads them
    ),
    "toolbar": [
        ["Format", "Bold", "Italic"],
        ["Link", "Unlink"],
        ["BulletedList", "NumberedList", "Blockquote"],
        ["Image", "Table", "HorizontalRule", "SpecialChar"],
        ["PasteText", "RemoveFormat"],
        ["Undo", "Redo"],
    ],
    "format_tags": "p;h3;h4;pre",
    "entities": False,
    "disableNativeSpellChecker": False,
    "allowedContent": _allowed_content(),
    "disallowedContent": "script; style; *[on*]",
    # Pictures are uploaded; pasted ones would be data URLs, which the allow-list drops.
    "clipboard_handleImages": False,
    "pasteFromWord_inlineImages": False,
    # static/newsroom_admin/editor.js puts the text into the form, and only where it was changed:
    # the editor rewrites markup that nobody touched, which would end an approval.
    "autoUpdateElement": False,
}


class RichTextWidget(CKEditorWidget):  # type: ignore[misc]  # the package has no types
    """CKEditor with the configuration above."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"data-limit": MAX_BODY_CHARS, **(attrs or {})})
        self.config = dict(EDITOR)

    @property
    def media(self) -> forms.Media:
        media: forms.Media = super().media
        # The editor is listed again, so that our scripts come after it however media are merged.
        return media + forms.Media(
            js=[
                "ckeditor/ckeditor/ckeditor.js",
                "newsroom_admin/editor.js",
                "newsroom_admin/image_upload.js",
                "newsroom_admin/picture_dialog.js",
                "newsroom_admin/link_dialog.js",
                "newsroom_admin/paste.js",
            ]
        )

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        try:
            self.config["pictureUploadUrl"] = reverse("admin:briefings_upload_image")
            self.config["linkSearchUrl"] = reverse("admin:briefings_link_search")
        except NoReverseMatch:  # without the admin, nothing can be uploaded or searched
            self.config.pop("pictureUploadUrl", None)
        context: dict[str, Any] = super().get_context(name, value, attrs)
        return context


class RichTextFormField(forms.CharField):
    """A form field that sanitises its input, so that unchanged text compares as unchanged."""

    def to_python(self, value: Any) -> str:
        words = str(value or "")
        if len(words) > MAX_BODY_CHARS:
            raise ValidationError(
                f"This section has {len(words):,} characters of text and markup. The limit"
                f" is {MAX_BODY_CHARS:,}. Check that nothing was pasted twice, then shorten or"
                " split it.",
                code="too_long",
            )
        return sanitise(words)


class RichTextField(models.TextField[str, str]):
    """A column of sanitised HTML, whether saved by a form, an import, a shell or `update()`."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001  (Django's)
        """Return the sanitised value and set it on the instance too."""
        value = sanitise(getattr(model_instance, self.attname) or "")
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the sanitised value where no instance is saved, as in `update()`."""
        return super().get_db_prep_save(
            sanitise(value) if isinstance(value, str) else value, connection
        )

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        """Return a form field with the editor."""
        kwargs["widget"] = RichTextWidget()
        return super().formfield(**{"form_class": RichTextFormField, **kwargs})
