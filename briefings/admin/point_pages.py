"""The points of a response: opening them, checking pieces by keys, and putting them in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from briefings.admin.form_fields import parse_key
from briefings.admin.response_pages import draft_or_refuse
from briefings.models import Issue, Point
from briefings.models.point import MAX_SENTENCE_CHARS
from briefings.points.point_checks import AnswerRefused, PointAnswer, answer
from briefings.points.point_edits import (
    PointRefused,
    merge,
    move,
    open_point,
    remove,
    rename,
    split,
)
from briefings.points.ranked_pieces import (
    PointsOfResponse,
    answered_pieces,
    next_pieces,
    pieces_to_start_from,
    points_of,
)
from briefings.points.response_words import read_response
from briefings.response.previous import previous_issue

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefings.points.response_words import JoinedPiece, ResponseWords

# The keys of the page, as it lists them; points.js has them, too.
KEYS = (
    ("Y", "Yes, it makes the point"),
    ("N", "No, it does not"),
    ("U", "Undo your last answer"),
    ("J", "Next piece, without an answer"),
    ("K", "Previous piece"),
)
GONE = "This point was merged with another one, or removed."
# What the page says after each answer.
SAID = {
    PointAnswer.YES: "Yes: {name} makes the point.",
    PointAnswer.NO: "No: {name} does not make the point.",
    PointAnswer.OPEN: "Taken back: {name}.",
}


def point_urls(wrap: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses of these pages, each through the admin's `wrap`."""
    return [
        path("<int:pk>/response/points/", wrap(require_safe(points)), name="briefings_points"),
        path(
            "<int:pk>/response/points/open/",
            wrap(require_POST(open_new_point)),
            name="briefings_point_open",
        ),
        path(
            "<int:pk>/response/points/<int:point_pk>/",
            wrap(require_safe(point_page)),
            name="briefings_point",
        ),
        path(
            "<int:pk>/response/points/<int:point_pk>/check/",
            wrap(require_POST(check_piece)),
            name="briefings_point_check",
        ),
        path(
            "<int:pk>/response/points/<int:point_pk>/change/",
            wrap(require_POST(change_point)),
            name="briefings_point_change",
        ),
    ]


def points(request: HttpRequest, pk: int) -> HttpResponse:
    """List the points of the response to the issue before a draft, and ways to open one."""
    draft = draft_or_refuse(request, pk)
    about = previous_issue(draft, about=parse_key(request.GET.get("about")))
    if about is None:  # no issue of the briefing has appeared yet, as that page says
        return redirect("admin:briefings_response", draft.pk)
    found = points_of(about)
    context = {
        **admin.site.each_context(request),
        **_context(draft, about, found),
        "title": f"Points in the response to {about.briefing} {about.number}",
        "start_here": pieces_to_start_from(found),
    }
    return TemplateResponse(request, "admin/briefings/points/points.html", context)


