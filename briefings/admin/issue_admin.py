"""The one page in the admin on which an issue is written and moved on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone

from briefings.admin import clipping_pages
from briefings.admin.autosave import unsaved_words
from briefings.admin.correction_form import CorrectionForm
from briefings.admin.correction_pages import correction_refusal, is_correction
from briefings.admin.form_fields import PlainSelectsMixin, parse_key
from briefings.admin.issue_context import (
    context_of_issue,
    context_of_new_issue,
    show_conflicts,
    starting_words,
)
from briefings.admin.issue_form import ECHOES, IssueForm
from briefings.admin.issue_list import IssueListAdmin
from briefings.admin.issue_urls import issue_urls
from briefings.admin.section_forms import SectionFormSet, SectionInline
from briefings.admin.section_rows import put_rows_in_order
from briefings.admin.stale_saves import StaleSave, merge_stale_save
from briefings.clippings import tick_off
from briefings.issue_edits import CorrectionRefused, EditResult, record_edit
from briefings.issue_steps import schedule, take_step
from briefings.issue_suggestions import (
    briefing_to_start_with,
    starting_sections,
    suggest_issue,
)
from briefings.models import Issue, IssueState, Remark, RevisionStep
from briefings.permissions import may_approve, may_correct, may_edit_issue, may_send
from briefings.quotations.rows import keep_quotations
from briefings.review_requests import ask_reviewer
from briefings.working_copies import TOKEN, settle
from newsroom import audit_log
from newsroom.accounts.password_again import need_password_again
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms

SIDE_FIELDS = ("briefing", "number", "author", "slug")
# This cookie tells the page's script which drafts in the browser's storage are saved.
SAVED_COOKIE = "saved_draft"
SAVED_COOKIE_SECONDS = 600
MAX_SAVED = 20


@admin.register(Issue)
class IssueAdmin(PlainSelectsMixin, IssueListAdmin):
    """Drafts, steps and corrections. Only the buttons for steps change `state`."""

    form = IssueForm
    inlines = (SectionInline,)
    fields = (
        "title",
        "strapline",
        "subject",
        "preheader",
        *SIDE_FIELDS,
        "goes_out",
        "reviewer",
        "due_at",
        *ECHOES,
    )
    prepopulated_fields = {"slug": ("title",)}
    change_form_template = "admin/briefings/issue/change_form.html"

    class Media:
        js = (
            "newsroom_admin/date_words.js",
            "newsroom_admin/unsaved_changes.js",
            "newsroom_admin/issue.js",
            "newsroom_admin/roundup.js",
            "newsroom_admin/quotations.js",
            "newsroom_admin/quote_button.js",
            "newsroom_admin/merge.js",
            "newsroom_admin/preview_frame.js",
            "newsroom_admin/preview_pane.js",
            "newsroom_admin/remarks.js",
            "newsroom_admin/presence.js",
            "newsroom_admin/findings.js",
            "newsroom_admin/off_clock.js",
            "newsroom_admin/response_panel.js",
        )
        css = {
            "all": (
                "newsroom_admin/issue.css",
                "newsroom_admin/editor.css",
                "newsroom_admin/merge.css",
                "newsroom_admin/preview.css",
                "newsroom_admin/remarks.css",
                "newsroom_admin/presence.css",
                "newsroom_admin/corrections.css",
                "newsroom_admin/findings.css",
                "newsroom_admin/clippings.css",
                "newsroom_admin/response_panel.css",
                "newsroom_admin/quotations.css",
            )
        }

    def get_form(
        self, request: HttpRequest, obj: Issue | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Issue]]:
        if "_clip" in request.POST:
            clipping_pages.put_into_round_up(request, obj)
        if is_correction(request):
            kwargs["form"] = CorrectionForm
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user  # type: ignore[attr-defined]  # declared on IssueForm
        may_change = may_correct if is_correction(request) else may_edit_issue
        if obj and request.method == "POST" and may_change(request.user, obj):
            form.stale_save = self._merge(request, obj, form)  # type: ignore[attr-defined]
        form.refusal = correction_refusal(request)  # type: ignore[attr-defined]
        return form

    def _merge(
        self, request: HttpRequest, issue: Issue, form: type[forms.ModelForm[Issue]]
    ) -> StaleSave | None:
        """Put the merged words into the request if somebody saved after the page was opened."""
        data = request.POST.copy()
        stale = merge_stale_save(data, issue, form(instance=issue), by=request.user)
        if stale:
            request.POST = data  # type: ignore[assignment]
        return stale

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        briefing = briefing_to_start_with(parse_key(initial.get("briefing")), user=request.user)
        if briefing:
            suggestion = suggest_issue(briefing, user=request.user, at=timezone.now())
            initial |= {
                "briefing": briefing.pk,
                "number": suggestion.number,
                "author": suggestion.author.pk,
                "goes_out": suggestion.publish_at,
            }
        return initial

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Issue, inline: Any, prefix: str
    ) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if "data" in kwargs:
            known = set(obj.sections.values_list("pk", flat=True)) if obj.pk else set()
            put_rows_in_order(kwargs["data"], prefix=prefix, known=known)
        elif not obj.pk:
            briefing = briefing_to_start_with(
                parse_key(request.GET.get("briefing")), user=request.user
            )
            zone = briefing.zone if briefing else ZoneInfo(settings.TIME_ZONE)
            kwargs["initial"] = [
                {**starting_words(section, zone), "place": place}
                for place, section in enumerate(starting_sections(briefing), start=1)
            ]
        return kwargs

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Issue | None = None,
    ) -> HttpResponse:
        form = context["adminform"].form
        context["issue_form"] = form
        context["was_refused"] = request.method == "POST"
        context["unsaved"] = unsaved_words(request.user, obj)
        context["asks_off_clock"] = any(
            inline.formset.asks_off_clock for inline in context["inline_admin_formsets"]
        )
        context["stale"] = form.stale_save
        if form.stale_save:
            show_conflicts(form.stale_save, context)
        context["side_fields"] = [form[name] for name in SIDE_FIELDS if name in form.fields]
        if add:
            context |= context_of_new_issue(request, form)
        if obj is not None:
            saved = Issue.objects.for_page().get(pk=obj.pk) if context["was_refused"] else obj
            context |= context_of_issue(request, saved)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj: Issue, form: Any, change: bool) -> None:
        """Write the issue's own fields; only a step moves the send time of a scheduled issue."""
        is_rescheduled = obj.state == IssueState.SCHEDULED and "goes_out" in form.changed_data
        if request.POST.get("_step") == "schedule" or is_rescheduled:
            need_password_again(request)
        if obj.state not in {IssueState.SCHEDULED, IssueState.PUBLISHED}:
            obj.publish_at = form.cleaned_data["goes_out"]
        if not change or form.has_changed():
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        section_sets: list[SectionFormSet] = list(formsets)
        was_changed = not change or form.has_changed() or any(s.has_changed() for s in section_sets)
        super().save_related(request, form, formsets, change)
        if not change:
            audit_log.record("created", form.instance, by=request.user)
            tick_off(form.instance)
            keep_quotations(form.instance)
            form.instance.keep_revision(RevisionStep.CREATED, by=request.user)
        elif was_changed:
            self._record_edit(request, form)
        elif is_correction(request):
            raise CorrectionRefused("You changed nothing, so there is nothing to tell readers yet.")
        has_new_reviewer = was_changed and "reviewer" in form.changed_data
        # Submitting asks the reviewer, too; two emails at once would say the same.
        form.instance.asks_after_step = has_new_reviewer and "_step" in request.POST
        if has_new_reviewer and not form.instance.asks_after_step:
            _ask_reviewer(request, form.instance)
        form.instance.was_changed = was_changed
        form.instance.was_merged = bool(
            was_changed and form.stale_save and form.stale_save.is_merge and form.stale_save.taken
        )

    def _record_edit(self, request: HttpRequest, form: IssueForm) -> None:
        """Record a save, say what follows from it, and move a scheduled issue to its new time."""
        issue = form.instance
        state = issue.get_state_display().lower()
        result = record_edit(
            issue,
            by=request.user,
            at=timezone.now(),
            fields=form.changed_data,
            merges_other=bool(form.stale_save and form.stale_save.is_merge),
            note=form.cleaned_data.get("note"),
        )
        if form.stale_save and form.stale_save.is_merge:
            messages.success(request, form.stale_save.sentence)
        if result == EditResult.CORRECTED:
            messages.success(
                request, "Corrected. The page shows your note. The email stays as it was sent."
            )
        elif result == EditResult.FIXED:
            messages.success(request, "Fixed without a note. The email stays as it was sent.")
        elif result == EditResult.APPROVAL_VOID:
            messages.warning(
                request,
                f"The issue was {state}. Because its content changed, it is in review again and"
                " needs a new approval.",
            )
        elif (
            issue.state == IssueState.SCHEDULED
            and "goes_out" in form.changed_data
            and may_send(request.user, issue)
        ):
            self._say_what_came_of(
                request,
                lambda: schedule(
                    issue,
                    by=request.user,
                    at=timezone.now(),
                    publish_at=form.cleaned_data["goes_out"],
                ),
            )

    def log_change(self, request: HttpRequest, obj: Issue, message: Any) -> Any:
        return super().log_change(request, obj, message) if message else None

    def response_add(
        self, request: HttpRequest, obj: Issue, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(request, "Saved as a draft.")
        return self._back_to(request, obj)

    def response_change(self, request: HttpRequest, obj: Issue) -> HttpResponse:
        name = request.POST.get("_step", "")
        was_changed = getattr(obj, "was_changed", False)
        says_saved = was_changed and not is_correction(request)
        is_merged = getattr(obj, "was_merged", False)
        has_asked = False
        if says_saved and (is_merged or not name):
            messages.success(request, "Saved.")
        elif not was_changed and not name:
            messages.info(request, "There was nothing to save.")
        if name and is_merged:
            messages.warning(request, "Read the merged text first, then take the next step.")
        elif name:
            # Who changed the content has seen it: the check of the version kept others out.
            seen = None if was_changed else request.POST.get("seen", "")
            if name == "approve" and self._has_open_remarks(request, obj):
                if getattr(obj, "asks_after_step", False):
                    _ask_reviewer(request, obj)
                if says_saved:
                    messages.success(request, "Saved.")
                query = urlencode({"seen": seen if seen is not None else obj.content_hash()})
                page = reverse("admin:briefings_issue_open_remarks", args=[obj.pk])
                return self._back_to(request, obj, page=f"{page}?{query}")
            is_taken = self._say_what_came_of(
                request,
                lambda: take_step(
                    name,
                    obj,
                    by=request.user,
                    at=timezone.now(),
                    seen=seen,
                    publish_at=obj.publish_at,
                    reason=request.POST.get("reason", ""),
                ),
                says_saved=says_saved,
            )
            has_asked = is_taken and name == "submit"
        if getattr(obj, "asks_after_step", False) and not has_asked:
            _ask_reviewer(request, obj)
        return self._back_to(request, obj)

    def _has_open_remarks(self, request: HttpRequest, obj: Issue) -> bool:
        """Whether to ask before this person approves the issue."""
        may_be_approved = obj.state == IssueState.IN_REVIEW and may_approve(request.user, obj)
        return may_be_approved and Remark.objects.of(obj).open().exists()

    def _say_what_came_of(
        self, request: HttpRequest, step: Callable[[], str], *, says_saved: bool = False
    ) -> bool:
        """Take a step and show its sentence, or the reason why it was refused; return which.

        `says_saved` is for words that were saved before: without the step, that is worth saying.
        """
        try:
            sentence = step()
        except TransitionRefused as refusal:
            if says_saved:
                messages.success(request, "Saved.")
            messages.error(request, str(refusal))
            return False
        messages.success(request, sentence)
        return True

    def _back_to(self, request: HttpRequest, obj: Issue, *, page: str = "") -> HttpResponse:
        """Redirect to the issue's page or another one, and discard its unsaved words everywhere.

        The form names them: the page's own token first, then those that it was restored from.
        """
        page = page or reverse("admin:briefings_issue_change", args=[obj.pk])
        response = HttpResponseRedirect(page)
        tokens = request.POST.get("draft_token", "").split()
        settle(user=request.user, tokens=tokens)
        drafts = [token.partition(":")[0] for token in tokens]
        if drafts and all(map(TOKEN.fullmatch, drafts)):
            response.set_cookie(
                SAVED_COOKIE,
                ".".join(drafts[:MAX_SAVED]),
                max_age=SAVED_COOKIE_SECONDS,
                path="/admin/",
                samesite="Strict",
                secure=request.is_secure(),
            )
        return response

    def get_urls(self) -> list[URLPattern]:
        return [*issue_urls(self, self.admin_site.admin_view), *super().get_urls()]


def _ask_reviewer(request: HttpRequest, issue: Issue) -> None:
    ask_reviewer(issue, by=request.user, is_ready=issue.state != IssueState.DRAFT)
