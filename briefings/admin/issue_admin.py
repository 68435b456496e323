"""The one page in the admin on which an issue is written and moved on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from briefings.admin import (
    calendar_page,
    clipping_pages,
    finding_pages,
    import_page,
    issue_preview,
    my_alarms,
    point_pages,
    preview_link_pages,
    proof_page,
    question_admin,
    quotation_pages,
    remark_pages,
    response_pages,
    revision_pages,
    topic_admin,
)
from briefings.admin.activity import latest_activity
from briefings.admin.autosave import autosave, unsaved_words
from briefings.admin.correction_form import CorrectionForm
from briefings.admin.correction_pages import (
    correct_issue,
    correction_refusal,
    corrections_context,
    is_correction,
)
from briefings.admin.form_fields import (
    PlainSelectsMixin,
    day_in_words,
    parse_key,
    which_hour,
)
from briefings.admin.image_upload import upload_image
from briefings.admin.issue_form import ECHOES, IssueForm
from briefings.admin.issue_list import IssueListAdmin
from briefings.admin.link_search import link_search
from briefings.admin.presence_view import presence
from briefings.admin.section_forms import SectionFormSet, SectionInline
from briefings.admin.section_rows import put_rows_in_order, row_of_words
from briefings.admin.stale_saves import StaleSave, merge_stale_save
from briefings.admin.step_page import step_page
from briefings.clippings import tick_off
from briefings.finding_overrides import run_preflight
from briefings.four_eyes import why_not_approve
from briefings.issue_edits import CorrectionRefused, EditResult, record_edit
from briefings.issue_steps import schedule, steps_for, take_step
from briefings.issue_suggestions import (
    IssueSuggestion,
    briefing_to_start_with,
    starting_sections,
    suggest_issue,
)
from briefings.local_time import INPUT_FORMAT, both_of, short_moment
from briefings.models import (
    Briefing,
    Issue,
    IssueState,
    Remark,
    RevisionStep,
    TemplateSection,
)
from briefings.permissions import (
    ADD_ISSUE,
    briefings_for,
    may_approve,
    may_correct,
    may_edit_issue,
    may_send,
)
from briefings.preflight import count_words
from briefings.questions.question_words import WHICH
from briefings.quotations.quoted_emails import telling_of
from briefings.quotations.rows import keep_quotations
from briefings.rendering.page_html import reading_time
from briefings.returns import MAX_REASON_CHARS, open_return
from briefings.review_requests import ask_reviewer
from briefings.working_copies import TOKEN, settle
from newsroom import audit_log
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
                {**_starting_words(section, zone), "place": place}
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
            _show_conflicts(form.stale_save, context)
        context["side_fields"] = [form[name] for name in SIDE_FIELDS if name in form.fields]
        if add:
            at = timezone.now()
            context["new_briefing"] = Briefing.objects.filter(
                pk=parse_key(form["briefing"].value())
            ).first()
            context["suggestions"] = {
                briefing.pk: _as_json(suggest_issue(briefing, user=request.user, at=at))
                for briefing in briefings_for(request.user, ADD_ISSUE)
                .current()
                .select_related("lead")
                .prefetch_related("breaks", "template_sections")
            }
        if obj is not None:
            saved = Issue.objects.for_page().get(pk=obj.pk) if context["was_refused"] else obj
            sections = list(saved.sections.all())
            words = count_words(sections)
            context |= {
                "saved": saved,
                "saved_at": short_moment(saved.updated_at, saved.briefing.zone, now=timezone.now()),
                "saved_sections": sections,
                "steps": steps_for(saved, request.user),
                "preflight": run_preflight(saved, sections, publish_at=saved.publish_at),
                "may_override": may_approve(request.user, saved),
                "words": words,
                "minutes": reading_time(words),
                "activity": latest_activity(saved),
                "may_send": may_send(request.user, saved),
                **corrections_context(request, saved),
                **clipping_pages.tray_context(request, saved),
                **response_pages.response_on_page(request, saved),
                "quoted_readers": telling_of(saved),
                "remarks": remark_pages.remarks_on_page(saved, request.user),
                **preview_link_pages.links_on_page(saved, request.user, at=timezone.now()),
                **topic_admin.topics_on_page(saved, request.user),
                "returned": open_return(saved),
                "max_reason": MAX_REASON_CHARS,
                "seen": saved.content_hash(),
                **_send_time_choice(request, saved),
                "four_eyes": (
                    why_not_approve(saved, request.user)
                    if saved.state == IssueState.IN_REVIEW and may_approve(request.user, saved)
                    else ""
                ),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj: Issue, form: Any, change: bool) -> None:
        """Write the issue's own fields; only a step moves the send time of a scheduled issue."""
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
        wrap = self.admin_site.admin_view
        framed: Any = csp_replace(issue_preview.FRAMED_POLICY)
        return [
            path("from-document/", wrap(import_page.from_document), name="briefings_issue_import"),
            path("autosave/", autosave, name="briefings_autosave"),
            path("<int:pk>/presence/", presence, name="briefings_presence"),
            path("upload-image/", upload_image, name="briefings_upload_image"),
            path("<int:pk>/step/", wrap(step_page), name="briefings_issue_step"),
            path("<int:pk>/revisions/", wrap(revision_pages.revisions), name="briefings_revisions"),
            path(
                "<int:pk>/findings/",
                wrap(finding_pages.findings_of_draft),
                name="briefings_findings",
            ),
            path(
                "<int:pk>/findings/<slug:fingerprint>/override/",
                wrap(finding_pages.override_finding),
                name="briefings_finding_override",
            ),
            path(
                "<int:pk>/revisions/compare/",
                wrap(revision_pages.compare_revisions),
                name="briefings_revisions_compare",
            ),
            path(
                "<int:pk>/revisions/<int:revision>/restore/",
                wrap(revision_pages.restore_revision),
                name="briefings_revision_restore",
            ),
            path(
                "<int:pk>/revisions/<int:revision>/name/",
                wrap(revision_pages.name_revision),
                name="briefings_revision_name",
            ),
            path("<int:pk>/remarks/", wrap(remark_pages.remarks), name="briefings_remarks"),
            path(
                "<int:pk>/open-remarks/",
                wrap(remark_pages.approve_with_remarks),
                name="briefings_issue_open_remarks",
            ),
            path(
                "<int:pk>/preview-links/",
                wrap(preview_link_pages.preview_links),
                name="briefings_preview_links",
            ),
            path("<int:pk>/topics/", wrap(topic_admin.set_topics), name="briefings_issue_topics"),
            path("<int:pk>/proof/", wrap(proof_page.proof), name="briefings_issue_proof"),
            path("<int:pk>/correct/", wrap(correct_issue(self)), name="briefings_issue_correct"),
            path("<int:pk>/preview/", wrap(issue_preview.preview), name="briefings_issue_preview"),
            path(
                "<int:pk>/preview/<slug:part>/",
                framed(wrap(issue_preview.preview_part)),
                name="briefings_issue_preview_part",
            ),
            path("calendar/", wrap(calendar_page.issue_calendar), name="briefings_calendar"),
            *clipping_pages.clipping_urls(wrap),
            *response_pages.response_urls(wrap),
            *point_pages.point_urls(wrap),
            *question_admin.question_urls(wrap),
            *quotation_pages.quotation_urls(wrap),
            path("link-search/", wrap(link_search), name="briefings_link_search"),
            path("my-alarms/", wrap(my_alarms.my_alarms), name="briefings_my_alarms"),
            *super().get_urls(),
        ]


