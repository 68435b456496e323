"""What readers said about the previous issue: the page on which an editor reads and uses it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from briefings.admin.form_fields import parse_key
from briefings.comment_decisions import DecisionRefused, decide, undo
from briefings.models import Comment, Issue, MarkKind
from briefings.models.response_mark import MAX_MARK_NOTE_CHARS
from briefings.permissions import (
    may_moderate,
    may_use_response,
    may_view_addresses,
    staff_of_response,
)
from briefings.points.ranked_pieces import list_points
from briefings.response.marks import MarkRefused, finish, mark, remove_mark, reopen
from briefings.response.pieces import pieces_of, response_to
from briefings.response.previous import earlier_issues, previous_issue
from briefings.response.response_figures import compare_responses
from briefings.response.response_filters import (
    MINE,
    ORDERS,
    Choice,
    ResponseFilter,
    choices_for,
    narrow,
)
from newsroom.models import AuditLogEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefings.models.comment import CommentQuerySet

PER_PAGE = 50
# The keys of the page, as it lists them; response.js has them, too.
KEYS = (
    ("J", "Next piece"),
    ("K", "Previous piece"),
    ("U", "Use it"),
    ("A", "Answer it"),
    ("F", "Follow it up, or have it followed up"),
    ("D", "Done"),
    ("/", "Search"),
)
# What the page says after each button.
SAID = {
    "mark": "Marked: {mark}.",
    "save": "Saved: {mark}.",
    "remove": "Mark removed: {mark}.",
    "finish": "Done: {mark}.",
    "reopen": "Not done yet: {mark}.",
}
DRAFT_GONE = (
    "The draft that this page belonged to was deleted meanwhile. Open the response from another"
    " draft."
)
CHOICES_OF_ISSUES = 26  # half a year
# Who opens the page again within this time is still reading: what was new stays new.
STILL_READING = timedelta(minutes=30)
READ = "response_read"  # in the session
MOST_READ = 20  # issues in the session
# The filters of the page: the parameter, its label, and what stands for everything.
FILTERS = (
    ("channel", "How it came", "Any way"),
    ("section", "About", "Anything"),
    ("quoting", "Quoting", "Any"),
    ("mark", "Marks", "Any or none"),
    ("length", "Length", "Any length"),
    ("other", "Only", "All"),
)
# What the panel beside a draft can show: its name there, its label, and the filter that it is.
SHOWN_BESIDE_DRAFT = {
    str(MarkKind.USE): ("To use", "mark", str(MarkKind.USE)),
    str(MarkKind.ANSWER): ("To answer", "mark", str(MarkKind.ANSWER)),
    MINE: ("For me to follow up", "mark", MINE),
    "quotable": ("May be quoted", "quoting", "yes"),
    "featured": ("Featured", "other", "featured"),
}
ALL = "all"
BESIDE_DRAFT = 20  # pieces


def response_urls(wrap: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses of these pages, each through the admin's `wrap`."""
    return [
        path("<int:pk>/response/", wrap(require_safe(response)), name="briefings_response"),
        path(
            "<int:pk>/response/panel/",
            wrap(require_safe(response_panel)),
            name="briefings_response_panel",
        ),
        path(
            "response/<int:pk>/publish/",
            wrap(require_POST(publish_response)),
            name="briefings_response_publish",
        ),
        path(
            "response/<int:pk>/mark/",
            wrap(require_POST(mark_response)),
            name="briefings_response_mark",
        ),
    ]


def draft_or_refuse(request: HttpRequest, pk: int) -> Issue:
    """Return a draft whose briefing this person writes for: only that gives them its response.

    Raises Http404 and PermissionDenied.
    """
    draft = get_object_or_404(Issue.objects.select_related("briefing__lead"), pk=pk)
    if not may_use_response(request.user, draft):
        raise PermissionDenied
    return draft


