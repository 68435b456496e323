"""Each event of each provider means what the provider's documentation says."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent, EventType
from django.test import Client
from django.utils import timezone

from newsroom.webhook_providers import PROVIDERS
from subscribers.bounces.provider_events import (
    EventOutcome,
    event_name,
    event_outcome,
    events_of,
)
from subscribers.bounces.suppression_policy import apply_policy, record_unsubscribe
from subscribers.bounces.webhooks import translate_event
from subscribers.models import (
    BounceEvent,
    ConsentAction,
    ConsentRecord,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Subscription,
    SubscriptionState,
    Suppression,
)
from tests.factories import make_briefing, make_dispatch, make_reader
from tests.subscribers.bounces.reports.bounce_factories import make_sent_delivery, send_all

IVY = "ivy@ward.example"
LOGIN = "hooks:a long password"
UNKNOWN_USER = "550 5.1.1 no such mailbox"
HARD, FULL, SOFT = EventOutcome.HARD, EventOutcome.FULL, EventOutcome.SOFT
POLICY, COMPLAINT = EventOutcome.POLICY, EventOutcome.COMPLAINT
BLOCKED, FAILED = EventOutcome.BLOCKED, EventOutcome.FAILED
UNSUBSCRIBED, NOTHING = EventOutcome.UNSUBSCRIBED, EventOutcome.NOTHING


def ses_bounce(kind: str, sub_kind: str) -> dict[str, Any]:
    recipients = [{"emailAddress": IVY, "diagnosticCode": f"smtp; {UNKNOWN_USER}"}]
    bounce = {"bounceType": kind, "bounceSubType": sub_kind, "bouncedRecipients": recipients}
    return {"eventType": "Bounce", "mail": {"messageId": "m-1"}, "bounce": bounce}


def ses_complaint(feedback: str | None, sub_kind: str | None = None) -> dict[str, Any]:
    complaint = {
        "complaintFeedbackType": feedback,
        "complaintSubType": sub_kind,
        "complainedRecipients": [{"emailAddress": IVY}],
    }
    return {"notificationType": "Complaint", "mail": {"messageId": "m-1"}, "complaint": complaint}


def ses_subscription(*, left: bool) -> dict[str, Any]:
    topics = [{"topicName": "beds", "subscriptionStatus": "OptOut" if left else "OptIn"}]
    preferences = {"unsubscribeAll": False, "topicSubscriptionStatus": topics}
    return {
        "eventType": "Subscription",
        "mail": {"messageId": "m-1", "destination": [IVY]},
        "subscription": {"newTopicPreferences": preferences},
    }


def mailgun(event: str, severity: str = "", reason: str = "") -> dict[str, Any]:
    return {"event-data": {"event": event, "severity": severity, "reason": reason}}


def mailjet(event: str, error: str = "", **facts: Any) -> dict[str, Any]:
    return {
        "event": event,
        "time": 1796000000,
        "MessageID": 19,
        "email": IVY,
        "error": error,
        **facts,
    }


def postmark(kind: str, **facts: Any) -> dict[str, Any]:
    return {"RecordType": kind, "ID": 7, "Email": IVY, "Recipient": IVY, **facts}


def sparkpost(kind: str, **facts: Any) -> dict[str, Any]:
    event = {"type": kind, "event_id": "e-1", "raw_rcpt_to": IVY, "raw_reason": UNKNOWN_USER}
    return {"msys": {"message_event": {**event, **facts}}}


def resend(kind: str, *bounce: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"to": [IVY], "email_id": "e-1"}
    if bounce:
        facts["bounce"] = {"message": "bounced", "type": bounce[0], "subType": bounce[1]}
    return {"type": kind, "created_at": "2026-11-12T07:00:30Z", "data": facts}


def resend_topics(*changes: str) -> dict[str, Any]:
    topics = [{"id": "t-1", "name": "Beds", "subscription": change} for change in changes]
    return {"type": "contact.topics.updated", "data": {"email": IVY, "topics": topics}}


def unisender(status: str, detail: str = "") -> dict[str, Any]:
    return {"status": status, "email": IVY, "delivery_info": {"delivery_status": detail}}


EVENTS: list[tuple[str, dict[str, Any], EventOutcome | None]] = [
    ("amazon-ses", ses_bounce("Undetermined", "Undetermined"), SOFT),
    ("amazon-ses", ses_bounce("Permanent", "General"), HARD),
    ("amazon-ses", ses_bounce("Permanent", "NoEmail"), HARD),
    ("amazon-ses", ses_bounce("Permanent", "Suppressed"), SOFT),
    ("amazon-ses", ses_bounce("Permanent", "OnAccountSuppressionList"), SOFT),
    ("amazon-ses", ses_bounce("Permanent", "UnsubscribedRecipient"), UNSUBSCRIBED),
    ("amazon-ses", ses_bounce("Permanent", "ASortAddedSince"), SOFT),
    ("amazon-ses", ses_bounce("Transient", "General"), SOFT),
    ("amazon-ses", ses_bounce("Transient", "MailboxFull"), FULL),
    ("amazon-ses", ses_bounce("Transient", "MessageTooLarge"), SOFT),
    ("amazon-ses", ses_bounce("Transient", "ContentRejected"), SOFT),
    ("amazon-ses", ses_bounce("Transient", "AttachmentRejected"), SOFT),
    ("amazon-ses", ses_complaint("abuse"), COMPLAINT),
    ("amazon-ses", ses_complaint("auth-failure"), NOTHING),
    ("amazon-ses", ses_complaint("fraud"), COMPLAINT),
    ("amazon-ses", ses_complaint("not-spam"), NOTHING),
    ("amazon-ses", ses_complaint("other"), COMPLAINT),
    ("amazon-ses", ses_complaint("virus"), POLICY),
    ("amazon-ses", ses_complaint(None), COMPLAINT),
    ("amazon-ses", ses_complaint("abuse", "OnAccountSuppressionList"), SOFT),
    ("amazon-ses", ses_subscription(left=True), UNSUBSCRIBED),
    ("amazon-ses", ses_subscription(left=False), NOTHING),
    *(
        ("amazon-ses", {"eventType": kind}, outcome)
        for kind, outcome in {
            "Reject": POLICY,
            "Rendering Failure": NOTHING,
            "DeliveryDelay": NOTHING,
            "Delivery": NOTHING,
            "Send": NOTHING,
            "Open": NOTHING,
            "Click": NOTHING,
        }.items()
    ),
    *(
        ("brevo", {"event": kind, "email": IVY, "reason": UNKNOWN_USER}, outcome)
        for kind, outcome in {
            "hard_bounce": HARD,
            "soft_bounce": SOFT,
            "invalid_email": HARD,
            "blocked": SOFT,
            "error": SOFT,
            "spam": COMPLAINT,
            "complaint": COMPLAINT,
            "unsubscribed": UNSUBSCRIBED,
            "deferred": NOTHING,
            "request": NOTHING,
            "delivered": NOTHING,
            "opened": NOTHING,
            "unique_opened": NOTHING,
            "proxy_open": NOTHING,
            "unique_proxy_open": NOTHING,
            "click": NOTHING,
        }.items()
    ),
    *(
        ("mailersend", {"type": f"activity.{kind}", "data": {"type": kind}}, outcome)
        for kind, outcome in {
            "hard_bounced": HARD,
            "soft_bounced": SOFT,
            "spam_complaint": COMPLAINT,
            "unsubscribed": UNSUBSCRIBED,
            "deferred": NOTHING,
            "sent": NOTHING,
            "delivered": NOTHING,
            "opened": NOTHING,
            "clicked": NOTHING,
        }.items()
    ),
    ("mailgun", mailgun("failed", "permanent", "bounce"), HARD),
    ("mailgun", mailgun("failed", "permanent", "generic"), HARD),
    ("mailgun", mailgun("failed", "permanent"), HARD),
    ("mailgun", mailgun("failed", "permanent", "suppress-bounce"), SOFT),
    ("mailgun", mailgun("failed", "permanent", "suppress-complaint"), SOFT),
    ("mailgun", mailgun("failed", "permanent", "suppress-unsubscribe"), UNSUBSCRIBED),
    ("mailgun", mailgun("failed", "permanent", "espblock"), POLICY),
    ("mailgun", mailgun("failed", "permanent", "old"), SOFT),
    ("mailgun", mailgun("failed", "permanent", "hardfail"), HARD),
    ("mailgun", mailgun("failed", "permanent", "delayed-bounce"), HARD),
    ("mailgun", mailgun("failed", "permanent", "blacklisted"), POLICY),
    ("mailgun", mailgun("failed", "permanent", "greylisted"), SOFT),
    ("mailgun", mailgun("failed", "permanent", "a-reason-added-since"), SOFT),
    ("mailgun", mailgun("failed", "temporary", "generic"), NOTHING),
    ("mailgun", mailgun("rejected"), POLICY),
    ("mailgun", mailgun("complained"), COMPLAINT),
    ("mailgun", mailgun("unsubscribed"), UNSUBSCRIBED),
    ("mailgun", {"event": "bounced"}, HARD),  # before 2018
    ("mailgun", {"event": "dropped"}, SOFT),
    *(
        ("mailgun", mailgun(kind), NOTHING)
        for kind in ("accepted", "delivered", "opened", "clicked", "stored")
    ),
    ("mailjet", mailjet("bounce", "user unknown", hard_bounce=True), HARD),
    ("mailjet", mailjet("bounce", "user unknown", hard_bounce=False), SOFT),
    ("mailjet", mailjet("bounce", "user unknown"), SOFT),
    ("mailjet", mailjet("bounce", "quota exceeded", hard_bounce=True), FULL),
    ("mailjet", mailjet("bounce", "quota exceeded", hard_bounce=False), FULL),
    ("mailjet", mailjet("bounce", "relay/access denied", hard_bounce=True), POLICY),
    ("mailjet", mailjet("bounce", "sender blocked", hard_bounce=True), POLICY),
    ("mailjet", mailjet("bounce", "content blocked", hard_bounce=True), POLICY),
    ("mailjet", mailjet("bounce", "policy issue", hard_bounce=True), POLICY),
    ("mailjet", mailjet("bounce", "connection issue", hard_bounce=True), SOFT),
    ("mailjet", mailjet("bounce", "invalid domain", hard_bounce=True), HARD),
    *(
        ("mailjet", mailjet("bounce", error, hard_bounce=True), outcome)
        for error, outcome in {
            "": HARD,
            "mailbox inactive": HARD,
            "no mail host": HARD,
            "typofix": HARD,
            "greylisted": SOFT,
            "system issue": SOFT,
            "protocol issue": SOFT,
            "an error added since": SOFT,
        }.items()
    ),
    ("mailjet", mailjet("blocked", "preblocked"), SOFT),
    ("mailjet", mailjet("blocked", "user unknown"), SOFT),
    ("mailjet", mailjet("blocked", "duplicate in campaign"), NOTHING),
    ("mailjet", mailjet("blocked", "sender blocked"), POLICY),
    ("mailjet", mailjet("blocked", "content blocked"), POLICY),
    ("mailjet", mailjet("blocked", "policy issue"), POLICY),
    ("mailjet", mailjet("blocked", "relay/access denied"), POLICY),
    ("mailjet", mailjet("spam", source="JMRPP"), COMPLAINT),
    ("mailjet", mailjet("unsub", mj_list_id=1), UNSUBSCRIBED),
    *(("mailjet", mailjet(kind), NOTHING) for kind in ("sent", "open", "click")),
    *(
        ("mailtrap", {"event": kind, "email": IVY}, outcome)
        for kind, outcome in {
            "bounce": FAILED,
            "soft bounce": NOTHING,
            "reject": SOFT,
            "spam": COMPLAINT,
            "unsubscribe": UNSUBSCRIBED,
            "suspension": POLICY,
            "delivery": NOTHING,
            "open": NOTHING,
            "click": NOTHING,
        }.items()
    ),
    ("mailtrap", {"event": "bounce", "bounce_category": "spam"}, POLICY),
    ("mailtrap", {"event": "bounce", "bounce_category": "anything else"}, FAILED),
    *(
        ("mandrill", {"event": "reject", "msg": {"reject": {"reason": reason}}}, outcome)
        for reason, outcome in {
            "unsub": UNSUBSCRIBED,
            "unsigned": POLICY,
            "invalid-sender": POLICY,
            "test-mode-limit": POLICY,
            "hard-bounce": SOFT,
            "soft-bounce": SOFT,
            "spam": SOFT,
            "custom": SOFT,
            "rule": SOFT,
            "invalid": SOFT,
        }.items()
    ),
    *(
        ("mandrill", {"event": kind, "msg": {"email": IVY, "diag": UNKNOWN_USER}}, outcome)
        for kind, outcome in {
            "hard_bounce": HARD,
            "soft_bounce": SOFT,
            "reject": SOFT,
            "spam": COMPLAINT,
            "unsub": UNSUBSCRIBED,
            "deferral": NOTHING,
            "send": NOTHING,
            "delivered": NOTHING,
            "open": NOTHING,
            "click": NOTHING,
        }.items()
    ),
    *(
        ("mandrill", {"event": "hard_bounce", "msg": {"bounce_description": detail}}, outcome)
        for detail, outcome in {
            "bad_mailbox": HARD,
            "invalid_domain": HARD,
            "general": HARD,
            "mailbox_full": FULL,
            "spam": POLICY,
            "ip_block": POLICY,
            "relay_denied": POLICY,
            "message_too_large": POLICY,
            "dns_error": SOFT,
            "a_detail_added_since": SOFT,
        }.items()
    ),
    ("mandrill", {"event": "soft_bounce", "msg": {"bounce_description": "mailbox_full"}}, FULL),
    ("mandrill", {"type": "blacklist", "action": "add"}, NOTHING),
    ("mandrill", {"type": "whitelist", "action": "add"}, NOTHING),
    *(
        ("postal", {"event": "MessageDeliveryFailed", "payload": {"status": status}}, outcome)
        for status, outcome in {"HardFail": HARD, "SoftFail": SOFT}.items()
    ),
    ("postal", {"event": "MessageSent", "payload": {"status": "Sent"}}, NOTHING),
    *(
        ("postal", {"event": kind, "payload": {}}, outcome)
        for kind, outcome in {
            "MessageDeliveryFailed": HARD,
            "MessageBounced": SOFT,
            "MessageDelayed": NOTHING,
            "MessageHeld": NOTHING,
            "MessageSent": NOTHING,
            "MessageLoaded": NOTHING,
            "MessageLinkClicked": NOTHING,
            "DomainDNSError": NOTHING,
        }.items()
    ),
    *(
        ("postmark", postmark("Bounce", Type=kind, Details=UNKNOWN_USER), outcome)
        for kind, outcome in {
            "HardBounce": HARD,
            "SoftBounce": SOFT,
            "Transient": NOTHING,
            "DnsError": NOTHING,
            "Unsubscribe": UNSUBSCRIBED,
            "Subscribe": NOTHING,
            "AutoResponder": NOTHING,
            "AddressChange": NOTHING,
            "SpamNotification": POLICY,
            "OpenRelayTest": NOTHING,
            "Unknown": SOFT,
            "VirusNotification": POLICY,
            "ChallengeVerification": NOTHING,
            "BadEmailAddress": HARD,
            "SpamComplaint": COMPLAINT,
            "ManuallyDeactivated": SOFT,
            "Unconfirmed": NOTHING,
            "Blocked": POLICY,
            "SMTPApiError": NOTHING,
            "InboundError": NOTHING,
            "DMARCPolicy": POLICY,
            "TemplateRenderingFailed": NOTHING,
        }.items()
    ),
    ("postmark", postmark("SpamComplaint", Type="SpamComplaint"), COMPLAINT),
    ("postmark", postmark("SpamComplaint", Type="SpamNotification"), POLICY),
    *(
        (
            "postmark",
            postmark(
                "SubscriptionChange",
                SuppressSending=True,
                SuppressionReason=reason,
                Origin=origin,
            ),
            outcome,
        )
        for reason, origin, outcome in [
            ("HardBounce", "Recipient", HARD),
            ("SpamComplaint", "Recipient", COMPLAINT),
            ("ManualSuppression", "Recipient", UNSUBSCRIBED),
            ("ManualSuppression", "Customer", NOTHING),
            ("ManualSuppression", "Admin", NOTHING),
        ]
    ),
    ("postmark", postmark("SubscriptionChange", SuppressSending=False), NOTHING),
    *(("postmark", postmark(kind), NOTHING) for kind in ("Delivery", "Open", "Click")),
    ("resend", resend("email.bounced", "Permanent", "General"), HARD),
    ("resend", resend("email.bounced", "Permanent", "Suppressed"), SOFT),
    ("resend", resend("email.bounced", "Transient", "MailboxFull"), FULL),
    ("resend", resend("email.bounced", "Transient", "General"), SOFT),
    ("resend", resend("email.bounced", "Undetermined", "Undetermined"), SOFT),
    ("resend", resend("email.bounced"), SOFT),
    ("resend", resend("email.bounced", "Permanent", "NoEmail"), HARD),
    ("resend", resend("email.bounced", "Permanent", "ASortAddedSince"), SOFT),
    *(
        ("resend", {"type": "email.failed", "data": {"failed": {"reason": reason}}}, outcome)
        for reason, outcome in {
            "reached_daily_quota": POLICY,
            "domain_not_verified": POLICY,
            "invalid_recipient": SOFT,
        }.items()
    ),
    ("resend", resend_topics("opt_in", "opt_out"), UNSUBSCRIBED),
    ("resend", resend_topics("opt_in"), NOTHING),
    ("resend", {"type": "contact.topics.updated", "data": {"topics": None}}, NOTHING),
    *(
        ("resend", {"type": "suppression.added", "data": {"origin": origin}}, outcome)
        for origin, outcome in {"bounce": HARD, "complaint": COMPLAINT, "manual": NOTHING}.items()
    ),
    ("resend", {"type": "suppression.removed", "data": {}}, NOTHING),
    ("resend", {"type": "contact.updated", "data": {"unsubscribed": True}}, UNSUBSCRIBED),
    ("resend", {"type": "contact.updated", "data": {"unsubscribed": False}}, NOTHING),
    *(
        ("resend", resend(f"email.{kind}"), outcome)
        for kind, outcome in {
            "complained": COMPLAINT,
            "suppressed": SOFT,
            "failed": POLICY,
            "delivery_delayed": NOTHING,
            "scheduled": NOTHING,
            "sent": NOTHING,
            "delivered": NOTHING,
            "opened": NOTHING,
            "clicked": NOTHING,
        }.items()
    ),
    *(
        ("sendgrid", {"event": "bounce", "type": kind, "bounce_classification": sort}, outcome)
        for kind, sort, outcome in [
            ("bounce", "Invalid Address", HARD),
            ("bounce", "Unclassified", HARD),
            ("bounce", "Technical", SOFT),
            ("bounce", "Mailbox Unavailable", SOFT),
            ("bounce", "Content", POLICY),
            ("bounce", "Reputation", POLICY),
            ("bounce", "Frequency/Volume Too High", POLICY),
            ("bounce", "Frequency or Volume Too High", POLICY),
            ("bounce", "Technical Failure", SOFT),
            ("bounce", "A Sort Added Since", SOFT),
            ("bounce", "", HARD),
            ("blocked", "Invalid Address", SOFT),
            ("blocked", "Technical", SOFT),
            ("blocked", "Technical Failure", SOFT),
            ("blocked", "Mailbox Unavailable", SOFT),
            ("blocked", "Reputation", POLICY),
            ("blocked", "Content", POLICY),
            ("blocked", "Frequency or Volume Too High", POLICY),
            ("blocked", "Frequency/Volume Too High", POLICY),
            ("blocked", "Unclassified", BLOCKED),
            ("blocked", "", BLOCKED),
            ("expired", "", SOFT),
        ]
    ),
    ("sendgrid", {"event": "dropped", "reason": "Spam Content"}, POLICY),
    ("sendgrid", {"event": "dropped", "reason": "Invalid SMTPAPI header"}, POLICY),
    ("sendgrid", {"event": "dropped", "reason": "Recipient List over Package Quota"}, POLICY),
    ("sendgrid", {"event": "dropped", "reason": "Invalid"}, SOFT),
    ("sendgrid", {"event": "dropped", "reason": "Bounced Address"}, SOFT),
    ("sendgrid", {"event": "dropped", "reason": "Spam Reporting Address"}, SOFT),
    ("sendgrid", {"event": "dropped", "reason": "Unsubscribed Address"}, UNSUBSCRIBED),
    *(
        ("sendgrid", {"event": kind}, outcome)
        for kind, outcome in {
            "spamreport": COMPLAINT,
            "unsubscribe": UNSUBSCRIBED,
            "group_unsubscribe": UNSUBSCRIBED,
            "group_resubscribe": NOTHING,
            "deferred": NOTHING,
            "processed": NOTHING,
            "delivered": NOTHING,
            "open": NOTHING,
            "click": NOTHING,
        }.items()
    ),
    *(
        ("sparkpost", sparkpost(kind, bounce_class=bounce_class), outcome)
        for kind in ("bounce", "out_of_band", "policy_rejection")
        for bounce_class, outcome in {
            "1": SOFT,
            "10": HARD,
            "20": SOFT,
            "21": SOFT,
            "22": FULL,
            "23": SOFT,
            "24": SOFT,
            "25": SOFT,
            "30": HARD,
            "40": SOFT,
            "50": POLICY,
            "51": POLICY,
            "52": POLICY,
            "53": POLICY,
            "54": POLICY,
            "60": NOTHING,
            "70": SOFT,
            "80": NOTHING,
            "90": UNSUBSCRIBED,
            "100": NOTHING,
        }.items()
    ),
    ("sparkpost", sparkpost("bounce", bounce_class="a class added since"), SOFT),
    *(
        (
            "sparkpost",
            sparkpost(kind, bounce_class="25", raw_reason=f"554 5.7.1 due to policy ({rule} Rule)"),
            outcome,
        )
        for kind in ("bounce", "policy_rejection")
        for rule, outcome in {
            "Unsubscribe": UNSUBSCRIBED,
            "Bounce": SOFT,
            "Spam Complaint": SOFT,
        }.items()
    ),
    ("sparkpost", sparkpost("spam_complaint", fbtype="abuse"), COMPLAINT),
    ("sparkpost", sparkpost("spam_complaint"), COMPLAINT),
    ("sparkpost", sparkpost("spam_complaint", fbtype="not-spam"), NOTHING),
    ("sparkpost", sparkpost("spam_complaint", fbtype="virus"), POLICY),
    ("sparkpost", sparkpost("spam_complaint", fbtype="auth-failure"), NOTHING),
    ("sparkpost", sparkpost("list_unsubscribe"), UNSUBSCRIBED),
    ("sparkpost", sparkpost("link_unsubscribe"), UNSUBSCRIBED),
    *(
        ("sparkpost", sparkpost(kind), NOTHING)
        for kind in ("delay", "generation_failure", "injection", "delivery", "open", "click")
    ),
    ("sparkpost", {"msys": {}}, None),
    *(
        ("unisender-go", unisender(status, detail), outcome)
        for status, detail, outcome in [
            ("hard_bounced", "err_user_unknown", HARD),
            ("hard_bounced", "err_user_inactive", HARD),
            ("hard_bounced", "err_domain_inactive", SOFT),
            ("hard_bounced", "err_dest_invalid", HARD),
            ("hard_bounced", "", HARD),
            *(
                (status, detail, outcome)
                for status in ("hard_bounced", "soft_bounced")
                for detail, outcome in {
                    "err_mailbox_full": FULL,
                    "err_spam_rejected": POLICY,
                    "err_spam_folder": POLICY,
                    "err_blacklisted": POLICY,
                    "err_too_large": POLICY,
                    "err_not_allowed": POLICY,
                    "err_src_invalid": POLICY,
                    "err_spam_removed": POLICY,
                    "err_spam_skipped": POLICY,
                    "skip_dup_mailbox_full": FULL,
                    "skip_dup_unreachable": SOFT,
                    "skip_dup_temp_unreachable": SOFT,
                    "err_internal": SOFT,
                    "err_resend": SOFT,
                    "err_lost": SOFT,
                    "err_giveup": SOFT,
                    "err_no_dns": SOFT,
                    "err_no_smtp": SOFT,
                    "err_not_available": SOFT,
                    "err_retry_letter": SOFT,
                    "err_unknown": SOFT,
                    "err_added_since": SOFT,
                    "not_sent": SOFT,
                    "err_will_retry": NOTHING,
                }.items()
            ),
            ("hard_bounced", "err_mailbox_discarded", HARD),
            ("hard_bounced", "err_unsubscribed", UNSUBSCRIBED),
            ("hard_bounced", "err_unreachable", SOFT),
            ("hard_bounced", "err_delivery_failed", SOFT),
            ("soft_bounced", "err_user_unknown", SOFT),
            ("spam", "", COMPLAINT),
            ("spam", "ok_fbl", COMPLAINT),
            ("delivered", "ok_spam_folder", NOTHING),
            ("unsubscribed", "", UNSUBSCRIBED),
            ("subscribed", "", NOTHING),
            ("sent", "", NOTHING),
            ("delivered", "ok_delivered", NOTHING),
            ("opened", "ok_read", NOTHING),
            ("clicked", "ok_link_visited", NOTHING),
        ]
    ),
]


@pytest.mark.parametrize(("provider", "payload", "outcome"), EVENTS)
def test_an_event_means_what_its_provider_s_documentation_says(
    provider: str, payload: dict[str, Any], outcome: EventOutcome | None
) -> None:
    assert event_outcome(provider, payload) is outcome


def test_every_provider_with_a_webhook_has_a_table_and_its_main_events_are_tested() -> None:
    assert all(events_of(provider).outcomes for provider in PROVIDERS)
    tested = {(provider, outcome) for provider, _, outcome in EVENTS}
    # Postal's events know neither complaints nor unsubscribing; Mailtrap's know no hard bounces.
    missing = {
        "postal": {COMPLAINT, UNSUBSCRIBED},
        "mailtrap": {HARD},
    }
    wanted = {
        (provider, outcome)
        for provider in PROVIDERS
        for outcome in {HARD, SOFT, COMPLAINT, UNSUBSCRIBED, NOTHING} - missing.get(provider, set())
    }
    assert wanted - tested == set()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_row_of_a_failure_is_tested(provider: str) -> None:
    """A row that no event reaches is misspelt, or another row stands before it."""
    failures = {HARD, FULL, POLICY, BLOCKED, FAILED}
    wanted = {name for name, row in events_of(provider).outcomes.items() if row in failures}
    tested = {event_name(provider, payload) for tested, payload, _ in EVENTS if tested == provider}
    reached = {name for name in tested if name in wanted}
    reached |= {row for row in wanted for name in tested if name.startswith(f"{row}/")}
    assert wanted - reached == set()


@pytest.mark.parametrize(
    ("outcome", "words", "classification", "reason"),
    [
        (HARD, UNKNOWN_USER, "hard", "user unknown"),
        (HARD, "", "hard", "user unknown"),
        (HARD, "452 4.2.2 mailbox full", "full", "mailbox full"),
        (HARD, "550 5.7.1 relaying denied", "policy", "relaying denied"),
        (SOFT, UNKNOWN_USER, "soft", "user unknown"),
        (SOFT, "", "soft", "unclear"),
        (SOFT, "550 5.7.1 blocked for spam", "policy", "taken for spam"),
        (FULL, UNKNOWN_USER, "full", "mailbox full"),
        (FULL, "", "full", "mailbox full"),
        (POLICY, UNKNOWN_USER, "policy", "rejected by policy"),
        (POLICY, "", "policy", "rejected by policy"),
        (BLOCKED, "", "policy", "rejected by policy"),
        (BLOCKED, "452 4.2.2 mailbox full", "full", "mailbox full"),
        (BLOCKED, "connection timed out", "soft", "delivery timed out"),
        (BLOCKED, UNKNOWN_USER, "soft", "user unknown"),
        (BLOCKED, "550 5.7.1 listed at a block list", "policy", "taken for spam"),
        (
            BLOCKED,
            "unable to get mx info: failed to get IPs from PTR record: lookup: no such host",
            "soft",
            "host unknown",
        ),
        (FAILED, "", "soft", "unclear"),
        (FAILED, UNKNOWN_USER, "hard", "user unknown"),
        (FAILED, "421 try again", "soft", "unclear"),
        (SOFT, "554 5.7.1 address was suppressed due to a policy", "soft", "mail system error"),
        (COMPLAINT, UNKNOWN_USER, "complaint", "reported as spam"),
    ],
)
def test_a_provider_s_soft_bounce_stays_soft_whatever_the_words(
    outcome: EventOutcome, words: str, classification: str, reason: str
) -> None:
    event = AnymailTrackingEvent(event_type=EventType.BOUNCED, mta_response=words, esp_event={})
    translated = translate_event(event, outcome, provider="mailjet")
    assert (translated.classification, translated.reason) == (classification, reason)


def test_a_reason_that_only_the_payload_has_counts_as_well() -> None:
    event = AnymailTrackingEvent(
        event_type=EventType.REJECTED, esp_event={"reason": "sending domain is not verified"}
    )
    translated = translate_event(event, SOFT, provider="mailtrap")
    assert (translated.classification, translated.reason) == ("policy", "sender rejected")


def post(provider: str, facts: object, settings: Any, **headers: str) -> int:
    settings.HOOK_SECRETS = {provider: LOGIN}
    login = {"Authorization": "Basic " + b64encode(LOGIN.encode()).decode(), **headers}
    return (
        Client()
        .post(f"/hooks/{provider}/", json.dumps(facts), "application/json", headers=login)
        .status_code
    )


UNKNOWN_EVENTS: list[tuple[str, object]] = [
    ("amazon-ses", {"eventType": "Surprise", "mail": {"messageId": "m-1"}}),
    ("brevo", {"event": "surprise", "email": IVY}),
    ("brevo", {"event": "surprise"}),
    ("mailjet", {"event": "surprise"}),
    ("mailjet", [mailjet("surprise")]),
    ("mailtrap", {"events": [{"event": "surprise"}]}),
    ("postal", {"event": "Surprise", "payload": {}}),
    ("postmark", {"RecordType": "Surprise"}),
    ("resend", {"type": "domain.surprise", "data": {}}),
    ("sendgrid", [{"event": "surprise"}]),
    ("sparkpost", [{"msys": {"surprise_event": {"type": "surprise"}}}]),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("provider", "facts"), UNKNOWN_EVENTS)
def test_an_unknown_event_is_logged_and_answered_with_200(
    provider: str, facts: object, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    make_sent_delivery()
    caplog.set_level("INFO")
    headers = {}
    if provider == "amazon-ses":
        facts = {"Type": "Notification", "Message": json.dumps(facts), "MessageId": "s-1"}
        headers = {"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": "s-1"}
    assert post(provider, facts, settings, **headers) == 200
    assert "surprise" in caplog.text or "no event that we know" in caplog.text
    assert not BounceEvent.objects.exists()
    assert not Suppression.objects.exists()


def test_the_test_with_which_mailersend_saves_a_webhook_is_answered_with_200(
    settings: Any,
) -> None:
    settings.HOOK_SECRETS = {"mailersend": "a signing secret"}
    ping = b'{"type": "webhook.test", "message": "This is a ping"}'
    signature = hmac.new(b"a signing secret", ping, hashlib.sha256).hexdigest()
    for written, status in ((signature, 200), ("0" * 64, 400)):
        answer = Client().post(
            "/hooks/mailersend/", ping, "application/json", headers={"Signature": written}
        )
        assert answer.status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("provider", "facts"),
    [
        ("mailjet", mailjet("unsub", time=4_000_000_000)),
        ("postmark", postmark("SubscriptionChange", SuppressionReason="ManualSuppression")),
        ("sparkpost", [sparkpost("link_unsubscribe")]),
        ("brevo", {"event": "unsubscribed", "email": IVY}),
        ("sendgrid", [{"event": "group_unsubscribe", "email": IVY}]),
        ("resend", {"type": "contact.updated", "data": {"email": IVY, "unsubscribed": True}}),
        ("resend", resend_topics("opt_out")),
    ],
)
def test_unsubscribing_at_the_provider_is_recorded_as_unsubscribing(
    provider: str, facts: object, settings: Any
) -> None:
    delivery = make_sent_delivery()
    other = make_reader(of=make_briefing(), email=IVY)
    assert post(provider, facts, settings) == 200
    subscription = Subscription.objects.get(briefing=delivery.dispatch.issue.briefing_id)
    assert subscription.state == SubscriptionState.UNSUBSCRIBED
    record = ConsentRecord.objects.filter(action=ConsentAction.UNSUBSCRIBED).get()
    assert record.source == "the email provider's unsubscribe link"
    other.refresh_from_db()
    assert other.state == SubscriptionState.ACTIVE
    assert not Suppression.objects.exists()
    assert not BounceEvent.objects.exists()


@pytest.mark.django_db
def test_an_old_event_does_not_unsubscribe_who_came_back() -> None:
    subscription = make_reader(of=make_briefing(), email=IVY)
    ids = {"subscriber": subscription.subscriber_id, "briefing": subscription.briefing_id}
    before = subscription.joined_at - timedelta(days=1)
    assert not record_unsubscribe(**ids, source="a test", at=before)
    assert record_unsubscribe(**ids, source="a test", at=timezone.now())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("provider", "facts"),
    [
        ("mailjet", mailjet("bounce", "user unknown", hard_bounce=False, smtp_reply=UNKNOWN_USER)),
        *(
            ("sparkpost", [sparkpost("bounce", bounce_class=number)])
            for number in ("20", "21", "22", "23", "24", "25", "40", "70")
        ),
        ("postmark", postmark("Bounce", Type="SpamNotification", Description="blocked as spam")),
    ],
)
def test_what_may_pass_is_counted_and_suppresses_nobody(
    provider: str, facts: object, settings: Any
) -> None:
    make_sent_delivery()
    assert post(provider, facts, settings) == 200
    assert BounceEvent.objects.get().classification in {"soft", "full", "policy"}
    assert not Suppression.objects.exists()


MANDRILL_UNSIGNED = {"event": "reject", "msg": {"email": IVY, "reject": {"reason": "unsigned"}}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("provider", "payload", "pauses"),
    [
        ("mandrill", MANDRILL_UNSIGNED, True),
        ("mailtrap", {"event": "suspension"}, True),
        ("mailtrap", {"event": "reject", "reason": "domain is not verified"}, True),
        ("mailtrap", {"event": "reject", "reason": "the address is suppressed"}, False),
        ("sendgrid", {"event": "dropped", "reason": "Recipient List over Package Quota"}, True),
        ("unisender-go", unisender("hard_bounced", "err_src_invalid"), True),
        ("unisender-go", unisender("hard_bounced", "skip_dup_unreachable"), False),
        ("resend", {"type": "email.failed", "data": {"failed": {"reason": "quota"}}}, True),
        ("sparkpost", sparkpost("bounce", bounce_class="25"), False),
    ],
)
def test_three_events_about_us_pause_the_dispatch_and_suppress_nobody(
    provider: str, payload: dict[str, Any], pauses: bool
) -> None:
    outcome = event_outcome(provider, payload)
    assert outcome
    briefing = make_briefing()
    for _ in range(6):
        make_reader(of=briefing)
    for number, delivery in enumerate(send_all(make_dispatch(briefing=briefing))[:3]):
        event = AnymailTrackingEvent(
            event_type=EventType.REJECTED, esp_event=payload, event_id=str(number)
        )
        received = translate_event(event, outcome, provider=provider)
        apply_policy(received, delivery, at=timezone.now())
    assert (Dispatch.objects.get().state == DispatchState.PAUSED) is pauses
    assert not Suppression.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("provider", "facts"),
    [
        ("sparkpost", [sparkpost("spam_complaint", fbtype="not-spam")]),
        ("sparkpost", [sparkpost("spam_complaint", fbtype="auth-failure")]),
        ("postmark", postmark("Bounce", Type="AutoResponder")),
    ],
)
def test_what_is_no_complaint_changes_nothing(provider: str, facts: object, settings: Any) -> None:
    make_sent_delivery()
    assert post(provider, facts, settings) == 200
    assert not BounceEvent.objects.exists()
    assert not Suppression.objects.exists()
    assert Delivery.objects.get().state == DeliveryState.SENT


@pytest.mark.django_db
def test_text_that_no_database_can_store_is_cleaned(settings: Any) -> None:
    make_sent_delivery()
    facts = postmark("Bounce", Type="SoftBounce", Details="Half\0 a pair: \ud83d")
    assert post("postmark", facts, settings) == 200
    assert BounceEvent.objects.get().diagnostic == "Half a pair: ?"
