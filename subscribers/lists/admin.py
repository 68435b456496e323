"""The desk's pages about lists from elsewhere: send one, see how it is read, confirm, watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from briefings.models import Briefing
from newsroom import audit_log
from newsroom.admin_mixins import ReadOnlyAdminMixin
from newsroom.invisible_characters import remove_unprintable
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused
from subscribers.lists import ImportRefused, uploaded_lists
from subscribers.lists.forms import ReadingForm
from subscribers.lists.import_plan import Choices
from subscribers.models import ImportPart, ImportState, PartKind, SubscriberImport
from subscribers.permissions import IMPORT_SUBSCRIBERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.files.uploadedfile import UploadedFile
    from django.urls import URLPattern

PAGE = "admin/subscribers/subscriberimport/{}.html"


class ListForm(forms.Form):
    """A list, and the briefing whose readers it holds."""

    briefing = forms.ModelChoiceField(Briefing.objects.current(), empty_label=None)
    file = forms.FileField(
        label="List",
        help_text=(
            "CSV or TSV with a line of column names, up to"
            f" {uploaded_lists.MAX_BYTES // 1024**2} MB; exports of Mailchimp, Ghost, Substack and"
            " listmonk as they are."
        ),
        widget=forms.ClearableFileInput(
            attrs={"accept": ".csv,.tsv,.txt,text/csv,text/tab-separated-values"}
        ),
        error_messages={
            "required": "Choose the list first.",
            "empty": "The file is empty. Choose the file that has the list.",
        },
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file = cast("UploadedFile[bytes]", self.cleaned_data["file"])
        if (file.size or 0) > uploaded_lists.MAX_BYTES:
            raise forms.ValidationError(
                f"The list has more than {uploaded_lists.MAX_BYTES // 1024**2} MB. Divide it, or"
                " it imported with manage.py import_subscribers."
            )
        return file


@admin.register(SubscriberImport)
class SubscriberImportAdmin(ReadOnlyAdminMixin, admin.ModelAdmin[SubscriberImport]):
    """Imports: begun here, done by a worker."""

    list_display = ("file_name", "briefing", "state", "became", "sent_by", "created_at")
    list_filter = ("state", "briefing")
    list_select_related = ("briefing", "sent_by")
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, IMPORT_SUBSCRIBERS)

    def has_view_permission(
        self, request: HttpRequest, obj: SubscriberImport | None = None
    ) -> bool:
        return may(request.user, IMPORT_SUBSCRIBERS)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, IMPORT_SUBSCRIBERS)

    @admin.display(description="became")
    def became(self, made: SubscriberImport) -> str:
        if made.state != ImportState.DONE:
            return "—"
        return f"{made.figures['new']:,} new, {made.figures['refused']:,} refused"

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("<int:pk>/choose/", require_POST(self.choose_view), "choose"),
            ("<int:pk>/begin/", require_POST(self.begin_view), "begin"),
            ("<int:pk>/stop/", require_POST(self.stop_view), "stop"),
            ("<int:pk>/progress.json", require_safe(self.progress_view), "progress"),
            ("<int:pk>/refused.csv", require_safe(self.refused_view), "refused"),
        ]
        return [
            path(
                route, self.admin_site.admin_view(view), name=f"subscribers_subscriberimport_{name}"
            )
            for route, view, name in pages
        ] + super().get_urls()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """GET asks for a list; POST keeps it and leads to how it will be read."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ListForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                made = uploaded_lists.keep(
                    upload.file,
                    name=_shown_name(upload.name),
                    size=upload.size,
                    briefing=form.cleaned_data["briefing"],
                    choices=Choices(),
                    by=request.user,
                )
            except ImportRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                return HttpResponseRedirect(made.get_absolute_url())
        status = 422 if request.method == "POST" else 200
        return self._answer(request, "send", status=status, title="Import readers", form=form)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Show where an import stands, and what may be done about it."""
        made = self.get_object(request, object_id)
        if made is None or not self.has_view_permission(request, made):
            return super().change_view(request, object_id, form_url, extra_context)
        return self._show(request, made, form=ReadingForm(made) if made.is_asking else None)

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the list in another way."""
        made = self._find(request, pk)
        form = ReadingForm(made, request.POST)
        if made.is_asking and form.is_valid():
            try:
                uploaded_lists.choose(made, form.choices())
            except (ImportRefused, TransitionRefused) as refusal:
                form.add_error(None, str(refusal))
            else:
                return HttpResponseRedirect(made.get_absolute_url())
        if not made.is_asking:
            return HttpResponseRedirect(made.get_absolute_url())
        return self._show(request, made, form=form, status=422)

    def begin_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Import what was checked."""
        made = self._find(request, pk)
        try:
            made.begin(by=request.user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            uploaded_lists.wake_worker()
        return HttpResponseRedirect(made.get_absolute_url())

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write nothing and remove the file."""
        made = self._find(request, pk)
        try:
            made.stop(by=request.user, at=timezone.now())
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Stopped: nothing was imported, and the file is removed.")
        return HttpResponseRedirect(made.get_absolute_url())

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Give the page its figures."""
        made = self._find(request, pk)
        return JsonResponse(
            {"state": made.state, "share_done": round(made.share_done, 4), "words": words_for(made)}
        )

    def refused_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Hand out the refused rows; that they were taken is on record, for they are people."""
        made = self._find(request, pk)
        if not made.parts.filter(kind=PartKind.REFUSED).exists():
            raise Http404("no refused rows")
        audit_log.record("downloaded refused rows", made, by=request.user)
        return StreamingHttpResponse(
            uploaded_lists.read_parts(made, PartKind.REFUSED),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="refused-{made.pk}.csv"'},
        )

    def _find(self, request: HttpRequest, pk: int) -> SubscriberImport:
        if not may(request.user, IMPORT_SUBSCRIBERS):
            raise PermissionDenied
        return get_object_or_404(SubscriberImport.objects.select_related("briefing"), pk=pk)

    def _show(
        self,
        request: HttpRequest,
        made: SubscriberImport,
        *,
        form: ReadingForm | None,
        status: int = 200,
    ) -> HttpResponse:
        has_refused = ImportPart.objects.filter(
            subscriber_import=made, kind=PartKind.REFUSED
        ).exists()
        return self._answer(
            request,
            "import",
            status=status,
            title=f"Import of “{made.file_name}”",
            made=made,
            form=form,
            has_refused=has_refused,
            words=words_for(made),
            reasons=sorted(made.figures.get("reasons", {}).items(), key=lambda item: -item[1]),
        )

    def _answer(
        self, request: HttpRequest, page: str, *, status: int = 200, **context: Any
    ) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, PAGE.format(page), context, status=status)


def words_for(made: SubscriberImport) -> str:
    """How far a worker is, in words."""
    if not made.is_working:
        return made.get_state_display()
    if made.heard_at is None:
        return "Waiting for a worker …"
    if made.done >= made.size:
        return "Comparing with what is there …" if _is_check(made) else "Writing …"
    doing = "Checking" if _is_check(made) else "Importing"
    return f"{doing}: {made.share_done:.0%} of {_megabytes(made.size)} read"


def _is_check(made: SubscriberImport) -> bool:
    return made.state == ImportState.CHECKING


def _megabytes(octets: int) -> str:
    return f"{octets / 1e6:,.1f} MB" if octets >= 100_000 else f"{octets / 1e3:,.1f} KB"


def _shown_name(name: str | None) -> str:
    """A file's name without what no screen shows."""
    return remove_unprintable(name or "")[-200:] or "list.csv"


def list_address() -> str:
    """Where lists are sent in."""
    return reverse("admin:subscribers_subscriberimport_add")