def response(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what readers said about the issue before a draft, or about the issue `?about=`."""
    draft = draft_or_refuse(request, pk)
    about = previous_issue(draft, about=parse_key(request.GET.get("about")))
    context = {
        **admin.site.each_context(request),
        "title": f"Response to {about.briefing} {about.number}" if about else "Response",
        "draft": draft,
        "about": about,
        "earlier": list(earlier_issues(draft)[:CHOICES_OF_ISSUES]),
        "zone": draft.briefing.zone,
        **(_what_was_said(request, about) if about else {}),
    }
    return TemplateResponse(request, "admin/briefings/response/response.html", context)


def _what_was_said(request: HttpRequest, about: Issue) -> dict[str, Any]:
    """Return the pieces of the response to an issue that are asked for, and what there is."""
    everything = response_to(about)
    since = _last_read(request, about, at=timezone.now())
    chosen = ResponseFilter.of(request.GET.dict())
    found = narrow(everything, chosen, user=request.user, since=since)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    if piece := parse_key(request.GET.get("piece")):
        page = _page_with(piece, found) or page
    comments: list[Comment] = list(page.object_list)
    for comment in comments:
        comment.issue = about
    choices = choices_for(about, everything, user=request.user, since=since)
    query = {name: str(value) for name, value in request.GET.items() if value}
    way_back = urlencode(query)
    for place in ("page", "piece"):  # the other pages do not have them
        query.pop(place, None)
    return {
        "page": page,
        "pieces": pieces_of(comments, since=since),
        "chosen": chosen,
        "filters": [
            (name, label, anything, choices[name], getattr(chosen, name))
            for name, label, anything in FILTERS
            if choices[name]
        ],
        "orders": [(value, label) for value, (label, _) in ORDERS.items()],
        "comparison": compare_responses(about),
        "points": list_points(about),
        "query": urlencode(query),
        "way_back": way_back,
        "keys": KEYS,
        "may_moderate": may_moderate(request.user, about),
        "may_see_addresses": may_view_addresses(request.user),
        **_mark_context(about),
    }


def _mark_context(about: Issue) -> dict[str, Any]:
    """Return what the marks of every piece need."""
    return {"staff": list(staff_of_response(about.briefing)), "max_note": MAX_MARK_NOTE_CHARS}


def _page_with(piece: int, found: CommentQuerySet) -> Page[Comment] | None:
    """Return the page that has a piece, which an email or the start page leads to."""
    keys = list(found.values_list("pk", flat=True))
    if piece not in keys:
        return None
    return Paginator(found, PER_PAGE).get_page(keys.index(piece) // PER_PAGE + 1)


def _last_read(request: HttpRequest, about: Issue, *, at: datetime) -> datetime | None:
    """Return when this person read a response before, in this browser, and note that they do."""
    read: dict[str, list[str]] = dict(request.session.get(READ, {}))
    key = str(about.pk)
    before, last = read.pop(key, ["", ""])
    if last and at - datetime.fromisoformat(last) > STILL_READING:
        before = last
    read[key] = [before, at.isoformat()]
    request.session[READ] = dict([*read.items()][-MOST_READ:])
    return datetime.fromisoformat(before) if before else None


def response_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Return what stands beside a draft: the figures, and the pieces that are chosen there."""
    draft = draft_or_refuse(request, pk)
    about = previous_issue(draft)
    context: dict[str, Any] = {"draft": draft, "about": about, "zone": draft.briefing.zone}
    if about:
        context |= _beside_draft(request, about)
    return TemplateResponse(request, "admin/briefings/response/_panel.html", context)


def _beside_draft(request: HttpRequest, about: Issue) -> dict[str, Any]:
    """Return the pieces of a panel: what is marked to use, or else what readers recommend."""
    everything = response_to(about)
    counts = choices_for(about, everything, user=request.user, since=None)
    offered = [
        (name, label, number)
        for name, (label, parameter, value) in SHOWN_BESIDE_DRAFT.items()
        if (number := _count_of(counts, parameter, value))
    ]
    shown = request.GET.get("show", "")
    if shown != ALL and shown not in {name for name, _, _ in offered}:
        shown = str(MarkKind.USE) if any(name == MarkKind.USE for name, _, _ in offered) else ALL
    words = request.GET.get("q", "")
    _, parameter, value = SHOWN_BESIDE_DRAFT.get(shown, ("", "", ""))
    chosen = ResponseFilter.of({parameter: value, "q": words, "order": "recommended"})
    found = narrow(everything, chosen, user=request.user, since=None)
    comments: list[Comment] = list(found[:BESIDE_DRAFT])
    for comment in comments:
        comment.issue = about
    return {
        "pieces": pieces_of(comments),
        "comparison": compare_responses(about),
        "points": list_points(about),
        "offered": offered,
        "shown": shown,
        "chosen": chosen,
        "number": found.count() if len(comments) == BESIDE_DRAFT else len(comments),
        "query": urlencode(
            {name: each for name, each in ((parameter, value), ("q", words)) if each}
        ),
    }


def _count_of(counts: dict[str, list[Choice]], parameter: str, value: str) -> int:
    return next((choice.count for choice in counts[parameter] if choice.value == value), 0)


def publish_response(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a private response as a comment, or undo that: a moderator's decision."""
    comment = get_object_or_404(Comment.objects.select_related("issue__briefing"), pk=pk)
    if not may_use_response(request.user, comment.issue):
        raise PermissionDenied
    undone = parse_key(request.POST.get("undo"))
    now = timezone.now()
    try:
        if undone:
            entries = AuditLogEntry.objects.filter(verb="published", subject_kind="comment")
            undo(get_object_or_404(entries, pk=undone, subject_id=str(pk)), by=request.user, at=now)
            messages.success(request, "Only the newsroom reads it again.")
        else:
            read = request.POST.get("read") or "missing"
            decide("publish", comment, by=request.user, at=now, read=read)
            messages.success(request, "Readers see it now, as a comment on its issue.")
    except DecisionRefused as refusal:
        messages.warning(request, str(refusal))
    return _back_to_piece(request, comment)


def mark_response(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a response, or change or remove a mark: as JSON for the script, or else go back."""
    responses = Comment.objects.responses().select_related("issue__briefing")
    comment = get_object_or_404(responses, pk=pk)
    if not may_use_response(request.user, comment.issue):
        raise PermissionDenied
    try:
        said = _carry_out(request, comment)
    except MarkRefused as refusal:
        if _wants_json(request):
            return JsonResponse({"said": str(refusal)}, status=422)
        messages.error(request, str(refusal))
        return _back_to_piece(request, comment)
    if not _wants_json(request):
        messages.success(request, said)
        return _back_to_piece(request, comment)
    draft = Issue.objects.filter(pk=parse_key(request.POST.get("draft"))).first()
    if draft is None:
        return JsonResponse({"said": f"{said} {DRAFT_GONE}"})
    [piece] = pieces_of([comment])
    context = {
        "piece": piece,
        "draft": draft,
        "about": comment.issue,
        "zone": comment.issue.briefing.zone,
        "way_back": request.POST.get("query", ""),
        **_mark_context(comment.issue),
    }
    html = render_to_string("admin/briefings/response/_piece_marks.html", context, request)
    return JsonResponse({"said": said, "marks": html})


def _carry_out(request: HttpRequest, comment: Comment) -> str:
    """Do to the marks of a response what the button says; return it in words."""
    act, _, name = request.POST.get("act", "").partition(":")
    if name not in MarkKind.values:
        raise MarkRefused("We do not know that mark. Reload the page and try again.")
    kind, by, now = MarkKind(name), request.user, timezone.now()
    match act:
        case "mark":
            mark(comment, kind, by=by, at=now)
        case "save":
            who = request.POST.get("assigned_to")
            assigned_to = parse_key(who) if who is not None else None
            note, was = request.POST.get("note", ""), request.POST.get("was")
            mark(comment, kind, by=by, at=now, note=note, was=was, assigned_to=assigned_to)
        case "remove":
            remove_mark(comment, kind, by=by, at=now)
        case "finish":
            finish(comment, kind, by=by, at=now)
        case "reopen":
            reopen(comment, kind, by=by)
        case _:
            raise MarkRefused("We do not know that button. Reload the page and try again.")
    return SAID[act].format(mark=kind.label)


def _back_to_piece(request: HttpRequest, comment: Comment) -> HttpResponse:
    """Redirect to the page that a form of a piece was on, and to the piece."""
    draft = parse_key(request.POST.get("draft"))
    query = QueryDict(request.POST.get("query", "")[:1000], mutable=True)
    if not Issue.objects.filter(pk=draft).exists():
        if draft:
            messages.warning(request, DRAFT_GONE)
        draft, query["about"] = comment.issue_id, str(comment.issue.number)
    page, where = reverse("admin:briefings_response", args=[draft]), query.urlencode()
    return redirect(f"{page}{where and '?'}{where}#piece-{comment.pk}")


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def response_on_page(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    """Return what the page of an issue needs to lead to the response."""
    return {"may_use_response": may_use_response(request.user, issue)}
