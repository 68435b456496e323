"""What the events of email providers mean: one table for each provider, from its documentation.

A row's name is the provider's own words, from the general to the specific, as in
`Bounce/Permanent/NoEmail`. The longest row that an event's name starts with decides; a row that
ends in `/*` is for details without a row of their own. An event without a row changes nothing,
except that a bounce of an unknown sort counts as soft.

A provider that keeps an address on a list of its own and does not try says nothing new about the
mailbox: such a row is SOFT. What it merely retries is NOTHING, because the final event follows.
What is wrong with our account, our sending domain or our email is POLICY, so that many of them
pause the dispatch.
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
    BLOCKED = auto()  # refused for now: by policy, unless the server's words give another reason
    FAILED = auto()  # only the server's words say how; soft without words
    COMPLAINT = auto()
    UNSUBSCRIBED = auto()  # at the provider's own link, or on its list of those who did
    NOTHING = auto()


HARD, FULL, SOFT = EventOutcome.HARD, EventOutcome.FULL, EventOutcome.SOFT
POLICY, COMPLAINT = EventOutcome.POLICY, EventOutcome.COMPLAINT
BLOCKED, FAILED = EventOutcome.BLOCKED, EventOutcome.FAILED
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
    if name in outcomes:
        return outcomes[name]
    while name := name.rpartition("/")[0]:
        for row in (f"{name}/*", name):
            if row in outcomes:
                return outcomes[row]
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
        return payload.get("event"), payload.get("error")
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
    if kind == "spam_complaint":
        return kind, _at(event, "fbtype")
    # SparkPost's own suppression list says in its words who put the address there.
    suppressed = "unsubscribe rule" in str(_at(event, "raw_reason")).lower()
    return kind, _at(event, "bounce_class"), "unsubscribe rule" if suppressed else None


def _resend_name(payload: Payload) -> tuple[object, ...]:
    kind, data = payload.get("type"), payload.get("data")
    detail: object
    match kind:
        case "contact.updated":
            detail = "unsubscribed" if _at(data, "unsubscribed") is True else None
        case "contact.topics.updated":
            topics = _at(data, "topics")
            changes = topics if isinstance(topics, list) else []
            unsubscribed = any(_at(topic, "subscription") == "opt_out" for topic in changes)
            detail = "unsubscribed" if unsubscribed else None
        case "suppression.added":
            detail = _at(data, "origin")
        case "email.failed":
            reason = str(_at(data, "failed", "reason") or "")
            detail = "recipient" if "recipient" in reason else reason
        case _:
            return kind, _at(data, "bounce", "type"), _at(data, "bounce", "subType")
    return kind, detail


def _sendgrid_name(payload: Payload) -> tuple[object, ...]:
    kind = payload.get("event")
    if kind == "dropped":
        return kind, payload.get("reason")
    return kind, payload.get("type"), payload.get("bounce_classification")


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
        "bounce/permanent/*": SOFT,
        "bounce/permanent": HARD,
        "bounce/transient/mailboxfull": FULL,
        "bounce/transient": SOFT,
        "complaint/abuse": COMPLAINT,
        "complaint/auth-failure": NOTHING,
        "complaint/fraud": COMPLAINT,
        "complaint/not-spam": NOTHING,
        "complaint/other": COMPLAINT,
        "complaint/virus": POLICY,  # a scanner's: no reader complained (RFC 5965, section 7.3)
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
        "failed/permanent/blacklisted": POLICY,
        "failed/permanent/bounce": HARD,
        "failed/permanent/delayed-bounce": HARD,
        "failed/permanent/generic": HARD,
        "failed/permanent/hardfail": HARD,
        "failed/permanent/*": SOFT,
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
        "bounce/hard/user unknown": HARD,
        "bounce/hard/mailbox inactive": HARD,
        "bounce/hard/invalid domain": HARD,
        "bounce/hard/no mail host": HARD,
        "bounce/hard/typofix": HARD,
        "bounce/hard/quota exceeded": FULL,
        "bounce/hard/relay/access denied": POLICY,
        "bounce/hard/sender blocked": POLICY,
        "bounce/hard/content blocked": POLICY,
        "bounce/hard/policy issue": POLICY,
        "bounce/hard/system issue": SOFT,
        "bounce/hard/protocol issue": SOFT,
        "bounce/hard/connection issue": SOFT,
        "bounce/hard/greylisted": SOFT,
        "bounce/hard/*": SOFT,
        "bounce/hard": HARD,
        "blocked/relay/access denied": POLICY,
        "blocked/sender blocked": POLICY,
        "blocked/content blocked": POLICY,
        "blocked/policy issue": POLICY,
        "blocked/duplicate in campaign": NOTHING,  # the first one was sent
        "blocked": SOFT,
        "spam": COMPLAINT,
        "unsub": UNSUBSCRIBED,
        "sent": NOTHING,
        "open": NOTHING,
        "click": NOTHING,
    },
)

# https://docs.mailtrap.io/email-api-smtp/advanced/webhooks and
# https://help.mailtrap.io/article/87-statuses-and-events
MAILTRAP = ProviderEvents(
    name=lambda payload: (payload.get("event"), payload.get("bounce_category")),
    outcomes={
        "bounce/spam": POLICY,
        "bounce": FAILED,  # also after ten soft bounces of one email
        "soft bounce": NOTHING,  # tried ten more times, then delivered or bounced
        "reject": SOFT,  # on their list, or our domain is not verified: the words say which
        "spam": COMPLAINT,
        "unsubscribe": UNSUBSCRIBED,
        "suspension": POLICY,  # our sending domain is not verified
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
        "hard_bounce/bad_mailbox": HARD,
        "hard_bounce/invalid_domain": HARD,
        "hard_bounce/general": HARD,
        "hard_bounce/mailbox_full": FULL,
        "hard_bounce/spam": POLICY,
        "hard_bounce/ip_block": POLICY,
        "hard_bounce/relay_denied": POLICY,
        "hard_bounce/message_too_large": POLICY,
        "hard_bounce/*": SOFT,
        "hard_bounce": HARD,
        "soft_bounce/mailbox_full": FULL,
        "soft_bounce": SOFT,
        "reject/unsub": UNSUBSCRIBED,
        "reject/unsigned": POLICY,  # our sending domain is not authenticated
        "reject/invalid-sender": POLICY,
        "reject/test-mode-limit": POLICY,
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
    name=lambda payload: (payload.get("event"), _at(payload, "payload", "status")),
    outcomes={
        "messagedeliveryfailed": HARD,
        "messagedeliveryfailed/softfail": SOFT,
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

# https://resend.com/docs/dashboard/webhooks/event-types and
# https://resend.com/changelog/suppression-list-support
RESEND = ProviderEvents(
    name=_resend_name,
    outcomes={
        "email.bounced/permanent/suppressed": SOFT,
        "email.bounced/permanent/onaccountsuppressionlist": SOFT,
        "email.bounced/permanent/general": HARD,
        "email.bounced/permanent/noemail": HARD,
        "email.bounced/permanent/*": SOFT,
        "email.bounced/permanent": HARD,
        "email.bounced/transient/mailboxfull": FULL,
        "email.bounced/transient": SOFT,
        "email.bounced/undetermined": SOFT,
        "email.bounced": SOFT,
        "email.suppressed": SOFT,
        "email.failed/recipient": SOFT,
        "email.failed": POLICY,  # our key, domain or quota
        "email.complained": COMPLAINT,
        "contact.updated/unsubscribed": UNSUBSCRIBED,
        "contact.updated": NOTHING,
        "contact.topics.updated/unsubscribed": UNSUBSCRIBED,
        "contact.topics.updated": NOTHING,
        "suppression.added/bounce": HARD,
        "suppression.added/complaint": COMPLAINT,
        "suppression.added": NOTHING,  # by our own account
        "suppression.removed": NOTHING,
        "email.delivery_delayed": NOTHING,
        "email.scheduled": NOTHING,
        "email.sent": NOTHING,
        "email.delivered": NOTHING,
        "email.opened": NOTHING,
        "email.clicked": NOTHING,
    },
)

# https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event, and the classifications
# of https://www.twilio.com/docs/sendgrid/api-reference/bounces-api, which are spelt in two ways
SENDGRID = ProviderEvents(
    name=_sendgrid_name,
    outcomes={
        f"bounce/{kind}/{sort}": outcome
        for kind in ("bounce", "blocked")
        for sort, outcome in {
            "reputation": POLICY,
            "content": POLICY,
            "frequency": POLICY,  # "Frequency/Volume Too High"
            "frequency or volume too high": POLICY,
            "technical": SOFT,
            "technical failure": SOFT,
            "mailbox unavailable": SOFT,
        }.items()
    }
    | {
        "bounce/bounce/invalid address": HARD,
        "bounce/bounce/unclassified": HARD,
        "bounce/bounce/*": SOFT,
        "bounce/blocked/invalid address": SOFT,
        "bounce/blocked": BLOCKED,  # after 72 hours a deferral becomes one
        "bounce/expired": SOFT,
        "bounce": HARD,
        "dropped/spam content": POLICY,
        "dropped/invalid smtpapi header": POLICY,
        "dropped/recipient list over package quota": POLICY,
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
            "25": SOFT,  # on SparkPost's own suppression list
            "25/unsubscribe rule": UNSUBSCRIBED,
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
        "spam_complaint/virus": POLICY,
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

# https://godocs.unisender.ru/web-api-ref#callback-format and
# https://godocs.unisender.ru/email-statuses
_UNISENDER_GO_DETAILS = {
    "err_user_unknown": HARD,
    "err_user_inactive": HARD,
    "err_mailbox_discarded": HARD,
    "err_dest_invalid": HARD,
    "err_mailbox_full": FULL,
    "skip_dup_mailbox_full": FULL,
    "err_src_invalid": POLICY,
    "err_not_allowed": POLICY,
    "err_spam_rejected": POLICY,
    "err_spam_removed": POLICY,
    "err_spam_skipped": POLICY,
    "err_spam_folder": POLICY,
    "err_blacklisted": POLICY,
    "err_too_large": POLICY,
    "err_unsubscribed": UNSUBSCRIBED,
    "err_will_retry": NOTHING,
    # What may pass, what is Unisender's own trouble, and what was not tried because of an earlier
    # failure.
    "err_domain_inactive": SOFT,
    "err_unreachable": SOFT,
    "err_no_dns": SOFT,
    "err_no_smtp": SOFT,
    "err_not_available": SOFT,
    "err_destination_misconfigured": SOFT,
    "err_delivery_failed": SOFT,
    "err_giveup": SOFT,
    "err_retry_letter": SOFT,
    "err_resend": SOFT,
    "err_spam_retry": SOFT,
    "err_skip_letter": SOFT,
    "err_internal": SOFT,
    "err_lost": SOFT,
    "err_unknown": SOFT,
    "skip_dup_unreachable": SOFT,
    "skip_dup_temp_unreachable": SOFT,
    "not_sent": SOFT,
    "*": SOFT,
}
UNISENDER_GO = ProviderEvents(
    name=lambda payload: (
        payload.get("status"),
        _at(payload, "delivery_info", "delivery_status"),
    ),
    outcomes={
        f"hard_bounced/{detail}": outcome for detail, outcome in _UNISENDER_GO_DETAILS.items()
    }
    | {
        f"soft_bounced/{detail}": SOFT if outcome is HARD else outcome
        for detail, outcome in _UNISENDER_GO_DETAILS.items()
    }
    | {
        "hard_bounced": HARD,
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
