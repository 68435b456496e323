"""Comments on the desk: the queue first, decisions by button, an author's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

from briefings.admin.activity import latest_acts
from briefings.admin.author_reply import AnswerForm, is_answerable
from briefings.admin.moderation import DECISIONS, decide, open_decisions
from briefings.admin.plain_choices import read_key
from briefings.admin.state_badges import comment_badge
from briefings.models import Comment, CommentState
from briefings.permissions import MODERATE_COMMENT
from newsroom import audit_log
from newsroom.permissions import may

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

QUEUES: dict[str, tuple[str, dict[str, Any]]] = {
    "waiting": ("Waiting", {"state": CommentState.PENDING}),
    "approved": ("Approved", {"state": CommentState.APPROVED}),
    "featured": ("Featured", {"featured": True}),
    "rejected": ("Rejected", {"state": CommentState.REJECTED}),
    "all": ("All", {}),
}


class QueueFilter(admin.SimpleListFilter):
    """What waits for the desk, unless something else is asked for."""

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
class CommentAdmin(admin.ModelAdmin[Comment]):
    """Moderation. Readers' words are not edited here, only shown or not shown."""

    list_display_links = None
    list_filter = (QueueFilter, "issue__briefing")
    list_select_related = ("issue__briefing", "contributor", "parent__contributor", "section")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    search_help_text = "Words of the comment, or a name"
    actions = ("approve_selected", "reject_selected", "feature_selected")
    change_list_template = "admin/briefings/comment/change_list.html"

    class Media:
        css = {"all": ("newsroom_admin/comments.css",)}

    # --- who may what -----------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return super().has_view_permission(request, obj) or may(request.user, MODERATE_COMMENT)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Whether this person decides; Django asks this for the actions."""
        return may(request.user, MODERATE_COMMENT)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        """Everything but what its writer has not confirmed."""
        return super().get_queryset(request).exclude(state=CommentState.UNCONFIRMED)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("body", "name", *(["email"] if self.has_moderate_permission(request) else []))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The queue from its oldest, everything else from the newest."""
        asked = request.GET.get(QueueFilter.parameter_name, "waiting")
        return ("confirmed_at", "pk") if asked == "waiting" else ("-created_at", "-pk")

    # --- the list ---------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        shown = ("words", "badge")
        return (*shown, "decisions") if self.has_moderate_permission(request) else shown

    @admin.display(description="comment")
    def words(self, comment: Comment) -> str:
        return render_to_string("admin/briefings/comment/_words.html", {"comment": comment})

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
        done = sum(decide(name, comment, by=request.user) for comment in queryset)
        left = len(queryset) - done
        rest = f" {left} needed nothing." if left else ""
        messages.success(request, f"{DECISIONS[name].done}: {done}.{rest}")

    # --- one comment ------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a comment with what it is about and what can be done; nothing is posted here."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        comment = self._find(request, object_id)
        return self._page(request, comment, AnswerForm(to=comment, by=request.user))

    def _find(self, request: HttpRequest, pk: int | str) -> Comment:
        shown = self.get_queryset(request).select_related(*self.list_select_related)
        return get_object_or_404(shown, pk=read_key(pk))

    def _page(
        self, request: HttpRequest, comment: Comment, form: AnswerForm, *, status: int = 200
    ) -> HttpResponse:
        thread = comment.parent or comment
        may_moderate = self.has_moderate_permission(request)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Comment by {comment.display_name}",
            "opts": self.opts,
            "media": self.media,
            "comment": comment,
            "thread": thread,
            "replies": thread.replies.exclude(state=CommentState.UNCONFIRMED).select_related(
                "contributor"
            ),
            "may_moderate": may_moderate,
            "may_delete": self.has_delete_permission(request, comment),
            "decisions": open_decisions(comment) if may_moderate else [],
            "form": form if may_moderate and is_answerable(comment) else None,
            "history": latest_acts(comment),
        }
        return TemplateResponse(
            request, "admin/briefings/comment/change_form.html", context, status=status
        )

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the decision that a button names."""
        self._require_moderator(request)
        comment = self._find(request, pk)
        name = request.POST.get("decision", "")
        if name not in DECISIONS:
            messages.error(request, "That button is not known here. Load the page again.")
        elif decide(name, comment, by=request.user):
            messages.success(request, f"{DECISIONS[name].done}: {comment.display_name}.")
        else:
            messages.info(request, f"Nothing to do: {comment.get_state_display().lower()}.")
        return HttpResponseRedirect(self._way_back(request))

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish an author's answer."""
        self._require_moderator(request)
        comment = self._find(request, pk)
        if not is_answerable(comment):
            messages.error(request, "Readers do not see this thread. Approve it, then answer.")
            return HttpResponseRedirect(self._way_back(request))
        form = AnswerForm(request.POST, to=comment, by=request.user)
        if not form.is_valid():
            return self._page(request, comment, form, status=422)
        form.save(at=timezone.now())
        messages.success(request, "The answer stands under the comment.")
        return HttpResponseRedirect(reverse("admin:briefings_comment_change", args=[comment.pk]))

    def _require_moderator(self, request: HttpRequest) -> None:
        if not self.has_moderate_permission(request):
            raise PermissionDenied

    def _way_back(self, request: HttpRequest) -> str:
        came_from = str(request.META.get("HTTP_REFERER", ""))
        if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
            return came_from
        return reverse("admin:briefings_comment_changelist")

    def delete_model(self, request: HttpRequest, obj: Comment) -> None:
        self.delete_queryset(request, Comment.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        for comment in queryset:
            audit_log.record("deleted", comment, by=request.user, issue=comment.issue_id)
        super().delete_queryset(request, queryset)

    def get_urls(self) -> list[URLPattern]:
        desk = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/decide/",
                desk(require_POST(self.decide_view)),
                name="briefings_comment_decide",
            ),
            path(
                "<int:pk>/answer/",
                desk(require_POST(self.answer_view)),
                name="briefings_comment_answer",
            ),
            *super().get_urls(),
        ]
