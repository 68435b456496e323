"""Rich text: the field, the editor's configuration and the one allow-list.

The editor is no security boundary: it passes `javascript:` links through and its release is out of
support. Whatever reaches the column has passed `sanitise`, by whichever way it came.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import nh3
from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

ALIGNMENTS = {"left", "center", "right", "justify"}
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "target", "id", "name"},
    "img": {"src", "alt", "width", "height", "class"},
    "ol": {"start"},
    "p": {"style"},
    "h3": {"style"},
    "h4": {"style"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "style"},
    "th": {"colspan", "rowspan", "scope", "style"},
}
TAGS = set(
    "p h3 h4 strong em u s sub sup br hr pre blockquote caption thead tbody tr li ul ol "
    "a img table th td".split()
)
IMAGE_CLASSES = {"align-left", "align-right", "align-center"}
_ALIGN = re.compile(r"text-align:\s*(left|center|right|justify)", re.IGNORECASE)


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """Keep an attribute's value, mend it, or drop it with None."""
    if name == "style":
        align = _ALIGN.search(value)
        return f"text-align:{align[1].lower()}" if align else None
    if name in {"href", "src"} and value.lstrip().startswith(("//", "\\")):
        return None  # protocol-relative: another site under our scheme
    if tag == "img" and name == "src" and value.lower().startswith("mailto:"):
        return None
    if name == "class":
        return " ".join(sorted(IMAGE_CLASSES.intersection(value.split()))) or None
    if name == "target":
        return value if value == "_blank" else None
    return value


_IMAGE_WITHOUT_SOURCE = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")


def sanitise(html: str) -> str:
    """Reduce HTML to what an issue needs; the same text twice gives the same result."""
    clean = nh3.clean(
        html.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""),
        tags=TAGS,
        clean_content_tags={"script", "style", "title", "iframe", "object"},
        attributes=ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
        strip_comments=True,
    )
    return _IMAGE_WITHOUT_SOURCE.sub("", clean).strip()


class RichTextField(models.TextField):
    """Sanitised HTML: whatever is saved, by form, import, shell or `update()`, has been reduced."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Sanitise, and let the instance show what was stored."""
        value = sanitise(getattr(model_instance, self.attname) or "")
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Sanitise on the ways that pass no instance."""
        return super().get_db_prep_save(
            sanitise(value) if isinstance(value, str) else value, connection
        )
