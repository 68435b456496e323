"""The admin pages of lists: upload, preview, confirm and follow an import; download an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from newsroom import audit_log
from newsroom.accounts.account_middleware import in_background
from newsroom.accounts.password_again import need_password_again
from newsroom.admin_mixins import ReadOnlyAdminMixin
from newsroom.file_uploads import accepts_files
from newsroom.invisible_characters import remove_unprintable
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused
from subscribers.lists import uploaded_lists
from subscribers.lists.export import ExportStatus, export_csv, find_subscriptions
from subscribers.lists.forms import ExportForm, ImportOptionsForm, UploadForm
from subscribers.lists.import_errors import ImportRefused
from subscribers.lists.import_plan import ImportOptions
from subscribers.models import (
    ImportPart,
    ImportState,
    PartKind,
    Subscriber,
    SubscriberImport,
)
from subscribers.models.subscriber_import import FILE_KEPT_FOR
from subscribers.permissions import EXPORT_SUBSCRIBERS, IMPORT_SUBSCRIBERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.urls import URLPattern

PAGE = "admin/subscribers/subscriberimport/{}.html"


@admin.register(SubscriberImport)
class SubscriberImportAdmin(ReadOnlyAdminMixin, admin.ModelAdmin[SubscriberImport]):
    """Imports: started here, carried out by a worker."""

    list_display = ("file_name", "briefing", "state", "result", "sent_by", "created_at")
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

    @admin.display(description="result")
    def result(self, subscriber_import: SubscriberImport) -> str:
        if subscriber_import.state != ImportState.DONE:
            return "—"
        counts = subscriber_import.figures
        return f"{counts['new']:,} new, {counts['refused']:,} refused"

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

    @accepts_files(max_bytes=uploaded_lists.MAX_BYTES)
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """GET asks for a list; POST stores it and leads to its preview."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                subscriber_import = uploaded_lists.store_upload(
                    upload.file,
                    name=_printable_name(upload.name),
                    size=upload.size,
                    briefing=form.cleaned_data["briefing"],
                    options=ImportOptions(),
                    by=request.user,
                )
            except ImportRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                return HttpResponseRedirect(subscriber_import.get_absolute_url())
        return self._render(
            request,
            "upload",
            status=422 if request.method == "POST" else 200,
            title="Import subscribers",
            form=form,
            file_kept_for=FILE_KEPT_FOR,
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Show the state of an import, and what can be done next."""
        found = self.get_object(request, object_id)
        if found is None or not self.has_view_permission(request, found):
            return super().change_view(request, object_id, form_url, extra_context)
        form = ImportOptionsForm(found) if found.awaits_decision else None
        return self._show(request, found, form=form)

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Check the list again with the options of the form."""
        subscriber_import = self._get_import(request, pk)
        form = ImportOptionsForm(subscriber_import, request.POST)
        if subscriber_import.awaits_decision and form.is_valid():
            try:
                uploaded_lists.change_options(subscriber_import, form.options())
            except (ImportRefused, TransitionRefused) as refusal:
                form.add_error(None, str(refusal))
            else:
                return HttpResponseRedirect(subscriber_import.get_absolute_url())
        if not subscriber_import.awaits_decision:
            return HttpResponseRedirect(subscriber_import.get_absolute_url())
        return self._show(request, subscriber_import, form=form, status=422)

    def begin_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a checked list imported."""
        subscriber_import = self._get_import(request, pk)
        try:
            subscriber_import.begin(by=request.user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            uploaded_lists.wake_worker()
        return HttpResponseRedirect(subscriber_import.get_absolute_url())

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop an import and remove its file."""
        subscriber_import = self._get_import(request, pk)
        try:
            subscriber_import.stop(by=request.user, at=timezone.now())
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, "Import stopped. Nothing was imported and the file was deleted."
            )
        return HttpResponseRedirect(subscriber_import.get_absolute_url())

    @in_background
    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Return the progress of an import for its page."""
        subscriber_import = self._get_import(request, pk)
        return JsonResponse(
            {
                "state": subscriber_import.state,
                "share_done": round(subscriber_import.share_done, 4),
                "words": progress_message(subscriber_import),
            }
        )

    def refused_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Stream the refused rows; they are personal data, so the download is logged."""
        subscriber_import = self._get_import(request, pk)
        if not _has_refused_rows(subscriber_import):
            raise Http404("There are no refused rows.")
        need_password_again(request)
        audit_log.record("downloaded refused rows", subscriber_import, by=request.user)
        name = f"refused-{subscriber_import.pk}.csv"
        return StreamingHttpResponse(
            uploaded_lists.read_parts(subscriber_import, PartKind.REFUSED),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _get_import(self, request: HttpRequest, pk: int) -> SubscriberImport:
        if not may(request.user, IMPORT_SUBSCRIBERS):
            raise PermissionDenied
        return get_object_or_404(SubscriberImport.objects.select_related("briefing"), pk=pk)

    def _show(
        self,
        request: HttpRequest,
        subscriber_import: SubscriberImport,
        *,
        form: ImportOptionsForm | None,
        status: int = 200,
    ) -> HttpResponse:
        reasons = subscriber_import.figures.get("reasons", {})
        return self._render(
            request,
            "import",
            status=status,
            title=f"Import of “{subscriber_import.file_name}”",
            subscriber_import=subscriber_import,
            form=form,
            has_refused=_has_refused_rows(subscriber_import),
            progress_message=progress_message(subscriber_import),
            reasons=sorted(reasons.items(), key=lambda item: -item[1]),
            file_kept_for=FILE_KEPT_FOR,
        )

    def _render(
        self, request: HttpRequest, page: str, *, status: int = 200, **context: Any
    ) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, PAGE.format(page), context, status=status)


