"""`{% portrait person pixels %}`: the portrait of a contributor, or their initials."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django import template

from briefings.picture_sizes import sizes_of

if TYPE_CHECKING:
    from briefings.models import Contributor

register = template.Library()


@register.inclusion_tag("briefings/_portrait.html")
def portrait(person: Contributor, pixels: int) -> dict[str, Any]:
    """Show a contributor in a circle that is so wide and high in CSS pixels.

    The circle shows the middle of a picture that is not square, so it takes a wider copy of one
    that is wider than high.
    """
    sizes = sizes_of(person.photo.name or "") if person.photo else None
    needed = math.ceil(pixels * max(1, sizes.width / sizes.height)) if sizes else pixels
    return {"person": person, "pixels": pixels, "sizes": sizes, "needed": needed}
