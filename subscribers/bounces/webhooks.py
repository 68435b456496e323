"""Take events from email providers' webhooks, which django-anymail verifies and translates.

We call only these two steps of Anymail's views, and use none of its signals. So the HTTP status
tells the provider when an event could not be recorded. The providers are listed in
newsroom/webhook_providers.py.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from typing import TYPE_CHECKING, Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import EventType, RejectReason
from anymail.webhooks import amazon_ses
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsroom.tokens import SIGNED_ID_CHARS
from newsroom.webhook_providers import PROVIDERS
from subscribers.bounces.classification import classify
from subscribers.bounces.delivery_lookup import delivery_with_token, latest_delivery
from subscribers.bounces.report import Reason, classification_of
from subscribers.bounces.suppression_policy import ReceivedEvent, apply_policy
from subscribers.models import BounceClassification, BounceSource, Delivery, Subscriber

if TYPE_CHECKING:
    from anymail.signals import AnymailTrackingEvent

log = logging.getLogger(__name__)

_TOKEN = re.compile(rf"\+([0-9a-fA-F]{{{SIGNED_ID_CHARS}}})@")
# The provider's own reason counts where the server's words give none.
REASON_BY_REJECT_REASON: dict[str, Reason] = {
    RejectReason.INVALID: Reason.USER_UNKNOWN,
    RejectReason.BOUNCED: Reason.USER_UNKNOWN,
    RejectReason.TIMED_OUT: Reason.EXPIRED,
    RejectReason.BLOCKED: Reason.POLICY,
    RejectReason.SPAM: Reason.SPAM,
}


class AmazonSesView(amazon_ses.AmazonSESTrackingWebhookView):  # type: ignore[misc]  # Anymail is untyped
    """Anymail's view without boto3, which it needs only to confirm a subscription."""

    def __init__(self, **secrets: str) -> None:
        self.auto_confirm_enabled = False
        super(amazon_ses.AmazonSESBaseWebhookView, self).__init__(**secrets)


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def provider_webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's events: 404 for one without a secret, 400 for events we cannot verify."""
    secret = settings.HOOK_SECRETS.get(provider)
    if not secret or provider not in PROVIDERS:
        raise Http404("provider not configured")
    if request.method == "HEAD":  # some providers test the address first
        return HttpResponse()
    configured = PROVIDERS[provider]
    view = import_string(configured.view)(**{configured.credential: secret})
    if configured.requests_password and "HTTP_AUTHORIZATION" not in request.META:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="hooks"'})
    try:
        view.run_validators(request)
        events = view.parse_events(request)
    except AnymailWebhookValidationFailure as failure:
        log.warning("rejected a webhook of %s: %s", provider, failure)
        return HttpResponse(status=400)
    except (AnymailError, ValueError, KeyError, TypeError, AttributeError) as failure:
        log.warning("could not parse a webhook of %s: %s", provider, type(failure).__name__)
        return HttpResponse(status=400)
    for event in events:
        _record(event, provider=provider)
    return HttpResponse()


def _record(tracking_event: AnymailTrackingEvent, *, provider: str) -> None:
    event = translate_event(tracking_event, provider=provider)
    if event is None:
        return
    delivery = _find_delivery(tracking_event)
    if delivery is None:
        log.warning("ignored an event of %s: no matching delivery", provider)
        return
    apply_policy(event, delivery, at=tracking_event.timestamp or timezone.now())


def translate_event(tracking_event: AnymailTrackingEvent, *, provider: str) -> ReceivedEvent | None:
    """Return a bounce or complaint in our terms; None for any other event."""
    diagnostic = " ".join(filter(None, [tracking_event.mta_response, tracking_event.description]))
    if tracking_event.event_type == EventType.COMPLAINED:
        reason, status = Reason.COMPLAINT, ""
        classification = BounceClassification.COMPLAINT
    elif tracking_event.event_type in {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}:
        found = classify(diagnostic)
        reason, status = found.reason, found.status
        if reason in {Reason.UNCLEAR, Reason.POLICY} and not status:
            reason = REASON_BY_REJECT_REASON.get(tracking_event.reject_reason or "", reason)
        temporary = found.temporary or _is_soft_bounce(tracking_event, provider=provider)
        classification = classification_of(reason, temporary=temporary)
        if (
            tracking_event.event_type == EventType.REJECTED
            and classification == BounceClassification.HARD
            and not diagnostic
        ):
            classification = BounceClassification.SOFT  # the provider did not even try
    else:
        return None
    return ReceivedEvent(
        source=BounceSource.HOOK,
        provider=provider,
        event_id=tracking_event.event_id or _digest(tracking_event),
        classification=classification,
        reason=reason,
        status=status,
        diagnostic=diagnostic,
    )


def _is_soft_bounce(tracking_event: AnymailTrackingEvent, *, provider: str) -> bool:
    """Whether the provider itself calls the failure temporary."""
    payload: Any = tracking_event.esp_event
    text = json.dumps(payload if isinstance(payload, dict) else {}, default=str).lower()
    return any(words in text for words in PROVIDERS[provider].soft_bounce_words)


def _digest(tracking_event: AnymailTrackingEvent) -> str:
    """Return an id for an event to which the provider gave none."""
    facts = [
        tracking_event.event_type,
        tracking_event.message_id,
        tracking_event.recipient,
        str(tracking_event.timestamp),
    ]
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def _find_delivery(tracking_event: AnymailTrackingEvent) -> Delivery | None:
    """Return the delivery by the token that our email carried, or the recipient's latest.

    An email sent through the provider's API carries it as metadata, one sent by SMTP in its return
    address. The provider has proved who it is, so we trust what it says about the recipient.
    """
    if delivery := delivery_with_token(
        str((tracking_event.metadata or {}).get("delivery", "")).lower()
    ):
        return delivery
    for token in _TOKEN.findall(json.dumps(tracking_event.esp_event, default=str))[:5]:
        if delivery := delivery_with_token(token.lower()):
            return delivery
    if not tracking_event.recipient:
        return None
    subscriber = Subscriber.objects.at_address(tracking_event.recipient).first()
    return latest_delivery(subscriber.pk) if subscriber else None
