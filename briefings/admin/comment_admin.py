"""Comments in the admin: a queue, buttons for decisions, and authors' replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from briefings.admin.activity import latest_activity
from briefings.admin.briefing_filter import BriefingFilter
from briefings.admin.form_fields import parse_key
from briefings.admin.moderation_pages import moderation_urls
from briefings.admin.state_badges import comment_badge
from briefings.author_replies import replies_as, reply_to
from briefings.comment_decisions import (
    DECISIONS,
    DecisionRefused,
    decide,
    open_decisions,
    version_of,
)
from briefings.models import Comment, CommentState
from briefings.models.comment import MAX_COMMENT_CHARS
from briefings.permissions import (
    MODERATE_COMMENT,
    comments_for,
    may_everywhere,
    may_moderate,
    may_view_addresses,
    may_view_issue,
)
from newsroom.admin_mixins import RefusedRowsMixin
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from newsroom.audit_log import Actor

QUEUES: dict[str, tuple[str, dict[str, Any]]] = {
    "waiting": ("Waiting", {"state": CommentState.PENDING}),
    "review": ("Published, to review", {"needs_review": True}),
    "approved": ("Approved", {"state": CommentState.APPROVED}),
    "featured": ("Featured", {"featured": True}),
    "rejected": ("Rejected", {"state": CommentState.REJECTED}),
    "withdrawn": ("Withdrawn", {"state": CommentState.WITHDRAWN}),
    "all": ("All", {}),
}


# Of many decisions at once, how many that changed nothing are explained.
REFUSALS_NAMED = 5


class ReplyForm(forms.Form):
    """An author's reply."""

    body = forms.CharField(
        label="Reply",
        max_length=MAX_COMMENT_CHARS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Write your reply."},
    )

    def __init__(self, *args: Any, comment: Comment, user: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.comment = comment
        self.user = user

    def save(self, *, at: datetime) -> Comment:
        """Publish the reply. Raises TransitionRefused where `reply_to` does."""
        thread = self.comment.parent or self.comment
        read = {one.pk: self.data.get(f"read-{one.pk}", "") for one in (self.comment, thread)}
        return reply_to(
            self.comment,
            self.cleaned_data["body"],
            by=self.user,
            at=at,
            read=read,
        )


class QueueFilter(admin.SimpleListFilter):
    """Filter by state; shows the comments that wait for approval until another is chosen."""

    title = "state"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in QUEUES.items()]

    @property
    def chosen(self) -> str:
        """The queue that is shown."""
        value = self.value()
        return value if value in QUEUES else "waiting"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Comment]) -> QuerySet[Comment]:
        return queryset.filter(**QUEUES[self.chosen][1])

    def choices(self, changelist: Any) -> Iterator[Any]:
        for name, (label, _) in QUEUES.items():
            yield {
                "selected": name == self.chosen,
                "query_string": changelist.get_query_string({self.parameter_name: name}),
                "display": label,
            }


