"""The consent's wording in a template: `{% sign_up_wording briefing %}`."""

from django import template
from django.utils import timezone

from briefings.models import Briefing
from subscribers import consent_wording
from subscribers.signup.form_signature import make_stamp

register = template.Library()


@register.simple_tag
def sign_up_stamp() -> str:
    """Stamp a form on a page that may be cached."""
    return make_stamp(at=timezone.now(), cached=True)


@register.simple_tag
def sign_up_wording(briefing: Briefing | None = None) -> str:
    """Say what pressing the button agrees to; the same words are kept with the consent."""
    return consent_wording.sign_up_wording(briefing)
