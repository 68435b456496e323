"""What the events of email providers mean: one table for each provider, from its documentation.

A row's name is the provider's own words, from the general to the specific, as in
`Bounce/Permanent/NoEmail`. The longest row that an event's name starts with decides. An event
without a row changes nothing, except that a bounce of an unknown sort counts as soft.

A provider that keeps an address on a list of its own and does not try says nothing new about the
mailbox: such a row is SOFT. What it merely retries is NOTHING, because the final event follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.utils.module_loading import import_string

from newsroom.webhook_providers import PROVIDERS

Payload = Mapping[str, Any]


class EventOutcome(Enum):
    """What an event says happened to our email or to the reader's subscription."""

    HARD = auto()  # failed for good; the server's words may still say that we are to blame
    FULL = auto()
    SOFT = auto()  # failed, whatever the words, in a way that may pass
    POLICY = auto()  # we or the content were refused
    COMPLAINT = auto()
    UNSUBSCRIBED = auto()  # at the provider's own link, or on its list of those who did
    NOTHING = auto()


HARD, FULL, SOFT = EventOutcome.HARD, EventOutcome.FULL, EventOutcome.SOFT
POLICY, COMPLAINT = EventOutcome.POLICY, EventOutcome.COMPLAINT
UNSUBSCRIBED, NOTHING = EventOutcome.UNSUBSCRIBED, EventOutcome.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvents:
    """How a provider names its events, and what each name means. Names are in lower case."""

    name: Callable[[Payload], tuple[object, ...]]
    outcomes: dict[str, EventOutcome]


def events_of(provider: str) -> ProviderEvents:
    """Return the table of one of `PROVIDERS`."""
    table: ProviderEvents = import_string(PROVIDERS[provider].events)
    return table


def event_name(provider: str, payload: object) -> str:
    """Return the name of an event as the provider's table has it; empty if it has none."""
    if provider not in PROVIDERS or not isinstance(payload, Mapping):
        return ""
    words = []
    for part in events_of(provider).name(payload):
        if part is None or part == "":
            break
        words.append(str(part).lower())
    return "/".join(words)


def event_outcome(provider: str, payload: object) -> EventOutcome | None:
    """Return what an event means; None if the provider's table has no row for it."""
    name = event_name(provider, payload)
    outcomes = events_of(provider).outcomes if provider in PROVIDERS else {}
    while name:
        if name in outcomes:
            return outcomes[name]
        name = name.rpartition("/")[0]
    return None


def _at(payload: object, *path: str) -> Any:
    """Return the value at a path of keys; None if there is none."""
    for key in path:
        if not isinstance(payload, Mapping):
            return None
        payload = payload.get(key)
    return payload


def _amazon_ses_name(payload: Payload) -> tuple[object, ...]:
    kind = payload.get("eventType") or payload.get("notificationType")
    if kind == "Bounce":
        return kind, _at(payload, "bounce", "bounceType"), _at(payload, "bounce", "bounceSubType")
    if kind == "Complaint":
        complaint = payload.get("complaint")
        return kind, _at(complaint, "complaintSubType") or _at(complaint, "complaintFeedbackType")
    if kind == "Subscription":
        preferences = _at(payload, "subscription", "newTopicPreferences")
        topics = _at(preferences, "topicSubscriptionStatus") or []
        unsubscribed = _at(preferences, "unsubscribeAll") or any(
            _at(topic, "subscriptionStatus") == "OptOut" for topic in topics
        )
        return kind, "unsubscribed" if unsubscribed else None
    return (kind,)


def _mailersend_name(payload: Payload) -> tuple[object, ...]:
    kind = _at(payload, "data", "type") or payload.get("type") or ""
    return (str(kind).removeprefix("activity."),)


def _mailgun_name(payload: Payload) -> tuple[object, ...]:
    # Before 2018 the fields stood in a form, without "event-data".
    event = payload.get("event-data")
    if not isinstance(event, Mapping):
        return (payload.get("event"),)
    return event.get("event"), event.get("severity"), event.get("reason")


