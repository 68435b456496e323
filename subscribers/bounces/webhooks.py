"""Take events from email providers' webhooks, which django-anymail verifies and translates.

We call only these two steps of Anymail's views, and use none of its signals. So the HTTP status
tells the provider when an event could not be recorded. The providers are listed in
newsroom/webhook_providers.py, and what their events mean in provider_events.py.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import EventType, RejectReason
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsroom.rate_limits import recall, remember
from newsroom.tokens import SIGNED_ID_CHARS
from newsroom.webhook_providers import PROVIDERS
from subscribers.bounces.classification import ABOUT_US, classify
from subscribers.bounces.delivery_lookup import delivery_with_token, latest_delivery
from subscribers.bounces.provider_events import EventOutcome, event_name, event_outcome
from subscribers.bounces.report import Reason, classification_of
from subscribers.bounces.suppression_policy import ReceivedEvent, apply_policy, record_unsubscribe
from subscribers.bounces.webhook_views import MAILGUN_MAX_AGE
from subscribers.models import BounceClassification, BounceSource, Delivery, Subscriber

if TYPE_CHECKING:
    from datetime import datetime

    from anymail.signals import AnymailTrackingEvent

log = logging.getLogger(__name__)

# Providers nest their events five or six levels deep. Python's parser fails at about a thousand.
MAX_NESTING = 50
UNSUBSCRIBE_SOURCE = "the email provider's unsubscribe link"
_TOKEN = re.compile(rf"\+([0-9a-fA-F]{{{SIGNED_ID_CHARS}}})@")
# A whole string, or one that never ends; otherwise a bracket.
_JSON_NESTING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
# What Anymail's views raise for content that they do not expect.
_UNREADABLE = (
    AnymailError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImproperlyConfigured,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
# What an outcome stands for where the server's words give no reason.
_REASONS = {
    EventOutcome.HARD: Reason.USER_UNKNOWN,
    EventOutcome.FULL: Reason.FULL,
    EventOutcome.SOFT: Reason.UNCLEAR,
    EventOutcome.POLICY: Reason.POLICY,
    EventOutcome.BLOCKED: Reason.POLICY,
    EventOutcome.FAILED: Reason.UNCLEAR,
}
# Whatever the words, these may pass.
_MAY_PASS = {EventOutcome.SOFT, EventOutcome.BLOCKED}
# The provider's own reason is more exact than that.
_REASONS_OF_REFUSALS: dict[str, Reason] = {
    RejectReason.TIMED_OUT: Reason.EXPIRED,
    RejectReason.BLOCKED: Reason.POLICY,
    RejectReason.SPAM: Reason.SPAM,
}


class AlreadyReceived(Exception):
    """We have processed exactly this request before."""


@csrf_exempt
@require_http_methods(["POST", "HEAD", "GET"])
def provider_webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's events: 404 for one without a secret, 400 for events we cannot verify."""
    secret = settings.HOOK_SECRETS.get(provider)
    if not secret or provider not in PROVIDERS:
        raise Http404("provider not configured")
    configured = PROVIDERS[provider]
    if request.method == "HEAD" or (request.method == "GET" and configured.tests_with_get):
        return HttpResponse()  # some providers test the address first
    if request.method == "GET":
        return HttpResponse(status=405, headers={"Allow": "POST, HEAD"})
    if configured.requests_password and "HTTP_AUTHORIZATION" not in request.META:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="hooks"'})
    try:
        events = _verified_events(request, provider, secret)
    except AlreadyReceived:
        return HttpResponse()
    except AnymailWebhookValidationFailure as failure:
        log.warning("rejected a webhook of %s: %s", provider, failure)
        return HttpResponse(status=400)
    except _UNREADABLE as failure:
        log.warning("could not parse a webhook of %s: %s", provider, type(failure).__name__)
        return HttpResponse(status=400)
    try:
        for event in events:
            _record(event, provider=provider)
    except RecursionError:  # JSON in a string of the JSON, nested too deep to be searched
        return HttpResponse(status=400)
    _remember_signature(request, provider)
    return HttpResponse()


def _verified_events(
    request: HttpRequest, provider: str, secret: str
) -> list[AnymailTrackingEvent]:
    """Return the events of a request, verified. Raises AlreadyReceived, and what Anymail raises."""
    _check_nesting(request)
    configured = PROVIDERS[provider]
    view = import_string(configured.view)(**{configured.credential: secret})
    view.run_validators(request)
    _check_replay(request, provider)
    try:
        events: list[AnymailTrackingEvent] = view.parse_events(request)
    except AnymailWebhookValidationFailure:
        raise
    except _UNREADABLE:
        names = _names_without_effect(request, provider)
        if not names:
            raise
        log.warning("ignored an event of %s: %s", provider, ", ".join(names)[:200])
        return []
    if not events:
        log.info("a webhook of %s has no event that we know", provider)
    return events


def _names_without_effect(request: HttpRequest, provider: str) -> list[str]:
    """Return the names of the events if none has an effect, known or not; empty otherwise.

    Anymail cannot read some of them, such as the test with which MailerSend saves a webhook. An
    error would make the provider repeat them, or turn the webhook off.
    """
    try:
        payload = json.loads(request.body)
    except ValueError:
        return []
    if isinstance(payload, dict) and isinstance(payload.get("events"), list):
        payload = payload["events"]
    events = payload if isinstance(payload, list) else [payload]
    names = [event_name(provider, event) for event in events]
    outcomes = {event_outcome(provider, event) for event in events}
    return names if all(names) and outcomes <= {None, EventOutcome.NOTHING} else []