def _ask_reviewer(request: HttpRequest, issue: Issue) -> None:
    ask_reviewer(issue, by=request.user, is_ready=issue.state != IssueState.DRAFT)


def _show_conflicts(stale: StaleSave, context: dict[str, Any]) -> None:
    """Put what both changed beside the sections of the page."""
    for inline in context["inline_admin_formsets"]:
        for number, panel in stale.sections.items():
            inline.formset.forms[number].panel = panel


def _starting_words(section: TemplateSection, zone: ZoneInfo) -> dict[str, str]:
    """Return the fields of a section of the template, as the page's script reads them."""
    return row_of_words(vars(section), zone)


def _send_time_choice(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    """Return the send time for a browser's picker: the issue's, or else the next free slot.

    If a time was entered that happens twice, the page asks which of the two is meant.
    """
    zone, at = issue.briefing.zone, timezone.now()
    has_missed_slot = issue.missed_slot(at=at)
    if has_missed_slot:
        next_slot = issue.briefing.next_open_slot(after=at, for_issue=issue)
    else:
        next_slot = issue.briefing.next_free_slot(after=at)
    entered, which = request.GET.get("goes_out", ""), ""
    if not both_of(entered, zone):
        moment = next_slot if has_missed_slot else issue.publish_at or next_slot
        local = moment.astimezone(zone)
        entered, which = local.strftime(INPUT_FORMAT), WHICH[local.fold]
    return {
        "send_time_input": entered,
        "send_time_in_words": day_in_words(entered),
        "which_hour": which_hour("goes_out", entered, which, zone),
        "next_slot": next_slot,
        "has_missed_slot": has_missed_slot,
    }


def _as_json(suggestion: IssueSuggestion) -> dict[str, Any]:
    """Return a suggestion for the page's script, with the values of the form's fields."""
    briefing = suggestion.briefing
    return {
        "briefing": str(briefing),
        "number": suggestion.number,
        "author": suggestion.author.pk,
        "goes_out": suggestion.publish_at.astimezone(briefing.zone).strftime(INPUT_FORMAT),
        "zone": briefing.time_zone,
        "slot": briefing.slot.words,
        "sections": [_starting_words(one, briefing.zone) for one in briefing.section_template()],
    }