def _mailjet_name(payload: Payload) -> tuple[object, ...]:
    if payload.get("event") != "bounce":
        return (payload.get("event"),)
    is_hard = payload.get("hard_bounce") in {True, "1", "true", "True"}
    return "bounce", "hard" if is_hard else "soft", payload.get("error")


def _postmark_name(payload: Payload) -> tuple[object, ...]:
    kind = payload.get("RecordType")
    if kind in {"Bounce", "SpamComplaint"}:
        return kind, payload.get("Type")
    if kind == "SubscriptionChange":
        if payload.get("SuppressSending") is False:
            return kind, "Reactivated"
        return kind, payload.get("SuppressionReason"), payload.get("Origin")
    return (kind,)


def _sparkpost_name(payload: Payload) -> tuple[object, ...]:
    wrapped = payload.get("msys")
    event = next(iter(wrapped.values()), None) if isinstance(wrapped, Mapping) else None
    kind = _at(event, "type")
    detail = _at(event, "fbtype") if kind == "spam_complaint" else _at(event, "bounce_class")
    return kind, detail


def _resend_name(payload: Payload) -> tuple[object, ...]:
    kind, bounce = payload.get("type"), _at(payload, "data", "bounce")
    if kind == "contact.updated":
        return kind, "unsubscribed" if _at(payload, "data", "unsubscribed") is True else None
    return kind, _at(bounce, "type"), _at(bounce, "subType")


# https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html and
# https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
AMAZON_SES = ProviderEvents(
    name=_amazon_ses_name,
    outcomes={
        "bounce/undetermined": SOFT,
        "bounce/permanent/general": HARD,
        "bounce/permanent/noemail": HARD,
        "bounce/permanent/suppressed": SOFT,
        "bounce/permanent/onaccountsuppressionlist": SOFT,
        "bounce/permanent/unsubscribedrecipient": UNSUBSCRIBED,
        "bounce/permanent": HARD,
        "bounce/transient/mailboxfull": FULL,
        "bounce/transient": SOFT,
        "complaint/abuse": COMPLAINT,
        "complaint/auth-failure": NOTHING,
        "complaint/fraud": COMPLAINT,
        "complaint/not-spam": NOTHING,
        "complaint/other": COMPLAINT,
        "complaint/virus": COMPLAINT,
        "complaint/onaccountsuppressionlist": SOFT,
        "complaint": COMPLAINT,
        "subscription/unsubscribed": UNSUBSCRIBED,
        "subscription": NOTHING,
        "reject": POLICY,  # Amazon found a virus and did not send
        "rendering failure": NOTHING,
        "deliverydelay": NOTHING,
        "delivery": NOTHING,
        "send": NOTHING,
        "open": NOTHING,
        "click": NOTHING,
    },
)

# https://developers.brevo.com/docs/transactional-webhooks
BREVO = ProviderEvents(
    name=lambda payload: (payload.get("event"),),
    outcomes={
        "hard_bounce": HARD,
        "soft_bounce": SOFT,
        "invalid_email": HARD,
        "blocked": SOFT,
        "error": SOFT,
        "spam": COMPLAINT,
        "complaint": COMPLAINT,
        "unsubscribed": UNSUBSCRIBED,
        "unsubscribe": UNSUBSCRIBED,
        "deferred": NOTHING,
        "request": NOTHING,
        "sent": NOTHING,
        "delivered": NOTHING,
        "opened": NOTHING,
        "unique_opened": NOTHING,
        "proxy_open": NOTHING,
        "unique_proxy_open": NOTHING,
        "click": NOTHING,
        "list_addition": NOTHING,
    },
)

