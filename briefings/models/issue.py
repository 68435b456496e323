"""One edition of a briefing: the article on the web and the email in the inbox."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery, Value, Window
from django.db.models.functions import Cast, Coalesce, Concat, RowNumber
from django.urls import reverse
from django.utils import timezone

from briefings.local_time import format_local, moment_with_offset
from briefings.models.issue_text import keep_search_text
from briefings.models.revision import Revision, RevisionStep
from briefings.models.section import SectionKind
from briefings.models.topic import Topic, TopicLines, topics_of_lines
from briefings.picture_files import digests
from briefings.slots import EARLY
from newsroom import audit_log
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused, move, update_if

if TYPE_CHECKING:
    from collections.abc import Collection

    from briefings.models.section import Section
    from newsroom.audit_log import Actor


class IssueState(models.TextChoices):
    """How far an issue is between the first draft and its readers."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHED = "published", "Published"


EDITABLE_STATES = {IssueState.DRAFT, IssueState.IN_REVIEW}
# How long before the next send slot questions close, so that its author can use the answers.
QUESTIONS_CLOSE_BEFORE = timedelta(days=1)
# Verbs of the audit log about the making of an issue.
CREATED = ("created", "imported")
# States with an approval, which an edit voids.
APPROVED_STATES = {IssueState.APPROVED, IssueState.SCHEDULED}


def own_issues(user: Actor) -> Q:
    """Return the condition of `Issue.belongs_to`, for queries."""
    if user is None or user.pk is None:
        return Q(pk__in=[])
    created = AuditLogEntry.objects.filter(
        subject_kind="issue",
        subject_id=Cast(OuterRef("pk"), CharField()),
        verb__in=CREATED,
        actor=user.pk,
    )
    return Q(author__account=user.pk) | Q(Exists(created.order_by()))


class IssueQuerySet(models.QuerySet["Issue"]):
    """Issues as readers, editors and the scheduled tasks ask for them."""

    def published(self) -> IssueQuerySet:
        """Return the issues that readers may see, the latest first."""
        return self.filter(state=IssueState.PUBLISHED).order_by("-published_at", "-pk")

    def planned(self) -> IssueQuerySet:
        """Return the issues that have a send time and are not published yet."""
        return self.exclude(state=IssueState.PUBLISHED).filter(publish_at__isnull=False)

    def due(self, *, at: datetime) -> IssueQuerySet:
        """Return the scheduled issues whose send time has passed."""
        return self.filter(state=IssueState.SCHEDULED, publish_at__lte=at).order_by("publish_at")

    def newest_of_each(self, count: int) -> IssueQuerySet:
        """Return the newest `count` published issues of each briefing, the latest first."""
        rank = Window(
            RowNumber(),
            partition_by=F("briefing"),
            order_by=[F("published_at").desc(), F("pk").desc()],
        )
        return self.published().annotate(rank=rank).filter(rank__lte=count)

    def for_page(self, *, with_lead: bool = True) -> IssueQuerySet:
        """Return the issues with the rows that a page about them needs.

        The page of the issue itself says nothing of the briefing's lead.
        """
        line = Concat("topic__slug", Value(" "), "topic__name")
        topics = Issue.topics.through.objects.filter(issue=OuterRef("pk")).order_by()
        by_issue: models.QuerySet[Any, Any] = topics.values("issue")
        lines = Subquery(by_issue.annotate(lines=TopicLines(line)).values("lines"))
        issues = self.select_related("briefing__lead" if with_lead else "briefing", "author")
        return issues.annotate(topic_lines=Coalesce(lines, Value("")))

    def with_neighbours(self) -> IssueQuerySet:
        """Return the issues with the number and the headline of the previous and the next one.

        Each is one text, 'number headline', or None: two columns would be two subqueries.
        """
        beside = Issue.objects.filter(
            briefing=OuterRef("briefing"), state=IssueState.PUBLISHED
        ).order_by()
        named = Concat("number", Value(" "), "title", output_field=CharField())
        before = beside.filter(number__lt=OuterRef("number")).order_by("-number")
        after = beside.filter(number__gt=OuterRef("number")).order_by("number")
        return self.annotate(
            issue_before=Subquery(before.values(named=named)[:1]),
            issue_after=Subquery(after.values(named=named)[:1]),
        )


