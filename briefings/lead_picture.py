"""The picture beside the newest issue on the home page: the first one in its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.picture_files import names_of_pictures
from briefings.picture_sizes import PictureSizes, sizes_of_pictures

if TYPE_CHECKING:
    from briefings.models import Issue

SMALLEST_SIDE = 240  # in pixels; smaller ones are logos and signs


def lead_picture(issue: Issue) -> PictureSizes | None:
    """Return the first picture of an issue that is large enough and not higher than wide."""
    bodies = list(issue.sections.filter(body__contains="<img").values_list("body", flat=True))
    known = {sizes.name: sizes for sizes in sizes_of_pictures(bodies)}
    for name in names_of_pictures(bodies):
        sizes = known.get(name)
        if sizes and sizes.widths and sizes.width >= sizes.height >= SMALLEST_SIDE:
            return sizes
    return None