# https://developers.mailersend.com/api/v1/webhooks.html
MAILERSEND = ProviderEvents(
    name=_mailersend_name,
    outcomes={
        "hard_bounced": HARD,
        "soft_bounced": SOFT,
        "spam_complaint": COMPLAINT,
        "unsubscribed": UNSUBSCRIBED,
        "deferred": NOTHING,
        "sent": NOTHING,
        "delivered": NOTHING,
        "opened": NOTHING,
        "opened_unique": NOTHING,
        "clicked": NOTHING,
        "clicked_unique": NOTHING,
        "survey_opened": NOTHING,
        "survey_submitted": NOTHING,
        "webhook.test": NOTHING,  # sent when a webhook is saved, which needs an answer of 200
    },
)

# https://documentation.mailgun.com/docs/mailgun/user-manual/events/events
MAILGUN = ProviderEvents(
    name=_mailgun_name,
    outcomes={
        "failed/permanent/suppress-bounce": SOFT,
        "failed/permanent/suppress-complaint": SOFT,
        "failed/permanent/suppress-unsubscribe": UNSUBSCRIBED,
        "failed/permanent/espblock": POLICY,
        "failed/permanent/old": SOFT,  # tried for hours, then given up
        "failed/permanent": HARD,
        "failed/temporary": NOTHING,
        "rejected": POLICY,
        "complained": COMPLAINT,
        "unsubscribed": UNSUBSCRIBED,
        "accepted": NOTHING,
        "delivered": NOTHING,
        "opened": NOTHING,
        "clicked": NOTHING,
        "stored": NOTHING,
        "bounced": HARD,
        "dropped": SOFT,
    },
)

# https://dev.mailjet.com/email/guides/webhooks/
MAILJET = ProviderEvents(
    name=_mailjet_name,
    outcomes={
        "bounce/soft/quota exceeded": FULL,
        "bounce/soft": SOFT,
        "bounce/hard/quota exceeded": FULL,
        "bounce/hard/relay/access denied": POLICY,
        "bounce/hard/sender blocked": POLICY,
        "bounce/hard/content blocked": POLICY,
        "bounce/hard/policy issue": POLICY,
        "bounce/hard/system issue": SOFT,
        "bounce/hard/protocol issue": SOFT,
        "bounce/hard/connection issue": SOFT,
        "bounce/hard/greylisted": SOFT,
        "bounce/hard": HARD,
        "blocked": SOFT,
        "spam": COMPLAINT,
        "unsub": UNSUBSCRIBED,
        "sent": NOTHING,
        "open": NOTHING,
        "click": NOTHING,
    },
)

# https://docs.mailtrap.io/email-api-smtp/advanced/webhooks
MAILTRAP = ProviderEvents(
    name=lambda payload: (payload.get("event"),),
    outcomes={
        "bounce": HARD,
        "soft bounce": SOFT,
        "reject": SOFT,
        "spam": COMPLAINT,
        "unsubscribe": UNSUBSCRIBED,
        "suspension": NOTHING,  # of our account
        "delivery": NOTHING,
        "open": NOTHING,
        "click": NOTHING,
    },
)

# https://mailchimp.com/developer/transactional/docs/webhooks/
MANDRILL = ProviderEvents(
    name=lambda payload: (
        payload.get("event") or payload.get("type"),
        _at(payload, "msg", "reject", "reason") or _at(payload, "msg", "bounce_description"),
    ),
    outcomes={
        "hard_bounce": HARD,
        "soft_bounce/mailbox_full": FULL,
        "soft_bounce": SOFT,
        "reject/unsub": UNSUBSCRIBED,
        "reject": SOFT,
        "spam": COMPLAINT,
        "unsub": UNSUBSCRIBED,
        "deferral": NOTHING,
        "send": NOTHING,
        "delivered": NOTHING,
        "open": NOTHING,
        "click": NOTHING,
        "whitelist": NOTHING,
        "allowlist": NOTHING,
        "blacklist": NOTHING,
        "denylist": NOTHING,
    },
)