@admin.register(Comment)
class CommentAdmin(RefusedRowsMixin, admin.ModelAdmin[Comment]):
    """Moderation: comments are shown or hidden here, never edited."""

    list_display_links = None
    list_filter = (QueueFilter, ("issue__briefing", BriefingFilter))
    list_select_related = ("issue__briefing", "contributor", "parent__contributor", "section")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    search_help_text = "Search in comments and names"
    actions = ("approve_selected", "reject_selected", "feature_selected")
    change_list_template = "admin/briefings/comment/change_list.html"

    class Media:
        css = {"all": ("newsroom_admin/comments.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return super().has_view_permission(request, obj) or may(request.user, MODERATE_COMMENT)

    def has_moderate_permission(self, request: HttpRequest, comment: Comment | None = None) -> bool:
        """Whether this person may moderate a comment, or any; Django asks this for the actions."""
        if comment is None:
            return may(request.user, MODERATE_COMMENT)
        return may_moderate(request.user, comment.issue)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        """Return all comments except those whose address is not confirmed."""
        return comments_for(request.user).order_by(*self.get_ordering(request))

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("body", "name", *(["email"] if may_view_addresses(request.user) else []))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order: the oldest first in the queue, the newest first in other lists."""
        asked = request.GET.get(QueueFilter.parameter_name, "waiting")
        return ("confirmed_at", "pk") if asked == "waiting" else ("-created_at", "-pk")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns: the state only where the comments shown differ in it."""
        columns = ["comment_text"]
        if request.GET.get(QueueFilter.parameter_name) == "all":
            columns.append("badge")
        if self.has_moderate_permission(request):
            columns.append("decisions")
        return tuple(columns)

    @admin.display(description="comment")
    def comment_text(self, comment: Comment) -> str:
        context = {"comment": comment, "version": version_of(comment)}
        return render_to_string("admin/briefings/comment/_comment_text.html", context)

    @admin.display(description="state", ordering="state")
    def badge(self, comment: Comment) -> str:
        return comment_badge(comment)

    @admin.display(description="decide")
    def decisions(self, comment: Comment) -> str:
        context = {"comment": comment, "decisions": open_decisions(comment)}
        return render_to_string("admin/briefings/comment/_decisions.html", context)

    @admin.action(description="Approve", permissions=["moderate"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._decide_all("approve", request, queryset)

    @admin.action(description="Reject", permissions=["moderate"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._decide_all("reject", request, queryset)

    @admin.action(description="Feature", permissions=["moderate"])
    def feature_selected(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._decide_all("feature", request, queryset)

    def _decide_all(self, name: str, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        at = timezone.now()
        chosen = queryset.select_related("issue")
        theirs = [comment for comment in chosen if may_moderate(request.user, comment.issue)]
        done, refusals = 0, []
        for comment in theirs:
            read = request.POST.get(f"read-{comment.pk}", "")
            try:
                decide(name, comment, by=request.user, at=at, read=read)
                done += 1
            except DecisionRefused as refusal:
                refusals.append(f"{comment.display_name}: {refusal}")
        unchanged = len(chosen) - done
        rest = f" Not changed: {unchanged}." if unchanged else ""
        messages.success(request, f"{DECISIONS[name].done}: {done}.{rest}")
        for words in refusals[:REFUSALS_NAMED]:
            messages.warning(request, words)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with a way to the moderators' queue for who may use it."""
        context = {
            **(extra_context or {}),
            "may_moderate": may(request.user, MODERATE_COMMENT),
            "may_flag": may_everywhere(request.user, MODERATE_COMMENT),
        }
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a comment, its thread and what can be done about it; the buttons post elsewhere."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        comment = self._find(request, object_id)
        return self._page(request, comment, ReplyForm(comment=comment, user=request.user))

    def _find(self, request: HttpRequest, pk: int | str) -> Comment:
        """Return a comment. Raises Http404, or PermissionDenied if it is not for this person."""
        readable = Comment.objects.for_moderators()
        found = get_object_or_404(
            readable.select_related(*self.list_select_related), pk=parse_key(pk)
        )
        if not comments_for(request.user).filter(pk=found.pk).exists():
            raise PermissionDenied
        return found

    def _page(
        self, request: HttpRequest, comment: Comment, form: ReplyForm, *, status: int = 200
    ) -> HttpResponse:
        thread = comment.parent or comment
        moderates = self.has_moderate_permission(request, comment)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Comment by {comment.display_name}",
            "opts": self.opts,
            "media": self.media,
            "comment": comment,
            "thread": thread,
            "version": version_of(comment),
            "thread_version": version_of(thread),
            "holds": comment.hold_reasons.all() if moderates else [],
            "replies": thread.replies.for_moderators().select_related("contributor"),
            "may_moderate": moderates,
            "earlier_words": comment.earlier_words.all() if moderates else [],
            "reports": comment.reports.order_by("at") if moderates else [],
            "may_view_issue": may_view_issue(request.user, comment.issue),
            "may_view_address": may_view_addresses(request.user),
            "may_delete": self.has_delete_permission(request, comment),
            "decisions": open_decisions(comment) if moderates else [],
            "author": replies_as(request.user, comment) if comment.takes_replies else None,
            "form": form,
            "activity": latest_activity(comment),
        }
        return TemplateResponse(
            request, "admin/briefings/comment/change_form.html", context, status=status
        )

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Carry out the decision that a button names."""
        comment = self._find(request, pk)
        self._require_moderator(request, comment)
        name = request.POST.get("decision", "")
        read = request.POST.get(f"read-{pk}", "")
        try:
            decide(name, comment, by=request.user, at=timezone.now(), read=read)
            messages.success(request, f"{DECISIONS[name].done}: comment by {comment.display_name}.")
        except DecisionRefused as refusal:
            messages.warning(request, str(refusal))
        except (KeyError, ValueError):
            messages.error(request, "We do not know that decision. Reload the page and try again.")
        return HttpResponseRedirect(self._previous_page(request))

    def reply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish an author's reply."""
        comment = self._find(request, pk)
        if replies_as(request.user, comment) is None:
            raise PermissionDenied
        form = ReplyForm(request.POST, comment=comment, user=request.user)
        if not form.is_valid():
            return self._page(request, comment, form, status=422)
        try:
            form.save(at=timezone.now())
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(self._previous_page(request))
        messages.success(request, "Reply published.")
        return HttpResponseRedirect(reverse("admin:briefings_comment_change", args=[comment.pk]))

    def _require_moderator(self, request: HttpRequest, comment: Comment) -> None:
        if not self.has_moderate_permission(request, comment):
            raise PermissionDenied

    def _previous_page(self, request: HttpRequest) -> str:
        referer = str(request.META.get("HTTP_REFERER", ""))
        if url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}):
            return referer
        return reverse("admin:briefings_comment_changelist")

    def delete_model(self, request: HttpRequest, obj: Comment) -> None:
        obj.discard(by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        for comment in queryset:
            comment.discard(by=request.user)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/decide/",
                wrap(require_POST(self.decide_view)),
                name="briefings_comment_decide",
            ),
            path(
                "<int:pk>/reply/",
                wrap(require_POST(self.reply_view)),
                name="briefings_comment_reply",
            ),
            *moderation_urls(wrap),
            *super().get_urls(),
        ]
