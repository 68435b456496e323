"""The consent's wording in a template: `{% sign_up_wording briefing %}`."""

from django import template

from briefings.models import Briefing
from subscribers import wording

register = template.Library()


@register.simple_tag
def sign_up_wording(briefing: Briefing | None = None) -> str:
    """Say what pressing the button agrees to; the same words are kept with the consent."""
    return wording.sign_up_wording(briefing)
