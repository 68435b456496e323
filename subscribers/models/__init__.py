"""Subscribers, their subscriptions and consent, and the ledger of what was sent to them."""

from subscribers.models.address_change import AddressChange, AddressChangeState
from subscribers.models.bounce_event import (
    BounceAction,
    BounceClassification,
    BounceEvent,
    BounceSource,
)
from subscribers.models.consent_record import ConsentAction, ConsentRecord
from subscribers.models.delivery import SETTLED_STATES, Delivery, DeliveryState, Lease
from subscribers.models.dispatch import LIVE_STATES, RETRY_FOR, Dispatch, DispatchState
from subscribers.models.held_item import HeldItem
from subscribers.models.outage import Outage
from subscribers.models.send_limits import (
    DailyReservation,
    DailySendCount,
    DomainBackoff,
    SendRateBucket,
)
from subscribers.models.sign_up import SignUp, SignUpChoice
from subscribers.models.subscriber import Subscriber, Subscription, SubscriptionState
from subscribers.models.subscriber_import import ImportPart, ImportState, PartKind, SubscriberImport
from subscribers.models.suppression import Suppression, SuppressionReason

__all__ = [
    "LIVE_STATES",
    "RETRY_FOR",
    "SETTLED_STATES",
    "AddressChange",
    "AddressChangeState",
    "BounceAction",
    "BounceClassification",
    "BounceEvent",
    "BounceSource",
    "ConsentAction",
    "ConsentRecord",
    "DailyReservation",
    "DailySendCount",
    "Delivery",
    "DeliveryState",
    "Dispatch",
    "DispatchState",
    "DomainBackoff",
    "HeldItem",
    "ImportPart",
    "ImportState",
    "Lease",
    "Outage",
    "PartKind",
    "SendRateBucket",
    "SignUp",
    "SignUpChoice",
    "Subscriber",
    "SubscriberImport",
    "Subscription",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
]
