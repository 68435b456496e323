"""Who hears it: subscribers, their consent, and the ledger of what was sent to them."""

from subscribers.models.address_change import AddressChange, AddressChangeState
from subscribers.models.bounce_event import EventAct, EventSource, EventVerdict, ReportEvent
from subscribers.models.consent_record import ConsentAct, ConsentRecord
from subscribers.models.delivery import SETTLED_STATES, Delivery, DeliveryState, Lease
from subscribers.models.dispatch import LIVE_STATES, Dispatch, DispatchState
from subscribers.models.send_limits import DailyCount, Destination, SendAllowance
from subscribers.models.sign_up import SignUp, SignUpChoice
from subscribers.models.subscriber import Subscriber, Subscription, SubscriptionState
from subscribers.models.subscriber_import import ImportPart, ImportState, PartKind, SubscriberImport
from subscribers.models.suppression import Suppression, SuppressionReason

__all__ = [
    "LIVE_STATES",
    "SETTLED_STATES",
    "AddressChange",
    "AddressChangeState",
    "ConsentAct",
    "ConsentRecord",
    "DailyCount",
    "Delivery",
    "DeliveryState",
    "Destination",
    "Dispatch",
    "DispatchState",
    "EventAct",
    "EventSource",
    "EventVerdict",
    "ImportPart",
    "ImportState",
    "Lease",
    "PartKind",
    "ReportEvent",
    "SendAllowance",
    "SignUp",
    "SignUpChoice",
    "Subscriber",
    "SubscriberImport",
    "Subscription",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
]
