"""The one page on which an issue is written, saved and moved on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csp.decorators import csp_replace
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from briefings.admin import document_import, preview
from briefings.admin.activity import latest_acts
from briefings.admin.image_upload import upload_image
from briefings.admin.issue_form import ECHOES, IssueForm
from briefings.admin.issue_list import IssueListAdmin
from briefings.admin.issue_save import finish_save, note_draft_saved
from briefings.admin.issue_steps import steps_for, take_step
from briefings.admin.plain_choices import PlainChoices, read_key
from briefings.admin.section_inline import STARTING_SECTIONS, SectionFormSet, SectionInline, rebase
from briefings.issue_suggestions import likely_briefing, suggest
from briefings.models import Briefing, Issue, IssueState
from briefings.permissions import SEND_ISSUE
from briefings.preflight import check_issue, count_words, minutes
from newsroom import audit_log
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from django import forms

SIDE_FIELDS = ("briefing", "number", "author", "slug")


@admin.register(Issue)
class IssueAdmin(PlainChoices, IssueListAdmin):
    """Drafting, steps and corrections; `state` moves by buttons alone."""

    form = IssueForm
    inlines = (SectionInline,)
    fields = ("title", "strapline", *SIDE_FIELDS, "goes_out", *ECHOES)
    prepopulated_fields = {"slug": ("title",)}
    change_form_template = "admin/briefings/issue/change_form.html"

    class Media:
        js = ("newsroom_admin/unsaved_changes.js", "newsroom_admin/issue.js")
        css = {"all": ("newsroom_admin/issue.css", "newsroom_admin/editor.css")}

    # --- the form ---------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: Issue | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Issue]]:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user  # type: ignore[attr-defined]  # declared on IssueForm
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        asked = Briefing.objects.filter(pk=read_key(initial.get("briefing")))
        briefing = asked.first() or likely_briefing(request.user)
        if briefing:
            start = suggest(briefing, to=request.user, at=timezone.now())
            initial |= {
                "briefing": briefing.pk,
                "number": start.number,
                "author": start.author.pk,
                "goes_out": start.publish_at,
            }
        return initial

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Issue, inline: Any, prefix: str
    ) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if "data" in kwargs:
            known = set(obj.sections.values_list("pk", flat=True)) if obj.pk else set()
            rebase(kwargs["data"], prefix=prefix, known=known)
        elif not obj.pk:
            kwargs["initial"] = [
                {"kind": kind, "heading": heading, "place": place}
                for place, (kind, heading) in enumerate(STARTING_SECTIONS, start=1)
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
        context["side_fields"] = [form[name] for name in SIDE_FIELDS if name in form.fields]
        if add:
            at = timezone.now()
            context["starts"] = Briefing.objects.filter(
                pk=read_key(form["briefing"].value())
            ).first()
            context["suggestions"] = {
                briefing.pk: suggest(briefing, to=request.user, at=at).as_json()
                for briefing in Briefing.objects.current().select_related("lead")
            }
        if obj is not None:
            saved = Issue.objects.for_page().get(pk=obj.pk) if context["was_refused"] else obj
            sections = list(saved.sections.all())
            words = count_words(sections)
            context |= {
                "saved": saved,
                "saved_sections": sections,
                "steps": steps_for(saved, request.user),
                "checks": check_issue(saved, sections),
                "words": words,
                "minutes": minutes(words),
                "history": latest_acts(saved),
                "may_send": may(request.user, SEND_ISSUE),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    # --- saving -----------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Issue, form: Any, change: bool) -> None:
        """Write the issue's own fields; an hour on the clock moves by the model's own step."""
        if obj.state not in {IssueState.SCHEDULED, IssueState.PUBLISHED}:
            obj.publish_at = form.cleaned_data["goes_out"]
        if not change or form.has_changed():
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        section_sets: list[SectionFormSet] = list(formsets)
        was_changed = not change or form.has_changed() or any(s.has_changed() for s in section_sets)
        super().save_related(request, form, formsets, change)
        if was_changed:
            finish_save(request, form, change=change)
        form.instance.was_changed = was_changed

    def log_change(self, request: HttpRequest, obj: Issue, message: Any) -> Any:
        return super().log_change(request, obj, message) if message else None

    def delete_model(self, request: HttpRequest, obj: Issue) -> None:
        audit_log.record("deleted", obj, by=request.user, title=obj.title)
        super().delete_model(request, obj)

    def response_add(
        self, request: HttpRequest, obj: Issue, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(request, "Saved as a draft.")
        return self._back_to(request, obj)

    def response_change(self, request: HttpRequest, obj: Issue) -> HttpResponse:
        name = request.POST.get("_step", "")
        if getattr(obj, "was_changed", False):
            messages.success(request, "Saved.")
        elif not name:
            messages.info(request, "Nothing was changed.")
        if name:
            self._take(request, obj, name)
        return self._back_to(request, obj)

    def _take(self, request: HttpRequest, obj: Issue, name: str) -> None:
        # What the editor typed here is what the editor has seen; the version kept others out.
        changed = getattr(obj, "was_changed", False)
        seen = None if changed else request.POST.get("seen", "")
        try:
            done = take_step(name, obj, by=request.user, seen=seen, publish_at=obj.publish_at)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, done)

    def _back_to(self, request: HttpRequest, obj: Issue) -> HttpResponse:
        there = reverse("admin:briefings_issue_change", args=[obj.pk])
        return note_draft_saved(request, HttpResponseRedirect(there))

    # --- the pages beside it ----------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        desk = self.admin_site.admin_view
        framed: Any = csp_replace(preview.FRAMED_POLICY)
        return [
            path(
                "from-document/", desk(document_import.from_document), name="briefings_issue_import"
            ),
            path("upload-image/", upload_image, name="briefings_upload_image"),
            path("<int:pk>/preview/", desk(preview.preview), name="briefings_issue_preview"),
            path(
                "<int:pk>/preview/<slug:part>/",
                framed(desk(preview.preview_part)),
                name="briefings_issue_preview_part",
            ),
            *super().get_urls(),
        ]
