"""The clippings tray of a briefing: its page, adding links to it, and taking them out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from briefings.admin.form_fields import parse_key
from briefings.admin.section_rows import SECTION_PREFIX, read_rows, write_rows
from briefings.clippings import (
    MAX_LINKS_AT_ONCE,
    FoundLink,
    canonical_address,
    clippings_address,
    keep_clipping,
    outlet_of,
    read_links,
)
from briefings.issue_suggestions import likely_briefing
from briefings.models import Briefing, Clipping, Issue, SectionKind
from briefings.models.clippings_tray import (
    MAX_CLIPPING_OUTLET,
    MAX_CLIPPING_TEXT,
    MAX_CLIPPING_TITLE,
)
from briefings.permissions import briefings_with_tray
from briefings.roundup_items import add_item, read_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import QueryDict

# The script of an issue's page asks for no page in return.
FRAGMENT_HEADER = "X-Fragment"
LATEST_USED = 20


class PasteForm(forms.Form):
    """Lines with links, pasted at once."""

    lines = forms.CharField(
        label="Paste links",
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "https://"}),
        help_text=(
            "One or more lines. Words on a link's own line, or on the line above it, become its"
            " title."
        ),
        max_length=100_000,
    )

    def clean_lines(self) -> list[FoundLink]:
        links = read_links(self.cleaned_data["lines"])
        if not links:
            raise forms.ValidationError(
                "There is no link in these lines. A link starts with https://.", code="no_link"
            )
        return links


class ClippingForm(forms.Form):
    """One link, as a bookmarklet or a person fills it in."""

    briefing = forms.ModelChoiceField(Briefing.objects.none(), empty_label=None)
    url = forms.CharField(label="Link", max_length=4000)
    title = forms.CharField(max_length=MAX_CLIPPING_TITLE, required=False)
    outlet = forms.CharField(max_length=MAX_CLIPPING_OUTLET, required=False)
    text = forms.CharField(
        max_length=MAX_CLIPPING_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, briefings: QuerySet[Briefing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["briefing"]
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = briefings

    def clean_url(self) -> str:
        url = canonical_address(self.cleaned_data["url"])
        if not url:
            raise forms.ValidationError(
                "This is not the address of a web page. Enter the full address, which starts with"
                " https://.",
                code="no_link",
            )
        return url

    def found_link(self) -> FoundLink:
        """Return what was filled in."""
        words = {name: self.cleaned_data[name] for name in ("url", "title", "outlet")}
        return FoundLink(**words, text=" ".join(self.cleaned_data["text"].split()))


def _tray_or_404(request: HttpRequest, pk: int) -> Briefing:
    return get_object_or_404(briefings_with_tray(request.user), pk=pk)


@require_safe
def trays(request: HttpRequest) -> HttpResponse:
    """Lead to the tray of the briefing that this person probably writes for."""
    mine = briefings_with_tray(request.user)
    likely = likely_briefing(request.user)
    briefing = mine.filter(pk=likely.pk).first() if likely else None
    briefing = briefing or mine.current().first() or mine.first()
    if briefing is None:
        raise Http404("You write for no briefing, so you have no clippings tray.")
    return redirect("admin:briefings_clippings", briefing.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def clippings(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a briefing's tray, and add pasted links to it."""
    briefing = _tray_or_404(request, pk)
    form = PasteForm(request.POST or None, label_suffix="")
    if form.is_valid():
        now = timezone.now()
        links: list[FoundLink] = form.cleaned_data["lines"]
        new = sum(keep_clipping(briefing, link, by=request.user, at=now)[1] for link in links)
        messages.success(request, _what_was_added(len(links), new))
        return redirect("admin:briefings_clippings", briefing.pk)
    used = Clipping.objects.filter(briefing=briefing, used_in__isnull=False)
    context = {
        **admin.site.each_context(request),
        "title": "Clippings",
        "briefing": briefing,
        "others": briefings_with_tray(request.user).current().exclude(pk=briefing.pk),
        "form": form,
        "clippings": Clipping.objects.in_tray_of(briefing).select_related("added_by"),
        "removed": Clipping.objects.filter(
            briefing=briefing,
            removed_at__isnull=False,
            pk=parse_key(request.GET.get("removed")),
        ).first(),
        "used": used.select_related("used_in__briefing").order_by("-used_in__number", "-pk")[
            :LATEST_USED
        ],
        "bookmarklet": _bookmarklet(briefing),
        "address": clippings_address(briefing),
    }
    return TemplateResponse(request, "admin/briefings/clippings/tray.html", context)


def _what_was_added(links: int, new: int) -> str:
    known = links - new
    added = f"Added {new} link{'' if new == 1 else 's'}." if new else "Nothing was added."
    if known:
        added += f" {known} {'was' if known == 1 else 'were'} in the tray or in an issue already."
    if links == MAX_LINKS_AT_ONCE:
        added += f" We took the first {MAX_LINKS_AT_ONCE}; paste the rest again."
    return added


