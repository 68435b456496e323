"""Erase a person: every personal field goes, and a salted hash stays so that we never email them.

Two other things stay. The rows of the ledger keep a subscriber id that leads nowhere, so that the
counts of each dispatch stay right; and the audit log holds no personal data of readers.

A reader waits for `erase`, so it waits for no import and reads no list. A worker does what is left,
with `finish_erasures`: it searches the lists (`list_erasure`), and deletes subscribers whom an
import was writing at that moment. Being suppressed, they get no email meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, Q, QuerySet

from briefings.models import (
    Comment,
    CommentState,
    EarlierWords,
    HoldReason,
    PointCheck,
    QuoteChoice,
    QuoteConsent,
    ResponseMark,
    ResponseVector,
    SpamAnswer,
    SpamCheck,
)
from briefings.models.comment import REMOVED_COMMENT
from briefings.proofs import forget_addresses
from briefings.questions.answers import forget_answers
from briefings.quotations.withdrawals import forget_quotations
from briefings.recommendations import forget_recommendations
from newsroom.append_only import all_rows
from newsroom.inbox import storage
from newsroom.mail_servers import MailServerKind
from newsroom.models import OutgoingEmail
from subscribers.locks import lock_subscribers
from subscribers.models import (
    AddressChange,
    BounceEvent,
    ConsentRecord,
    SignUp,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from subscribers.models.profile import PROFILE_FIELDS
from subscribers.privacy.frozen_quotations import change_frozen_quotations
from subscribers.privacy.list_erasure import (
    rename_files_named_after,
    time_of_erasure,
    wake_eraser,
)
from subscribers.privacy.personal_data import (
    Person,
    commenters_at,
    comments_by,
    deliveries_to,
    emails_to,
    person_at,
    requests_to_use,
)

# However long an import may take from the first row it writes to its end.
LONGEST_IMPORT = timedelta(days=1)
# Comments that may be kept without their author; the others were never published, and go.
KEPT_STATES = {CommentState.PENDING, CommentState.APPROVED}
_TO_NEW, _TO_OLD = "confirm_new_address", "confirm_old_address"


def erase(person: Person, *, keep_words: bool) -> Counter[str]:
    """Erase a person, all or nothing; return how many rows of each kind were deleted or blanked.

    Comments are deleted too. With `keep_words`, those published or waiting for an editor stay,
    without their author.
    """
    erased: Counter[str] = Counter()
    with transaction.atomic():
        at = time_of_erasure()
        if person.subscriber is None:  # unless an import subscribed them a moment ago
            person = person_at(person.addresses[0])
        subscriber = person.subscriber
        erased["names of uploaded files"] = rename_files_named_after(
            person.addresses, subscriber.name if subscriber else ""
        )
        # Whatever else is about to change these rows waits, and then finds them gone.
        sign_ups = SignUp.objects.filter(address_hash__in=person.hashes).order_by("pk")
        list(sign_ups.select_for_update().values_list("pk"))
        lock_subscribers([subscriber.pk] if subscriber else [])
        commenters_at(person.addresses).lock_all()  # then issues and comments, as everywhere
        for address_hash in person.hashes:
            Suppression.objects.update_or_create(
                address_hash=address_hash,
                defaults={"reason": SuppressionReason.ERASED, "detail": "", "at": at},
            )
        erased["admin log entries"] = _blank_admin_log(person)
        erased["issues that quoted them"] = forget_quotations(
            comments_by(person.addresses), at=at, change_frozen=change_frozen_quotations
        )
        erased["comments"] = _erase_comments(comments_by(person.addresses), keep_words=keep_words)
        commenters = commenters_at(person.addresses)
        erased["recommendations"] = forget_recommendations(commenters)
        erased["answers to questions"] = forget_answers(commenters, at=at)
        erased["rows of commenters"], _ = commenters.delete()
        erased["waiting emails"], _ = emails_to(person.addresses).delete()
        erased["proofs"] = forget_addresses(person.addresses)
        erased["sign-ups"], _ = sign_ups.delete()
        erased["requests by others to use the address"] = _delete_requests_by_others(person)
        if subscriber is not None:
            _delete_questions_to_new_addresses(subscriber)
            replies = deliveries_to(subscriber.pk).filter(server_reply__isnull=False)
            erased["mail server replies"] = replies.update(server_reply=None)
            erased["subscribers"] = _delete_or_blank(subscriber.pk)
        transaction.on_commit(partial(_empty_inbox, person))
        transaction.on_commit(wake_eraser)
    return erased


def delete_erased_subscribers(*, at: datetime) -> int:
    """Delete subscribers who were erased while an import was writing them; return their number."""
    recent = Suppression.objects.filter(reason=SuppressionReason.ERASED, at__gt=at - LONGEST_IMPORT)
    hashes = list(recent.values_list("address_hash", flat=True))
    found = Subscriber.objects.filter(address_hash__in=hashes).values_list("pk", flat=True)
    deleted = 0
    for pk in list(found):
        with transaction.atomic():
            deleted += _delete_or_blank(pk)
    return deleted


def _delete_or_blank(subscriber_id: int) -> int:
    """Delete a subscriber with everything that belongs to them; return 1, or 0 if they are gone.

    While an import subscribes them to one more briefing, the row cannot be deleted until the import
    ends. Rather than wait for it, blank the row; `delete_erased_subscribers` deletes it later.
    """
    subscribers = Subscriber.objects.filter(pk=subscriber_id)
    if list(subscribers.select_for_update(skip_locked=True).values_list("pk")):
        return subscribers.delete()[1].get(Subscriber._meta.label, 0)
    for model in (AddressChange, BounceEvent, ConsentRecord, Subscription):
        all_rows(model).filter(subscriber=subscriber_id).delete()
    blank = dict.fromkeys(("address", *PROFILE_FIELDS), "")
    dates = dict.fromkeys(("moved_at", "paused_at", "paused_until"))
    return subscribers.update(**blank, **dates)


def _erase_comments(comments: QuerySet[Comment], *, keep_words: bool) -> int:
    """Remove the author from comments, and the words unless they may stay.

    A comment with replies keeps its place in the thread, without its words. Nothing of them may be
    quoted any more. Words that stay are still checked as points, and count as those of one person.
    """
    pks = list(comments.values_list("pk", flat=True))
    all_rows(QuoteConsent).filter(comment__in=pks).delete()
    EarlierWords.objects.filter(comment__in=pks).delete()
    HoldReason.objects.filter(comment__in=pks).delete()
    SpamCheck.objects.filter(comment__in=pks).delete()
    SpamAnswer.objects.filter(comment__in=pks).delete()
    ResponseMark.objects.filter(comment__in=pks).delete()
    ResponseVector.objects.filter(comment__in=pks).delete()
    blank: dict[str, Any] = {
        "name": "",
        "email": "",
        "mail_key": None,
        "commenter": None,
        "contributor": None,
        "by_staff": False,
        "quoting": QuoteChoice.NO,
        "quote_name": "",
        "emails_on_replies": False,
        "edited_at": None,
    }
    found = list(comments.order_by("-pk").values_list("pk", "state", "issue"))
    first_on = {issue: pk for pk, _, issue in found}
    for pk, state, issue in found:
        comment = Comment.objects.filter(pk=pk)
        if keep_words and state in KEPT_STATES:
            comment.update(**blank, erased_with=first_on[issue])
            continue
        PointCheck.objects.filter(comment=pk).delete()
        if Comment.objects.filter(parent=pk).exists():
            comment.update(**blank, body=REMOVED_COMMENT)
        else:
            comment.delete()
    return len(found)


def _delete_questions_to_new_addresses(subscriber: Subscriber) -> None:
    """Delete the waiting emails that ask the owner of another address about this subscriber's."""
    changes = subscriber.address_changes.exclude(new_address="")
    if asked := list(changes.values_list("new_address", flat=True)):
        _delete_waiting_emails(_TO_NEW, to=asked)


