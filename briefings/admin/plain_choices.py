"""Choices among what is there, and keys of rows as they come from outside."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper


def read_key(value: object) -> int:
    """Read a row's key that came from outside; 0, which no row has, for what is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


class PlainChoices:
    """For an admin class: drop the icons that add, change and look at related rows."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Make the field as the admin does, without what it wraps around choices."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # the admin class follows
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field
