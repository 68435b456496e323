"""Webhooks of large providers: django-anymail checks and reads them, we act on the events.

Anymail's views are used for their two steps alone, the proof of origin and the translation, so
nothing travels by signals and the answer tells when an event could not be kept.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import EventType, RejectReason
from anymail.webhooks import (
    amazon_ses,
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    postmark,
    sendgrid,
    sparkpost,
)
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsroom.tokens import SIGNED_ID_CHARS
from newsroom.webhook_secrets import SECRET_SETTINGS
from subscribers.bounces.classification import judge
from subscribers.bounces.delivery_lookup import latest_letter, trace_seal
from subscribers.bounces.event_actions import Event, act_on
from subscribers.bounces.report import Reason, verdict_of
from subscribers.models import BounceClassification, BounceSource, Delivery, Subscriber

if TYPE_CHECKING:
    from anymail.signals import AnymailTrackingEvent

log = logging.getLogger(__name__)

_SEAL = re.compile(rf"\+([0-9a-fA-F]{{{SIGNED_ID_CHARS}}})@")
# What a provider says by a word of its own when the server's words say nothing plain.
REASON_OF: dict[str, Reason] = {
    RejectReason.INVALID: Reason.USER_UNKNOWN,
    RejectReason.BOUNCED: Reason.USER_UNKNOWN,
    RejectReason.TIMED_OUT: Reason.EXPIRED,
    RejectReason.BLOCKED: Reason.POLICY,
    RejectReason.SPAM: Reason.SPAM,
}


class _AmazonSes(amazon_ses.AmazonSESTrackingWebhookView):  # type: ignore[misc]  # Anymail is untyped
    """Amazon's, without its own client library: that is for confirming a subscription only."""

    def __init__(self, **secrets: str) -> None:
        self.auto_confirm_enabled = False
        super(amazon_ses.AmazonSESBaseWebhookView, self).__init__(**secrets)


VIEWS: dict[str, Callable[..., Any]] = {
    "amazon-ses": _AmazonSes,
    "brevo": brevo.BrevoTrackingWebhookView,
    "mailersend": mailersend.MailerSendTrackingWebhookView,
    "mailgun": mailgun.MailgunTrackingWebhookView,
    "mailjet": mailjet.MailjetTrackingWebhookView,
    "mailtrap": mailtrap.MailtrapTrackingWebhookView,
    "postmark": postmark.PostmarkTrackingWebhookView,
    "sendgrid": sendgrid.SendGridTrackingWebhookView,
    "sparkpost": sparkpost.SparkPostTrackingWebhookView,
}


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def hook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's events; 404 for one that is not configured, 400 for what proves nothing."""
    secret = settings.HOOK_SECRETS.get(provider)
    if not secret or provider not in VIEWS:
        raise Http404("no such provider here")
    if request.method == "HEAD":  # some try the address before they use it
        return HttpResponse()
    view = VIEWS[provider](**{SECRET_SETTINGS[provider]: secret})
    if provider == "amazon-ses" and "HTTP_AUTHORIZATION" not in request.META:
        # It proves itself only when it is asked to (Amazon SNS, HTTP authentication).
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="hooks"'})
    try:
        view.run_validators(request)
        events = view.parse_events(request)
    except AnymailWebhookValidationFailure as failure:
        log.warning("a webhook of %s was refused: %s", provider, failure)
        return HttpResponse(status=400)
    except (AnymailError, ValueError, KeyError, TypeError, AttributeError) as failure:
        log.warning("a webhook of %s could not be read: %s", provider, type(failure).__name__)
        return HttpResponse(status=400)
    for event in events:
        _take(event, provider=provider)
    return HttpResponse()


def _take(told: AnymailTrackingEvent, *, provider: str) -> None:
    event = read_event(told, provider=provider)
    if event is None:
        return
    delivery = _letter_of(told)
    if delivery is None:
        log.warning("an event of %s is about no letter of ours", provider)
        return
    act_on(event, delivery, at=told.timestamp or timezone.now())


def read_event(told: AnymailTrackingEvent, *, provider: str) -> Event | None:
    """Translate a tracking event; None for what is neither bounce nor complaint."""
    words = " ".join(filter(None, [told.mta_response, told.description]))
    if told.event_type == EventType.COMPLAINED:
        verdict, reason, status = BounceClassification.COMPLAINT, Reason.COMPLAINT, ""
    elif told.event_type in {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}:
        judged = judge(words)
        reason, status = judged.reason, judged.status
        if reason in {Reason.UNCLEAR, Reason.POLICY} and not status:
            reason = REASON_OF.get(told.reject_reason or "", reason)
        soft = _says_soft(told)
        verdict = BounceClassification(verdict_of(reason, temporary=judged.temporary or soft).value)
        if (
            told.event_type == EventType.REJECTED
            and verdict == BounceClassification.HARD
            and not words
        ):
            verdict = BounceClassification.SOFT  # the provider did not even try
    else:
        return None
    return Event(
        source=BounceSource.HOOK,
        provider=provider,
        event_id=told.event_id or _digest(told),
        verdict=verdict,
        reason=reason,
        status=status,
        diagnostic=words,
    )


def _says_soft(told: AnymailTrackingEvent) -> bool:
    """Whether the provider itself calls it temporary."""
    raw = told.esp_event if isinstance(told.esp_event, dict) else {}
    words = json.dumps(raw, default=str).lower()
    return any(
        sign in words
        for sign in ('"transient"', '"softbounce"', '"soft_bounce"', '"temporary"', "soft bounce")
    )


def _digest(told: AnymailTrackingEvent) -> str:
    facts = [told.event_type, told.message_id, told.recipient, str(told.timestamp)]
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def _letter_of(told: AnymailTrackingEvent) -> Delivery | None:
    """Find the letter: by the seal that it carried, or else its reader's latest.

    A letter by the provider's own interface carried it as metadata, one by SMTP in its return
    address. The provider has proved who it is, so its word on the recipient may be taken.
    """
    if delivery := trace_seal(str((told.metadata or {}).get("delivery", "")).lower()):
        return delivery
    for seal in _SEAL.findall(json.dumps(told.esp_event, default=str))[:5]:
        if delivery := trace_seal(seal.lower()):
            return delivery
    if not told.recipient:
        return None
    subscriber = Subscriber.objects.at_address(told.recipient).first()
    return latest_letter(subscriber.pk) if subscriber else None