# https://docs.postalserver.io/developer/webhooks
POSTAL = ProviderEvents(
    name=lambda payload: (payload.get("event"),),
    outcomes={
        "messagedeliveryfailed": HARD,
        "messagebounced": SOFT,  # a bounce came back; the event does not say what it says
        "messagedelayed": NOTHING,
        "messageheld": NOTHING,
        "messagesent": NOTHING,
        "messageloaded": NOTHING,
        "messagelinkclicked": NOTHING,
        "domaindnserror": NOTHING,
    },
)

# https://postmarkapp.com/developer/api/bounce-api#bounce-types and
# https://postmarkapp.com/developer/webhooks/subscription-change-webhook
POSTMARK = ProviderEvents(
    name=_postmark_name,
    outcomes={
        "bounce/hardbounce": HARD,
        "bounce/softbounce": SOFT,
        "bounce/transient": NOTHING,
        "bounce/dnserror": NOTHING,
        "bounce/unsubscribe": UNSUBSCRIBED,
        "bounce/subscribe": NOTHING,
        "bounce/autoresponder": NOTHING,
        "bounce/addresschange": NOTHING,
        "bounce/spamnotification": POLICY,  # delivered to the spam folder, or refused as spam
        "bounce/openrelaytest": NOTHING,
        "bounce/unknown": SOFT,
        "bounce/virusnotification": POLICY,
        "bounce/challengeverification": NOTHING,
        "bounce/bademailaddress": HARD,
        "bounce/spamcomplaint": COMPLAINT,
        "bounce/manuallydeactivated": SOFT,
        "bounce/unconfirmed": NOTHING,
        "bounce/blocked": POLICY,
        "bounce/smtpapierror": NOTHING,
        "bounce/inbounderror": NOTHING,
        "bounce/dmarcpolicy": POLICY,
        "bounce/templaterenderingfailed": NOTHING,
        "spamcomplaint/spamnotification": POLICY,
        "spamcomplaint": COMPLAINT,
        "subscriptionchange/hardbounce": HARD,
        "subscriptionchange/spamcomplaint": COMPLAINT,
        "subscriptionchange/manualsuppression/customer": NOTHING,  # by our own account
        "subscriptionchange/manualsuppression/admin": NOTHING,
        "subscriptionchange/manualsuppression": UNSUBSCRIBED,
        "subscriptionchange/reactivated": NOTHING,
        "delivery": NOTHING,
        "open": NOTHING,
        "click": NOTHING,
    },
)

# https://resend.com/docs/dashboard/webhooks/event-types
RESEND = ProviderEvents(
    name=_resend_name,
    outcomes={
        "email.bounced/permanent/suppressed": SOFT,
        "email.bounced/permanent/onaccountsuppressionlist": SOFT,
        "email.bounced/permanent": HARD,
        "email.bounced/transient/mailboxfull": FULL,
        "email.bounced/transient": SOFT,
        "email.bounced/undetermined": SOFT,
        "email.bounced": SOFT,
        "email.suppressed": SOFT,
        "email.failed": SOFT,
        "email.complained": COMPLAINT,
        "contact.updated/unsubscribed": UNSUBSCRIBED,
        "contact.updated": NOTHING,
        "email.delivery_delayed": NOTHING,
        "email.scheduled": NOTHING,
        "email.sent": NOTHING,
        "email.delivered": NOTHING,
        "email.opened": NOTHING,
        "email.clicked": NOTHING,
    },
)

# https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
SENDGRID = ProviderEvents(
    name=lambda payload: (
        payload.get("event"),
        payload.get("reason") if payload.get("event") == "dropped" else payload.get("type"),
        payload.get("bounce_classification"),
    ),
    outcomes={
        "bounce/blocked": POLICY,
        "bounce/bounce/reputation": POLICY,
        "bounce/bounce/content": POLICY,
        "bounce/bounce/frequency": POLICY,
        "bounce/bounce/technical": SOFT,
        "bounce/bounce/mailbox unavailable": SOFT,
        "bounce/expired": SOFT,
        "bounce": HARD,
        "dropped/unsubscribed address": UNSUBSCRIBED,
        "dropped": SOFT,
        "spamreport": COMPLAINT,
        "unsubscribe": UNSUBSCRIBED,
        "group_unsubscribe": UNSUBSCRIBED,
        "group_resubscribe": NOTHING,
        "deferred": NOTHING,
        "processed": NOTHING,
        "delivered": NOTHING,
        "open": NOTHING,
        "click": NOTHING,
    },
)