def export_view(request: HttpRequest) -> HttpResponseBase:
    """GET asks which subscribers to export; POST counts them, or without `count` streams them."""
    if not may(request.user, EXPORT_SUBSCRIBERS):
        raise PermissionDenied
    initial = {"status": ExportStatus.ACTIVE.value, "chosen": request.GET.get("chosen", "")}
    form = ExportForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return _render_export(request, form, status=status)
    if "count" in request.POST:
        return _render_export(request, form, number=find_subscriptions(form.filters()).count())
    need_password_again(request)
    name = f"subscribers-{timezone.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        export_csv(form.filters(), by=request.user),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _render_export(
    request: HttpRequest, form: ExportForm, *, status: int = 200, **context: Any
) -> TemplateResponse:
    chosen = form["chosen"].value() or ""
    context = {
        **admin.site.each_context(request),
        "opts": Subscriber._meta,
        "title": "Export subscribers",
        "form": form,
        "chosen": len(str(chosen).split(",")) if chosen else 0,
        **context,
    }
    return TemplateResponse(
        request, "admin/subscribers/subscriber/export.html", context, status=status
    )


def progress_message(subscriber_import: SubscriberImport) -> str:
    """Return how far the worker is, in words."""
    if not subscriber_import.is_working:
        return subscriber_import.get_state_display()
    if subscriber_import.heard_at is None:
        return "Waiting for a worker…"
    is_check = subscriber_import.state == ImportState.CHECKING
    if subscriber_import.done >= subscriber_import.size:
        return "Comparing with existing subscribers…" if is_check else "Saving…"
    doing = "Checking" if is_check else "Importing"
    size = _file_size(subscriber_import.size)
    return f"{doing}: {subscriber_import.share_done:.0%} of {size} read"


def _has_refused_rows(subscriber_import: SubscriberImport) -> bool:
    parts = ImportPart.objects.filter(subscriber_import=subscriber_import, kind=PartKind.REFUSED)
    return parts.exists()


def _file_size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} KB"


def _printable_name(name: str | None) -> str:
    """Return a file's name without characters that no screen shows."""
    return remove_unprintable(name or "")[-200:] or "list.csv"
