"""Erasing a person: every personal field goes, a salted hash stays to keep the address away.

What stays besides: the ledger's rows, whose number of a reader leads nowhere now, so that the
counts of each dispatch stay right; and the log of acts, which holds no personal data of readers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, Q, QuerySet

from briefings.models import Comment, CommentState
from newsroom.inbox import storage
from newsroom.mail_servers import MailServerKind
from newsroom.models import OutgoingEmail
from subscribers.lists.table_writer import wait_for_imports
from subscribers.locks import lock_subscribers
from subscribers.models import SignUp, Subscriber, Suppression, SuppressionReason
from subscribers.privacy.list_erasure import strike
from subscribers.privacy.personal_data import (
    Person,
    changes_to,
    comments_by,
    deliveries_to,
    letters_to,
    person_at,
)

TAKEN_BACK = "This comment was taken back by its writer."
# What may stand when its writer wants it to; the rest was never shown, and goes.
STANDING_STATES = {CommentState.PENDING, CommentState.APPROVED}
_TO_NEW, _TO_OLD = "confirm_new_address", "confirm_old_address"


def erase(person: Person, *, keep_words: bool, at: datetime) -> Counter[str]:
    """Erase a person, all or nothing; give back how many rows of each kind went or were blanked.

    Comments go with the rest. With `keep_words` those on show, or waiting for the desk, stay as
    anonymous words.
    """
    gone: Counter[str] = Counter()
    with transaction.atomic():
        wait_for_imports()
        if person.subscriber is None:  # or an import has brought them in, a moment ago
            person = person_at(person.addresses[0])
        subscriber = person.subscriber
        gone["rows of lists"] = strike(person.addresses, at=at)
        # Whatever else is about to happen to them waits, and then finds them gone.
        sign_ups = SignUp.objects.filter(address_hash__in=person.hashes).order_by("pk")
        list(sign_ups.select_for_update().values_list("pk"))
        lock_subscribers([subscriber.pk] if subscriber else [])
        for address_hash in person.hashes:
            Suppression.objects.update_or_create(
                address_hash=address_hash,
                defaults={"reason": SuppressionReason.ERASED, "detail": "", "at": at},
            )
        gone["log entries"] = _blank_log(person)
        gone["comments"] = _erase_comments(comments_by(person.addresses), keep_words=keep_words)
        gone["letters"], _ = letters_to(person.addresses).delete()
        gone["sign-ups"], _ = sign_ups.delete()
        gone["changes of others"] = _drop_wishes(person)
        if subscriber is not None:
            _drop_questions(subscriber)
            answered = deliveries_to(subscriber.pk).filter(answer__isnull=False)
            gone["answers"] = answered.update(answer=None)
            gone["subscribers"], _ = Subscriber.objects.filter(pk=subscriber.pk).delete()
        transaction.on_commit(partial(_empty_inbox, person))
    return gone


def _erase_comments(comments: QuerySet[Comment], *, keep_words: bool) -> int:
    """Take the writer out of comments, and the words unless they may stand.

    A comment that others answered keeps its place in the thread, without its words.
    """
    pks = list(comments.order_by("-pk").values_list("pk", "state"))
    for pk, state in pks:
        mine = Comment.objects.filter(pk=pk)
        if keep_words and state in STANDING_STATES:
            mine.update(name="", email="", mail_key=None)
        elif Comment.objects.filter(parent=pk).exists():
            mine.update(name="", email="", mail_key=None, body=TAKEN_BACK)
        else:
            mine.delete()
    return len(pks)


def _drop_questions(subscriber: Subscriber) -> None:
    """Take back letters that ask another address about this one."""
    asked = subscriber.address_changes.exclude(new_address="").values_list("new_address", flat=True)
    if asked:
        _take_back(_TO_NEW, to=list(asked))


def _drop_wishes(person: Person) -> int:
    """Drop what others asked for, that their letters go to this person; the letters name it."""
    wishes = changes_to(person)
    if askers := list(wishes.exclude(old_address="").values_list("old_address", flat=True)):
        _take_back(_TO_OLD, to=askers)
    return wishes.delete()[0]


def _take_back(name: str, *, to: list[str]) -> None:
    """Delete letters of a kind that have not left yet."""
    waiting = OutgoingEmail.objects.filter(name=name)
    waiting.filter(pk__in=letters_to(to).values("pk")).delete()


def _blank_log(person: Person) -> int:
    """Blank the names that Django's own log of the desk gives to rows about the person."""
    comments = comments_by(person.addresses)
    sign_ups = SignUp.objects.filter(address_hash__in=person.hashes)
    about = _entries(Comment, comments.values_list("pk", flat=True))
    about |= _entries(SignUp, sign_ups.values_list("pk", flat=True))
    if person.subscriber is not None:
        about |= _entries(Subscriber, [person.subscriber.pk])
    of_comments = Q(content_type=ContentType.objects.get_for_model(Comment))
    for name in {*comments.values_list("name", flat=True)} - {""}:
        # A comment that was deleted at the desk is known by its name only.
        about |= of_comments & Q(object_repr__startswith=f"{name} on ")
    return LogEntry.objects.filter(about).update(object_repr="erased", change_message="")


def _entries(model: type[Model], pks: Iterable[int]) -> Q:
    kind = ContentType.objects.get_for_model(model)
    return Q(content_type=kind, object_id__in=[str(pk) for pk in pks])


def _empty_inbox(person: Person) -> None:
    """Throw away the letters that the development inbox keeps for the person."""
    if settings.MAIL_SERVERS[0].kind is MailServerKind.INBOX:
        storage.delete_sent_to(person.addresses)