# https://support.sparkpost.com/docs/deliverability/bounce-classification-codes and
# https://developers.sparkpost.com/api/webhooks/
SPARKPOST = ProviderEvents(
    name=_sparkpost_name,
    outcomes={
        f"{kind}/{bounce_class}": outcome
        for kind in ("bounce", "out_of_band", "policy_rejection")
        for bounce_class, outcome in {
            "1": SOFT,  # undetermined
            "10": HARD,  # invalid recipient
            "20": SOFT,
            "21": SOFT,  # DNS failure
            "22": FULL,
            "23": SOFT,  # too large
            "24": SOFT,  # timeout
            "25": POLICY,  # refused by SparkPost's own policies
            "26": POLICY,
            "30": HARD,  # no RCPT
            "40": SOFT,  # generic
            "50": POLICY,  # mail block
            "51": POLICY,  # spam block
            "52": POLICY,  # spam content
            "53": POLICY,  # prohibited attachment
            "54": POLICY,  # relaying denied
            "60": NOTHING,  # auto-reply
            "70": SOFT,  # transient
            "80": NOTHING,  # subscribe
            "90": UNSUBSCRIBED,
            "100": NOTHING,  # challenge
        }.items()
    }
    | {
        "bounce": SOFT,
        "out_of_band": SOFT,
        "policy_rejection": SOFT,
        "spam_complaint/not-spam": NOTHING,
        "spam_complaint/auth-failure": NOTHING,
        "spam_complaint": COMPLAINT,
        "list_unsubscribe": UNSUBSCRIBED,
        "link_unsubscribe": UNSUBSCRIBED,
        "delay": NOTHING,
        "generation_failure": NOTHING,
        "generation_rejection": NOTHING,
        "injection": NOTHING,
        "delivery": NOTHING,
        "open": NOTHING,
        "initial_open": NOTHING,
        "click": NOTHING,
        "amp_open": NOTHING,
        "amp_initial_open": NOTHING,
        "amp_click": NOTHING,
    },
)

# https://godocs.unisender.ru/web-api-ref#callback-format
UNISENDER_GO = ProviderEvents(
    name=lambda payload: (
        payload.get("status"),
        _at(payload, "delivery_info", "delivery_status"),
    ),
    outcomes={
        "hard_bounced/err_user_unknown": HARD,
        "hard_bounced/err_user_inactive": HARD,
        "hard_bounced/err_domain_inactive": HARD,
        "hard_bounced/err_mailbox_discarded": HARD,
        "hard_bounced/err_mailbox_full": FULL,
        "hard_bounced/err_spam_rejected": POLICY,
        "hard_bounced/err_blacklisted": POLICY,
        "hard_bounced/err_too_large": POLICY,
        "hard_bounced/err_unsubscribed": UNSUBSCRIBED,
        "hard_bounced/err_unreachable": SOFT,
        "hard_bounced/err_skip_letter": SOFT,
        "hard_bounced/err_spam_skipped": SOFT,
        "hard_bounced/err_destination_misconfigured": SOFT,
        "hard_bounced/err_delivery_failed": SOFT,
        "hard_bounced/err_lost": SOFT,
        "hard_bounced/err_will_retry": NOTHING,
        "hard_bounced": HARD,
        "soft_bounced/err_mailbox_full": FULL,
        "soft_bounced/err_will_retry": NOTHING,
        "soft_bounced": SOFT,
        "spam": COMPLAINT,
        "unsubscribed": UNSUBSCRIBED,
        "subscribed": NOTHING,
        "sent": NOTHING,
        "delivered": NOTHING,
        "opened": NOTHING,
        "clicked": NOTHING,
    },
)
