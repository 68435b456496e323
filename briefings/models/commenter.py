"""A reader who comments: known by a confirmed address, without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from newsroom.email_addresses import address_key
from newsroom.reader_language import shared_language

if TYPE_CHECKING:
    from datetime import datetime


class CommenterQuerySet(models.QuerySet["Commenter"]):
    """Commenters as the pages ask for them."""

    def at_address(self, address: str) -> CommenterQuerySet:
        """Return the commenter with an address, in any spelling."""
        return self.filter(address_key=address_key(address))

    def lock_all(self) -> list[int]:
        """Lock these until the transaction ends; return the keys of those that still exist.

        Rows that refer to them can still be added (FOR NO KEY UPDATE).
        """
        rows = self.select_for_update(no_key=True).order_by("pk")
        return list(rows.values_list("pk", flat=True))

    def confirmed(self, address: str) -> Commenter:
        """Return the commenter with an address that its owner has just confirmed."""
        commenter, _ = self.get_or_create(
            address_key=address_key(address), defaults={"address": address}
        )
        return commenter


class Commenter(models.Model):
    """The owner of an address who has confirmed it: in a comment's email, or by signing in."""

    address = models.EmailField(max_length=254, help_text="Never shown.")
    address_key = models.CharField(max_length=254, unique=True, editable=False)
    name = models.CharField(max_length=80, blank=True, help_text="As in their latest comment.")
    created_at = models.DateTimeField(default=timezone.now)
    # A link that signs in works once: it names the time of the sign-in before it.
    signed_in_at = models.DateTimeField(null=True, editable=False)
    # Browsers that signed in before this was raised are signed out.
    session = models.PositiveIntegerField(default=0, editable=False)
    # Links that sign in, in emails from before this, sign in nobody.
    signed_out_at = models.DateTimeField(null=True, editable=False)
    told_when_quoted = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whether they are told by email that an issue quotes them.",
    )
    told_of_answers = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whether they are told by email what became of a question that they answered.",
    )
    # Links that confirm an answer, in emails from before this, count nothing any more.
    answers_withdrawn_at = models.DateTimeField(null=True, editable=False)
    # Replies that were published before this have been emailed about.
    told_of_replies_until = models.DateTimeField(null=True, editable=False)

    objects = CommenterQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name or f"Commenter {self.pk}"

    @property
    def language(self) -> str:
        """The language of the issues that they commented on; the site's if there are several."""
        languages = self.comments.order_by().values_list("issue__briefing__language", flat=True)
        return shared_language(languages.distinct())

    def lock(self) -> bool:
        """Have what they do twice at once wait for each other, until the transaction ends.

        False if they were erased meanwhile. Lock commenters first, then issues, and then comments,
        each in the order of their keys: so no two transactions wait for each other for ever.
        """
        return bool(Commenter.objects.filter(pk=self.pk).lock_all())

    def note_sign_in(self, *, at: datetime) -> bool:
        """Note that they sign in; False if they did since this row was read."""
        before = Commenter.objects.filter(pk=self.pk, signed_in_at=self.signed_in_at)
        changed = bool(before.update(signed_in_at=at))
        self.refresh_from_db(fields=["signed_in_at", "session"])
        return changed

    def sign_out_everywhere(self, *, at: datetime) -> None:
        """End the sessions of all browsers, and the links of earlier emails that begin one."""
        Commenter.objects.filter(pk=self.pk).update(
            session=models.F("session") + 1, signed_out_at=at
        )

    def has_ended_links_of(self, sent_at: datetime) -> bool:
        """Whether the owner signed out everywhere after an email was sent."""
        return self.signed_out_at is not None and sent_at <= self.signed_out_at