def _check_nesting(request: HttpRequest) -> None:
    """Raise ValueError if JSON in the request is nested too deep to be parsed safely."""
    texts = [request.body]
    if request.content_type != "application/json":
        texts += [str(value).encode("utf-8", "replace") for value in request.POST.values()]
    if any(nesting_depth(text) > MAX_NESTING for text in texts):
        raise ValueError("nested too deep")


def nesting_depth(text: bytes) -> int:
    """Return how deep JSON is nested, without parsing it."""
    depth = deepest = 0
    for found in _JSON_NESTING.finditer(text):
        if found[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in b"]}":
            depth -= 1
    return deepest


def _check_replay(request: HttpRequest, provider: str) -> None:
    """Refuse a signature that we have seen with other content.

    Mailgun signs a time and a token, but not the event. Raises AlreadyReceived for the same
    content, which Mailgun repeats if our answer was lost.
    """
    if not (token := _signed_token(request, provider)):
        return
    if seen := recall("webhook", token):
        if seen == hashlib.sha256(request.body).hexdigest():
            raise AlreadyReceived
        raise AnymailWebhookValidationFailure("its signature was used before")


def _remember_signature(request: HttpRequest, provider: str) -> None:
    if token := _signed_token(request, provider):
        note = hashlib.sha256(request.body).hexdigest()
        remember("webhook", token, note, window=2 * MAILGUN_MAX_AGE)


def _signed_token(request: HttpRequest, provider: str) -> str:
    """Return what a provider signed in place of the content; empty if it signed the content."""
    if provider != "mailgun":
        return ""
    if request.content_type == "application/json":
        return str(json.loads(request.body)["signature"]["token"])
    return str(request.POST["token"])


def _record(tracking_event: AnymailTrackingEvent, *, provider: str) -> None:
    outcome = _outcome(tracking_event, provider=provider)
    if outcome == EventOutcome.NOTHING:
        return
    delivery = _find_delivery(tracking_event)
    if delivery is None:
        log.warning("ignored an event of %s: no matching delivery", provider)
        return
    at = _time_of(tracking_event)
    if outcome == EventOutcome.UNSUBSCRIBED:
        record_unsubscribe(
            delivery.subscriber_id,
            delivery.dispatch.issue.briefing_id,
            source=UNSUBSCRIBE_SOURCE,
            at=at,
        )
        return
    apply_policy(translate_event(tracking_event, outcome, provider=provider), delivery, at=at)


def _time_of(tracking_event: AnymailTrackingEvent) -> datetime:
    """Return when an event happened; now if it does not say so, or names a time to come."""
    now = timezone.now()
    at: datetime | None = tracking_event.timestamp
    if at is None:
        return now
    return min(at if timezone.is_aware(at) else at.replace(tzinfo=now.tzinfo), now)


def _outcome(tracking_event: AnymailTrackingEvent, *, provider: str) -> EventOutcome:
    payload = tracking_event.esp_event
    if (outcome := event_outcome(provider, payload)) is not None:
        return outcome
    log.warning(
        "an event of %s that we do not know: %s",
        provider,
        event_name(provider, payload)[:200] or tracking_event.event_type,
    )
    # A sort of bounce that its provider added since.
    failed = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}
    return EventOutcome.SOFT if tracking_event.event_type in failed else EventOutcome.NOTHING


def translate_event(
    tracking_event: AnymailTrackingEvent, outcome: EventOutcome, *, provider: str
) -> ReceivedEvent:
    """Return a bounce or complaint in our terms."""
    diagnostic = _words_of(tracking_event)
    if outcome == EventOutcome.COMPLAINT:
        reason, status = Reason.COMPLAINT, ""
        classification = BounceClassification.COMPLAINT
    else:
        found = classify(diagnostic, recipient=tracking_event.recipient or "")
        reason, status = found.reason, found.status
        if reason == Reason.UNCLEAR or (reason == Reason.POLICY and not status):
            refused = _REASONS_OF_REFUSALS.get(tracking_event.reject_reason or "")
            reason = refused or _REASONS[outcome]
        elif outcome == EventOutcome.POLICY and reason not in ABOUT_US | {Reason.RATE}:
            reason = Reason.POLICY
        elif outcome == EventOutcome.FULL and reason not in ABOUT_US:
            reason = Reason.FULL
        temporary = found.temporary or outcome in _MAY_PASS
        classification = classification_of(reason, temporary=temporary)
    return ReceivedEvent(
        source=BounceSource.HOOK,
        provider=provider,
        event_id=tracking_event.event_id or _digest(tracking_event),
        classification=classification,
        reason=reason,
        status=status,
        diagnostic=diagnostic,
    )


def _words_of(tracking_event: AnymailTrackingEvent) -> str:
    """Return what the server or the provider says in words; Anymail leaves out some reasons."""
    payload = tracking_event.esp_event
    words = [
        str(one)
        for one in (
            tracking_event.mta_response,
            tracking_event.description,
            payload.get("reason") if isinstance(payload, Mapping) else "",
        )
        if one
    ]
    return " ".join(dict.fromkeys(words))


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
    metadata = tracking_event.metadata if isinstance(tracking_event.metadata, Mapping) else {}
    if delivery := delivery_with_token(str(metadata.get("delivery", "")).lower()):
        return delivery
    for token in _TOKEN.findall(json.dumps(tracking_event.esp_event, default=str))[:5]:
        if delivery := delivery_with_token(token.lower()):
            return delivery
    # Resend's events about contacts name no email.
    payload: Any = tracking_event.esp_event
    data = payload.get("data") if isinstance(payload, Mapping) else None
    address = tracking_event.recipient or (data.get("email") if isinstance(data, Mapping) else "")
    if not isinstance(address, str) or not address:
        return None
    subscriber = Subscriber.objects.at_address(address).first()
    return latest_delivery(subscriber.pk) if subscriber else None