def _bookmarklet(briefing: Briefing) -> str:
    """Return a script for a bookmark: it opens our form with the page that somebody reads.

    It holds nothing secret: whoever opens the form has to be logged in, and to save it.
    """
    form = settings.SITE_URL + reverse("admin:briefings_clipping_add")
    return (
        "javascript:void(window.open("
        f"'{form}?briefing={briefing.pk}&url='+encodeURIComponent(location.href)"
        "+'&title='+encodeURIComponent(document.title)"
        "+'&text='+encodeURIComponent(String(getSelection()).slice(0,1500)),"
        "'_blank','width=620,height=760'))"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_clipping(request: HttpRequest) -> HttpResponse:
    """Show the form for one link, filled in by the address of this page, and save it on POST."""
    mine = briefings_with_tray(request.user)
    if not mine.exists():
        raise Http404("You write for no briefing, so you have no clippings tray.")
    form = ClippingForm(
        request.POST or None, briefings=mine, initial=_filled_in(request), label_suffix=""
    )
    if form.is_valid():
        briefing: Briefing = form.cleaned_data["briefing"]
        clipping, is_new = keep_clipping(
            briefing, form.found_link(), by=request.user, at=timezone.now()
        )
        done = {"kept": clipping.pk, "new": int(is_new)}
        return redirect(f"{reverse('admin:briefings_clipping_add')}?{urlencode(done)}")
    kept = Clipping.objects.filter(
        pk=parse_key(request.GET.get("kept")), briefing__in=mine
    ).select_related("briefing")
    context = {
        **admin.site.each_context(request),
        "title": "Keep a link",
        "form": form,
        "kept": kept.first() if request.method != "POST" else None,
        "is_new": request.GET.get("new") == "1",
    }
    return TemplateResponse(request, "admin/briefings/clippings/add.html", context)


def _filled_in(request: HttpRequest) -> dict[str, Any]:
    """Return what the address of the page says, shortened to what the form takes."""
    limits = {"title": MAX_CLIPPING_TITLE, "text": MAX_CLIPPING_TEXT, "outlet": MAX_CLIPPING_OUTLET}
    initial: dict[str, Any] = {
        name: " ".join(request.GET.get(name, "").split())[:limit] for name, limit in limits.items()
    }
    url = canonical_address(request.GET.get("url", ""))
    initial["url"] = url or request.GET.get("url", "")
    initial["outlet"] = initial["outlet"] or (outlet_of(url) if url else "")
    likely = likely_briefing(request.user)
    initial["briefing"] = parse_key(request.GET.get("briefing")) or (likely.pk if likely else None)
    return initial


@require_POST
def remove_clipping(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a link out of its tray; its page offers to undo that."""
    return _change(request, pk, removed=True)


@require_POST
def restore_clipping(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a link that was removed back into its tray."""
    return _change(request, pk, removed=False)


def _change(request: HttpRequest, pk: int, *, removed: bool) -> HttpResponse:
    mine = Clipping.objects.filter(briefing__in=briefings_with_tray(request.user))
    clipping = get_object_or_404(mine, pk=pk)
    mine.filter(pk=pk).update(removed_at=timezone.now() if removed else None)
    if request.headers.get(FRAGMENT_HEADER):
        return HttpResponse(status=204)
    tray = reverse("admin:briefings_clippings", args=[clipping.briefing_id])
    return redirect(f"{tray}?removed={pk}" if removed else tray)


def put_into_round_up(request: HttpRequest, issue: Issue | None) -> None:
    """Add the clipping whose button was used to the posted round-up, for pages without a script."""
    key = parse_key(request.POST.get("_clip"))
    briefing = issue.briefing_id if issue else parse_key(request.POST.get("briefing"))
    mine = Clipping.objects.filter(briefing__in=briefings_with_tray(request.user))
    clipping = mine.filter(pk=key, briefing=briefing).first()
    data = request.POST.copy()
    del data["_clip"]
    if clipping:
        _add_to_rows(data, clipping)
    request.POST = data  # type: ignore[assignment]


def _add_to_rows(data: QueryDict, clipping: Clipping) -> None:
    existing = parse_key(data.get(f"{SECTION_PREFIX}-INITIAL_FORMS"))
    rows = read_rows(data, prefix=SECTION_PREFIX)
    item = read_item(clipping.title, clipping.url, clipping.outlet, clipping.text)
    found = [
        row for row in rows if row.get("kind") == SectionKind.ROUNDUP and not row.get("DELETE")
    ]
    if not found:
        found = [{"kind": str(SectionKind.ROUNDUP), "place": str(len(rows) + 1)}]
        rows += found
    found[0]["body"] = add_item(found[0].get("body", ""), item)
    write_rows(data, rows, prefix=SECTION_PREFIX, existing=existing)


def tray_context(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    """Return what the tray on the page of an issue needs; nothing for those who have none."""
    if not briefings_with_tray(request.user).filter(pk=issue.briefing_id).exists():
        return {}
    return {"tray": list(Clipping.objects.beside(issue).select_related("added_by"))}


def clipping_urls(wrap: Callable[[Any], Any]) -> list[URLPattern]:
    """Return the addresses of these pages."""
    return [
        path("clippings/", wrap(trays), name="briefings_trays"),
        path("clippings/add/", wrap(add_clipping), name="briefings_clipping_add"),
        path("clippings/<int:pk>/", wrap(clippings), name="briefings_clippings"),
        path(
            "clippings/link/<int:pk>/remove/",
            wrap(remove_clipping),
            name="briefings_clipping_remove",
        ),
        path(
            "clippings/link/<int:pk>/restore/",
            wrap(restore_clipping),
            name="briefings_clipping_restore",
        ),
    ]
