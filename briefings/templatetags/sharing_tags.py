"""What a page says of itself to the sites on which it is shared: `briefings/_sharing.html`."""

from __future__ import annotations

from django import template

from briefings.models import Briefing
from briefings.rendering.sharing_picture import (
    SharingPicture,
    picture_of_briefing,
    picture_of_site,
)

register = template.Library()


@register.simple_tag
def sharing_picture(of: SharingPicture | Briefing | str) -> SharingPicture:
    """Return a picture itself, or that of a briefing; of any other page, that of the site."""
    if isinstance(of, SharingPicture):
        return of
    return picture_of_briefing(of) if isinstance(of, Briefing) else picture_of_site()
