"""What sign-up forms need, also on the pages of other apps."""

from django import template
from django.utils import timezone

from briefings.models import Briefing
from newsroom.form_signature import sign_form
from subscribers import consent_wording

register = template.Library()


@register.simple_tag
def sign_up_wording(briefing: Briefing | None = None) -> str:
    """Return what people consent to by sending the form; the consent record keeps these words."""
    return consent_wording.sign_up_wording(briefing)


@register.simple_tag
def undo_wording() -> str:
    """Return what people consent to when they undo unsubscribing."""
    return str(consent_wording.UNDO_WORDING)


@register.simple_tag
def form_signature() -> str:
    """Return the signature of a form on a page that may be cached."""
    return sign_form(at=timezone.now(), cached=True)