class Issue(models.Model):
    """An edition of a briefing; its text is in its sections."""

    briefing = models.ForeignKey(
        "briefings.Briefing", on_delete=models.PROTECT, related_name="issues"
    )
    number = models.PositiveIntegerField(help_text="Issues are numbered within their briefing.")
    title = models.CharField("headline", max_length=200)
    slug = models.SlugField(
        max_length=80,
        blank=True,
        help_text="Words for a longer address that redirects to this issue.",
    )
    strapline = models.CharField(
        max_length=300, blank=True, help_text="A sentence or two under the headline."
    )
    subject = models.CharField(
        "email subject", max_length=200, blank=True, help_text="If it is empty, the headline."
    )
    preheader = models.CharField(
        max_length=200,
        blank=True,
        help_text="What an inbox shows beside the subject. If it is empty, the strapline.",
    )
    author = models.ForeignKey(
        "briefings.Contributor", on_delete=models.PROTECT, related_name="issues"
    )
    state = models.CharField(max_length=10, choices=IssueState, default=IssueState.DRAFT)
    publish_at = models.DateTimeField("goes out at", null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_hash = models.CharField(max_length=64, blank=True, editable=False)
    # SHA-256 by file name of the pictures that were approved. Null: approved before we kept them.
    approved_pictures = models.JSONField(null=True, blank=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who is to read it before it is approved. We email them.",
    )
    due_at = models.DateTimeField(
        "due", null=True, blank=True, help_text="When the draft has to be ready for its reviewer."
    )
    topics = models.ManyToManyField("briefings.Topic", blank=True, related_name="issues")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ("-published_at", "-number")
        permissions = (
            ("approve_issue", "Can approve issues and return them"),
            ("send_issue", "Can schedule, send and correct issues"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["briefing", "number"], name="issue_number_is_unique_in_its_briefing"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="issue_number_starts_at_one"),
            models.CheckConstraint(
                condition=~Q(state=IssueState.SCHEDULED) | Q(publish_at__isnull=False),
                name="issue_scheduled_has_an_hour",
            ),
            models.CheckConstraint(
                condition=~Q(state=IssueState.PUBLISHED) | Q(published_at__isnull=False),
                name="issue_published_has_its_hour",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(EDITABLE_STATES)) | ~Q(approved_hash=""),
                name="issue_approved_is_bound_to_its_content",
            ),
        )
        indexes = (
            models.Index(fields=["state", "publish_at"], name="issue_by_hour"),
            models.Index(fields=["briefing", "state", "-published_at"], name="issue_archive"),
        )

    def __str__(self) -> str:
        return f"{self.briefing} {self.number}: {self.headline}"

    def get_absolute_url(self) -> str:
        return reverse("briefings:issue_detail", args=[self.briefing.slug, self.number])

    @property
    def headline(self) -> str:
        """The headline for lists of the admin: a draft that was made by itself has none yet."""
        return self.title or "No headline yet"

    def clean(self) -> None:
        """Refuse a number that another issue of the briefing has.

        The caller locks the briefing, or else the database refuses the later of two at once.
        """
        entered: tuple[int | None, int | None] = (self.briefing_id, self.number)
        if None in entered:
            return
        taken = Issue.objects.filter(briefing=self.briefing_id, number=self.number)
        if taken.exclude(pk=self.pk).exists():
            message = (
                f"{self.briefing} already has an issue {self.number}. The next free number is"
                f" {self.briefing.next_number()}."
            )
            raise ValidationError({"number": message})

    @property
    def dateline(self) -> datetime:
        """When the issue was or will be published, in the briefing's time zone."""
        moment = self.published_at or self.publish_at or self.created_at
        return moment.astimezone(self.briefing.zone)

    @property
    def email_subject(self) -> str:
        """The subject of the email: its own, or else the headline."""
        return self.subject.strip() or self.title

    @property
    def email_preheader(self) -> str:
        """The line beside the subject in an inbox: its own, or else the strapline."""
        return self.preheader.strip() or self.strapline.strip()

    @property
    def topic_list(self) -> list[Topic]:
        """The topics by name; without a query if the issue came from `for_page`."""
        lines = getattr(self, "topic_lines", None)
        if lines is not None:
            return topics_of_lines(lines)
        return list(self.topics.all()) if self.pk else []

    def put_sections(self, sections: list[Section]) -> None:
        """Have `issue.sections.all()` return these, as after `prefetch_related`."""
        for section in sections:
            section.issue = self
        prefetched = self.sections.none()
        prefetched._result_cache = sections
        self._prefetched_objects_cache = {"sections": prefetched}  # Django's own name

    def belongs_to(self, user: Actor) -> bool:
        """Whether this person created the issue, or is its author as readers see it."""
        if user is None or user.pk is None:
            return False
        created = AuditLogEntry.objects.on(self).filter(verb__in=CREATED, actor=user.pk)
        return self.author.account_id == user.pk or created.exists()

    def comments_open(self, *, at: datetime) -> bool:
        """Whether readers may still comment."""
        if self.state != IssueState.PUBLISHED or self.published_at is None:
            return False
        return at < self.published_at + timedelta(days=self.briefing.comments_close_after)

    @property
    def questions_close_at(self) -> datetime:
        """When its questions close where nobody chose a time: before the next send slot."""
        goes_out = self.published_at or self.publish_at
        if goes_out is None:
            goes_out = self.briefing.next_slot(after=timezone.now())
        return self.briefing.next_slot(after=goes_out + EARLY) - QUESTIONS_CLOSE_BEFORE

    def content_hash(self) -> str:
        """Return a SHA-256 hash of everything that readers get; an approval is bound to it."""
        content: list[Any] = [self.title, self.strapline, self.author_id]
        # What is empty is left out, so that a hash from before it existed stays the same.
        for words in self.current_sections():
            kept = [words[name] for name in ("kind", "heading", "body")]
            kept += [words["sisters"]] if "sisters" in words else []
            asked = {name: words[name] for name in ("options", "closes_at") if name in words}
            content.append([*kept, asked] if asked else kept)
        if self.subject or self.preheader:
            content.append({"subject": self.subject, "preheader": self.preheader})
        if self.author.sign_off:
            content.append({"sign_off": self.author.sign_off})
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()

    def differs_from_saved(self) -> bool:
        """Whether a field that readers get was set, and not saved yet."""
        fields = ("title", "strapline", "subject", "preheader", "author_id")
        saved = Issue.objects.filter(pk=self.pk).values(*fields).first()
        return any(saved is None or saved[field] != getattr(self, field) for field in fields)

    def picture_digests(self) -> dict[str, str]:
        """Return the SHA-256 of each picture in the sections, by file name."""
        return digests(self.sections.values_list("body", flat=True))

    def changed_pictures(self) -> list[str]:
        """Return the names of pictures whose files are not those that were approved."""
        if self.approved_pictures is None:
            return []
        now = self.picture_digests()
        return [name for name, digest in now.items() if self.approved_pictures.get(name) != digest]

    def current_sections(self) -> list[dict[str, Any]]:
        """Return the words of the sections as they are now, in the form that a revision keeps."""
        return [
            {
                "id": section.pk,
                "kind": section.kind,
                "heading": section.heading,
                "body": section.body,
                **({"sisters": section.sisters} if section.sisters else {}),
                **({"options": section.options} if section.options else {}),
                **(
                    {"closes_at": moment_with_offset(section.closes_at, self.briefing.zone)}
                    if section.closes_at
                    else {}
                ),
            }
            for section in self.sections.order_by("position", "pk")
        ]

    def current_content(self) -> dict[str, Any]:
        """Return the words as they are now, in the form that a revision keeps."""
        return {
            "title": self.title,
            "strapline": self.strapline,
            "subject": self.subject,
            "preheader": self.preheader,
            "author": self.author_id,
            "author_name": self.author.name,
            "sections": self.current_sections(),
        }

    def keep_revision(self, step: RevisionStep, *, by: Actor) -> Revision:
        """Keep the words as they are now. Call it in the transaction of the save or step."""
        return Revision.objects.create(
            issue=self,
            version=self.version,
            step=step,
            by=by if by is not None and by.pk is not None else None,
            content=self.current_content(),
        )

    def lock(self) -> None:
        """Lock the row until the transaction ends, and read it as it is now."""
        self.refresh_from_db(from_queryset=Issue.objects.select_for_update())

    def submit(self, *, by: Actor) -> None:
        """Submit a draft for review. As every transition, raises TransitionRefused."""
        with transaction.atomic():
            self._step({IssueState.DRAFT}, IssueState.IN_REVIEW, verb="submitted", by=by)
            self.keep_revision(RevisionStep.SUBMITTED, by=by)

    def take_back(self, *, by: Actor) -> None:
        """Make an issue that is in review a draft again, as its writer wishes."""
        with transaction.atomic():
            self._step({IssueState.IN_REVIEW}, IssueState.DRAFT, verb="took back", by=by)

    def return_to_author(self, *, by: Actor, reason: str = "") -> None:
        """Return an issue to its author as a draft, and say why; its approval is not valid then."""
        with transaction.atomic():
            self._step(
                {IssueState.IN_REVIEW, *APPROVED_STATES},
                IssueState.DRAFT,
                verb="returned",
                by=by,
                detail={"reason": reason} if reason else {},
                approved_hash="",
                approved_by=None,
            )
            self.keep_revision(RevisionStep.RETURNED, by=by)

    def approve(self, *, by: Actor, seen: str | None = None) -> None:
        """Approve the content as it is now.

        With `seen`, the hash of the content that the editor read, refuse if it changed since.
        """
        with transaction.atomic():
            self.lock()
            content = self.content_hash()
            if seen is not None and seen != content:
                raise TransitionRefused(
                    "The issue changed while you were reading it. Read it again, then approve it."
                )
            self._step(
                {IssueState.IN_REVIEW},
                IssueState.APPROVED,
                verb="approved",
                by=by,
                approved_hash=content,
                approved_pictures=self.picture_digests(),
                approved_by=by,
            )
            self.keep_revision(RevisionStep.APPROVED, by=by)

    def schedule(self, *, publish_at: datetime, by: Actor, at: datetime) -> None:
        """Set the send time of an approved issue, or move that of a scheduled one."""
        if publish_at < at:
            raise TransitionRefused(
                f"{format_local(publish_at, self.briefing.zone)} has passed. Choose a later time."
            )
        with transaction.atomic():
            self.lock()
            self._check_approval()
            self._step(
                APPROVED_STATES,
                IssueState.SCHEDULED,
                verb="scheduled",
                by=by,
                detail={"for": publish_at.isoformat()},
                publish_at=publish_at,
            )

    def unschedule(self, *, by: Actor) -> None:
        """Cancel the send time of a scheduled issue, which stays approved."""
        self._step({IssueState.SCHEDULED}, IssueState.APPROVED, verb="unscheduled", by=by)

    def miss_slot(self, *, before: datetime) -> bool:
        """Unschedule an issue whose send time passed before a moment; it stays approved.

        False when somebody moved, unscheduled or published it meanwhile.
        """
        missed = Q(state=IssueState.SCHEDULED, publish_at__lt=before)
        detail = {"for": self.publish_at.isoformat() if self.publish_at else ""}
        changes: dict[str, Any] = {"state": IssueState.APPROVED, "updated_at": timezone.now()}
        return update_if(missed, self, verb="missed its slot", detail=detail, **changes)

    @property
    def is_in_break(self) -> bool:
        """Whether it is planned for a day on which its briefing does not go out."""
        if self.publish_at is None or self.state == IssueState.PUBLISHED:
            return False
        return self.briefing.break_on(self.publish_at) is not None

    @property
    def cut_off(self) -> datetime | None:
        """The moment by which it should be approved, counted from its own send time."""
        return None if self.publish_at is None else self.briefing.cut_off(self.publish_at)

    def missed_slot(self, *, at: datetime) -> bool:
        """Whether an approved issue waits for a person, because its send time has passed."""
        has_passed = self.publish_at is not None and self.publish_at <= at
        return has_passed and self.state == IssueState.APPROVED

    def stop_at_slot(self, findings: Collection[str]) -> None:
        """Unschedule an issue that is not ready at its send time; it stays approved.

        Raises TransitionRefused.
        """
        self._step(
            {IssueState.SCHEDULED},
            IssueState.APPROVED,
            verb="was not ready at its send time",
            by=None,
            detail={"findings": list(findings)},
        )

    def hold(self) -> None:
        """Unschedule an issue, as the database was restored; it stays approved.

        Raises TransitionRefused.
        """
        slot = self.publish_at.isoformat() if self.publish_at else ""
        self._step(
            {IssueState.SCHEDULED},
            IssueState.APPROVED,
            verb="held after a restore",
            detail={"for": slot},
        )

    def publish(self, *, at: datetime, by: Actor = None) -> None:
        """Show a scheduled issue to readers. Call it in the transaction that makes the dispatch.

        Raises TransitionRefused if its send time is after `at`: somebody may have moved it since
        the caller read it.
        """
        with transaction.atomic():
            self.lock()
            self._check_approval()
            due = Q(state=IssueState.SCHEDULED, publish_at__lte=at)
            changes: dict[str, Any] = {"published_at": at, "updated_at": timezone.now()}
            if update_if(due, self, verb="published", by=by, state=IssueState.PUBLISHED, **changes):
                self._fix_closing_times()
                self.keep_revision(RevisionStep.PUBLISHED, by=by)
                keep_search_text(self)
                return
            if self.state == IssueState.SCHEDULED and self.publish_at:
                when = format_local(self.publish_at, self.briefing.zone)
                raise TransitionRefused(f"This issue is scheduled for {when}. Nothing was changed.")
            raise TransitionRefused(
                f"This issue is in the state “{self.get_state_display()}” and cannot become"
                f" “{IssueState.PUBLISHED.label}”. Nothing was changed."
            )

    def _fix_closing_times(self) -> None:
        """Have questions close when readers are told, even if the slot or a break changes later."""
        undecided = self.sections.filter(kind=SectionKind.QUESTION, closes_at=None)
        if undecided.exists():
            undecided.update(closes_at=self.questions_close_at)

    def void_approval(self, *, by: Actor) -> bool:
        """Put an approved or scheduled issue back into review if its content changed."""
        with transaction.atomic():
            self.lock()
            if self.state not in APPROVED_STATES:
                return False
            if self.approved_hash == self.content_hash() and not self.changed_pictures():
                return False
            self._step(
                APPROVED_STATES,
                IssueState.IN_REVIEW,
                verb="edited after approval",
                by=by,
                approved_hash="",
                approved_by=None,
            )
        return True

    def claim_edit(self, *, version: int) -> bool:
        """Count an edit that started from `version`; False if somebody else saved first."""
        return update_if(Q(version=version), self, version=version + 1)

    @property
    def is_deletable(self) -> bool:
        """Whether no reader has seen the issue, and none will unless somebody takes a step."""
        return self.state in EDITABLE_STATES

    def discard(self, *, by: Actor) -> None:
        """Delete an unpublished issue; the audit log keeps its title."""
        with transaction.atomic():
            self.lock()
            if not self.is_deletable:
                raise TransitionRefused(
                    f"This issue is {self.get_state_display().lower()} and cannot be deleted."
                    " Return it to its author first, unless it is published."
                )
            audit_log.record("deleted", self, by=by, title=self.title)
            self.delete()

    def _check_approval(self) -> None:
        if self.approved_hash != self.content_hash():
            raise TransitionRefused("The issue changed after it was approved. Approve it again.")
        if names := self.changed_pictures():
            raise TransitionRefused(
                f"The file of a picture changed after the issue was approved: {', '.join(names)}."
                " Look at the picture, then approve the issue again."
            )

    def _step(
        self, sources: Collection[IssueState], target: IssueState, *, verb: str, **changes: Any
    ) -> None:
        move(self, sources, target, verb=verb, updated_at=timezone.now(), **changes)