def open_new_point(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a point with a sentence of an editor or from a piece, and lead to its page."""
    draft = draft_or_refuse(request, pk)
    about = previous_issue(draft, about=parse_key(request.POST.get("about")))
    if about is None:  # no issue of the briefing has appeared yet, as that page says
        return redirect("admin:briefings_response", draft.pk)
    sentence, piece = _sentence(request), None
    if comment := parse_key(request.POST.get("piece")):
        words = read_response(about)
        place = words.place_of.get(comment)
        if place is None:
            messages.warning(request, "This piece is no longer part of the response.")
            return _to_points(draft, about)
        piece = words.pieces[place]
    if not sentence and piece is None:
        messages.error(request, "Write a sentence that says what the point is.")
        return _to_points(draft, about)
    new = open_point(about, sentence, by=request.user, at=timezone.now(), piece=piece)
    return redirect("admin:briefings_point", draft.pk, new.pk)


def point_page(request: HttpRequest, pk: int, point_pk: int) -> HttpResponse:
    """Show a point: how many readers make it, and the pieces to check next."""
    draft = draft_or_refuse(request, pk)
    point = _point_or_none(draft, point_pk)
    if point is None:
        messages.warning(request, GONE)
        return redirect("admin:briefings_points", draft.pk)
    found = points_of(point.issue)
    context = {
        **admin.site.each_context(request),
        **_context(draft, point.issue, found),
        **_checking_context(found, point, first=parse_key(request.GET.get("first"))),
        "title": str(point),
        "others": [line.point for line in found.lines if line.point.pk != point.pk],
        "keys": KEYS,
        "undoable": _last_answer(request, found, point),
    }
    return TemplateResponse(request, "admin/briefings/points/point.html", context)


def check_piece(request: HttpRequest, pk: int, point_pk: int) -> HttpResponse:
    """Store an answer, and rank the other pieces again: as JSON for the script, or as a page."""
    draft = draft_or_refuse(request, pk)
    point = _point_or_none(draft, point_pk)
    says, seen = request.POST.get("says", ""), request.POST.get("seen", "")
    if says not in PointAnswer.values or seen not in PointAnswer.values:
        raise Http404("We do not know that answer.")
    comment, first, status = parse_key(request.POST.get("piece")), 0, 200
    if point is None:
        if _wants_json(request):
            return JsonResponse({"said": GONE}, status=409)
        messages.warning(request, GONE)
        return redirect("admin:briefings_points", draft.pk)
    words = read_response(point.issue)
    try:
        piece = _piece_with(comment, words)
        answer(
            point,
            piece,
            says=PointAnswer(says),
            seen=PointAnswer(seen),
            read=request.POST.get("read", ""),
            by=request.user,
            at=timezone.now(),
        )
        said = SAID[PointAnswer(says)].format(name=piece.comment.display_name)
        first = comment if says == PointAnswer.OPEN else 0
    except AnswerRefused as refusal:
        said, first, status = str(refusal), comment, 409
    if not _wants_json(request):
        (messages.success if status == 200 else messages.warning)(request, said)
        page = reverse("admin:briefings_point", args=[draft.pk, point.pk])
        return redirect(f"{page}?first={first}" if first else f"{page}?undo={comment}")
    found = points_of(point.issue, words)
    if point not in [line.point for line in found.lines]:  # removed just now
        return JsonResponse({"said": GONE}, status=409)
    context = {
        **_context(draft, point.issue, found),
        **_checking_context(found, point, first=first),
    }
    html = render_to_string("admin/briefings/points/_checking.html", context, request)
    return JsonResponse({"said": said, "html": html}, status=status)


def _piece_with(comment: int, words: ResponseWords) -> JoinedPiece:
    """Return the piece that a comment is part of. Raises AnswerRefused if there is none."""
    place = words.place_of.get(comment)
    if place is None:
        raise AnswerRefused("This piece is no longer part of the response.")
    return words.pieces[place]


def change_point(request: HttpRequest, pk: int, point_pk: int) -> HttpResponse:
    """Rename, move, merge, split or remove a point."""
    draft = draft_or_refuse(request, pk)
    point = _point_or_none(draft, point_pk)
    try:
        if point:
            return _carry_out(request, draft, point)
    except PointRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("admin:briefings_point", draft.pk, point_pk)  # which says so if it is gone


def _carry_out(request: HttpRequest, draft: Issue, point: Point) -> HttpResponse:
    """Do what a button says, and lead to the page that shows it. Raises PointRefused."""
    act, by = request.POST.get("act", ""), request.user
    match act:
        case "rename":
            rename(point, _needed_sentence(request), was=request.POST.get("was", ""), by=by)
            messages.success(request, "Renamed. The other pieces are ranked by the new sentence.")
        case "up" | "down":
            move(point, up=act == "up")
            return _to_points(draft, point.issue, part=f"#point-{point.pk}")
        case "merge":
            into = _point_or_none(draft, parse_key(request.POST.get("into")))
            if into is None or into.issue_id != point.issue_id:
                raise PointRefused("Choose the point to merge this one into.")
            merge(point, into, by=by)
            messages.success(request, f"Merged into “{into}”.")
            return redirect("admin:briefings_point", draft.pk, into.pk)
        case "split":
            words = read_response(point.issue)
            chosen = map(parse_key, request.POST.getlist("pieces"))
            places = {words.place_of[key] for key in chosen if key in words.place_of}
            pieces = [words.pieces[place] for place in places]
            new = split(point, pieces, _needed_sentence(request), by=by, at=timezone.now())
            messages.success(request, f"Those pieces make a point of their own now, “{new}”.")
            return redirect("admin:briefings_point", draft.pk, new.pk)
        case "remove":
            remove(point, by=by)
            messages.success(request, f"Removed “{point}”. The pieces stay.")
            return _to_points(draft, point.issue)
        case _:
            raise PointRefused("We do not know that button. Reload the page and try again.")
    return redirect("admin:briefings_point", draft.pk, point.pk)


def _sentence(request: HttpRequest) -> str:
    return " ".join(request.POST.get("sentence", "").split())[:MAX_SENTENCE_CHARS]


def _needed_sentence(request: HttpRequest) -> str:
    sentence = _sentence(request)
    if not sentence:
        raise PointRefused("Write a sentence that says what the point is.")
    return sentence


def _point_or_none(draft: Issue, pk: int) -> Point | None:
    """Return a point of a response that a draft can show; None if it is not there any more.

    Raises PermissionDenied for one of another briefing.
    """
    point = Point.objects.select_related("issue__briefing").filter(pk=pk).first()
    if point is not None and point.issue.briefing_id != draft.briefing_id:
        raise PermissionDenied
    return point


def _context(draft: Issue, about: Issue, found: PointsOfResponse) -> dict[str, Any]:
    """Return what all of these pages and their parts need."""
    return {
        "draft": draft,
        "about": about,
        "points": found,
        "zone": draft.briefing.zone,
        "max_sentence": MAX_SENTENCE_CHARS,
    }


def _checking_context(found: PointsOfResponse, point: Point, *, first: int) -> dict[str, Any]:
    """Return what is shown again after each answer."""
    line = found.line_of(point)
    return {
        "point": point,
        "line": line,
        "tally": line.tally,
        "queue": next_pieces(point, found, first=first),
        "unchecked": len(found.words.pieces) - line.tally.checked,
        "yes": answered_pieces(found, point, says=PointAnswer.YES),
        "no": answered_pieces(found, point, says=PointAnswer.NO),
    }


def _last_answer(request: HttpRequest, found: PointsOfResponse, point: Point) -> Any:
    """Return the piece that was just answered without the script, to take that back."""
    comment = parse_key(request.GET.get("undo"))
    for says in (PointAnswer.YES, PointAnswer.NO):
        for ranked in answered_pieces(found, point, says=says):
            if any(one.pk == comment for one in ranked.piece.comments):
                return ranked
    return None


def _to_points(draft: Issue, about: Issue, *, part: str = "") -> HttpResponse:
    page = reverse("admin:briefings_points", args=[draft.pk])
    return redirect(f"{page}?about={about.number}{part}")


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"