def _delete_requests_by_others(person: Person) -> int:
    """Delete others' requests to use the person's address, and the emails that name it."""
    requests = requests_to_use(person)
    askers = list(requests.exclude(old_address="").values_list("old_address", flat=True))
    if askers:
        _delete_waiting_emails(_TO_OLD, to=askers)
    return requests.delete()[0]


def _delete_waiting_emails(name: str, *, to: list[str]) -> None:
    waiting = OutgoingEmail.objects.filter(name=name)
    waiting.filter(pk__in=emails_to(to).values("pk")).delete()


def _blank_admin_log(person: Person) -> int:
    """Blank the names of rows about the person in the log that Django's admin keeps."""
    comments = comments_by(person.addresses)
    sign_ups = SignUp.objects.filter(address_hash__in=person.hashes)
    about = _entries(Comment, comments.values_list("pk", flat=True))
    about |= _entries(SignUp, sign_ups.values_list("pk", flat=True))
    if person.subscriber is not None:
        about |= _entries(Subscriber, [person.subscriber.pk])
    of_comments = Q(content_type=ContentType.objects.get_for_model(Comment))
    for name in {*comments.values_list("name", flat=True)} - {""}:
        # A comment that was deleted in the admin is known by its name only.
        about |= of_comments & Q(object_repr__startswith=f"{name} on ")
    return LogEntry.objects.filter(about).update(object_repr="erased", change_message="")


def _entries(model: type[Model], pks: Iterable[int]) -> Q:
    content_type = ContentType.objects.get_for_model(model)
    return Q(content_type=content_type, object_id__in=[str(pk) for pk in pks])


def _empty_inbox(person: Person) -> None:
    """Delete the person's emails from the development inbox."""
    if settings.MAIL_SERVERS[0].kind is MailServerKind.INBOX:
        storage.delete_sent_to(person.addresses)
