"""The moderators' queue, made for keys, and the log of decisions with what can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from briefings.admin.activity import activity_line
from briefings.admin.form_fields import parse_key
from briefings.comment_decisions import (
    DECISIONS,
    DecisionRefused,
    decide,
    may_undo,
    undo,
)
from briefings.models import BanLength, Briefing, Comment, CommentBan
from briefings.models.rejection_reason import CHOSEN_FROM
from briefings.moderation.bans import bans_for, lift
from briefings.moderation.comment_cards import CommentCard, cards_of
from briefings.moderation.comment_queue import next_comments, waiting_for
from briefings.moderation.rejection_emails import TOLD_AFTER
from briefings.permissions import MODERATE_COMMENT, briefings_for, may_everywhere, may_moderate
from newsroom.models import AuditLogEntry
from newsroom.permissions import may

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.contrib.auth.models import User

# How many comments the page brings, so that the next one is there at once.
PRELOADED = 10
# How many a moderator can pass over before the first of them come again.
MOST_SKIPPED = 300
PER_PAGE = 25
# The keys of the page, as it lists them; moderation.js has them, too.
KEYS = (
    ("A", "Approve"),
    ("F", "Approve and feature"),
    ("R", "Reject, then the number of the reason, or N for none"),
    ("S", "Spam"),
    ("B", "Ban the writer, then the number of the length"),
    ("U", "Undo your last decision"),
    ("J or →", "Next, without a decision"),
    ("K or ←", "Previous"),
    ("O", "Open the comment's page"),
)


def moderation_urls(wrap: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses of these pages, each through the admin's `wrap`."""
    return [
        path("queue/", wrap(require_safe(moderation)), name="briefings_moderation"),
        path("queue/cards/", wrap(require_safe(more_cards)), name="briefings_moderation_cards"),
        path(
            "queue/<int:pk>/decide/",
            wrap(require_POST(decide_in_queue)),
            name="briefings_moderation_decide",
        ),
        path("decisions/", wrap(require_safe(decisions)), name="briefings_decisions"),
        path(
            "decisions/<int:pk>/undo/",
            wrap(require_POST(undo_decision)),
            name="briefings_decision_undo",
        ),
        path("bans/<int:pk>/lift/", wrap(require_POST(lift_ban)), name="briefings_ban_lift"),
    ]


def moderation(request: HttpRequest) -> HttpResponse:
    """Show the next comments to decide about; without JavaScript, the first of them."""
    user = _moderator(request)
    briefing = _chosen_briefing(request)
    skipped = _skipped(request)
    waiting = _waiting(user, briefing)
    comments = next_comments(waiting, count=PRELOADED, user=user, skip=skipped)
    if back := _called_back(request, user):
        comments = [back, *(comment for comment in comments if comment.pk != back.pk)]
    context = {
        **admin.site.each_context(request),
        **_card_context(request, user),
        "title": "Moderate comments",
        "cards": cards_of(comments, user=user, at=timezone.now()),
        "waiting_count": waiting.count(),
        "briefing": briefing,
        "briefings": briefings_for(user, MODERATE_COMMENT).order_by("title"),
        "skipped": skipped,
        "next_query": _query(briefing, [*skipped, *(comment.pk for comment in comments[:1])]),
        "previous_query": _query(briefing, skipped[:-1], show=skipped[-1]) if skipped else "",
        "undoable": _undoable(request, user),
        "keys": KEYS,
    }
    return TemplateResponse(request, "admin/briefings/moderation/queue.html", context)


def more_cards(request: HttpRequest) -> HttpResponse:
    """Return further cards for the script of the page, and how many comments wait."""
    user = _moderator(request)
    waiting = _waiting(user, _chosen_briefing(request))
    found = next_comments(waiting, count=PRELOADED, user=user, skip=_skipped(request))
    cards = cards_of(found, user=user, at=timezone.now())
    html = "".join(_render_card(request, user, card, is_hidden=True) for card in cards)
    return JsonResponse({"cards": html, "waiting": waiting.count()})


def decide_in_queue(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry out a decision: as JSON for the script, or else go on to the next comment."""
    user = _moderator(request)
    comment = get_object_or_404(Comment.objects.for_moderators(), pk=pk)
    if not may_moderate(user, comment.issue):
        raise PermissionDenied
    name, _, choice = request.POST.get("decision", "").partition(":")
    try:
        entry = decide(
            name,
            comment,
            by=user,
            at=timezone.now(),
            read=request.POST.get(f"read-{pk}") or "missing",
            choice=choice,
            everywhere="everywhere" in request.POST,
        )
    except DecisionRefused as refusal:
        return _refused(request, user, comment, str(refusal))
    except (KeyError, ValueError):
        words = "We do not know that decision. Reload the page and try again."
        return _refused(request, user, comment, words)
    said = f"{DECISIONS[name].done}: comment by {comment.display_name}."
    if _wants_json(request):
        return JsonResponse({"said": said, "undo": entry.pk})
    messages.success(request, said)
    query = _query(_chosen_briefing(request), _skipped(request), undo=entry.pk)
    return redirect(f"{reverse('admin:briefings_moderation')}{query}")


def undo_decision(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a decision, from the queue or from the log."""
    user = _moderator(request)
    entry = get_object_or_404(AuditLogEntry, pk=pk, subject_kind="comment")
    try:
        comment = undo(entry, by=user, at=timezone.now())
    except DecisionRefused as refusal:
        if _wants_json(request):
            return JsonResponse({"said": str(refusal)}, status=409)
        messages.warning(request, str(refusal))
        return redirect("admin:briefings_decisions")
    said = f"Undone: comment by {comment.display_name}."
    if _wants_json(request):
        [card] = cards_of([comment], user=user, at=timezone.now())
        return JsonResponse({"said": said, "card": _render_card(request, user, card)})
    messages.success(request, said)
    if request.POST.get("from") == "queue":
        query = _query(_chosen_briefing(request), _skipped(request), show=comment.pk)
        return redirect(f"{reverse('admin:briefings_moderation')}{query}")
    return redirect("admin:briefings_decisions")


def decisions(request: HttpRequest) -> HttpResponse:
    """List the latest decisions in the briefings that a person moderates, and the bans there."""
    user = _moderator(request)
    moderated = briefings_for(user, MODERATE_COMMENT)
    theirs = Comment.objects.for_moderators().filter(issue__briefing__in=moderated)
    decided = theirs.filter(decided_at__isnull=False).order_by("-decided_at", "-pk")
    page = Paginator(decided.select_related("issue__briefing", "contributor"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        **admin.site.each_context(request),
        "title": "Decisions and bans",
        "page": page,
        "rows": _decision_rows(list(page), user=user),
        "bans": bans_for(user, at=timezone.now()),
    }
    return TemplateResponse(request, "admin/briefings/moderation/decisions.html", context)


def lift_ban(request: HttpRequest, pk: int) -> HttpResponse:
    """End a ban."""
    user = _moderator(request)
    lift(
        get_object_or_404(CommentBan.objects.select_related("briefing", "comment"), pk=pk), by=user
    )
    messages.success(request, "The ban is lifted. The comment stays rejected.")
    return redirect("admin:briefings_decisions")


def _decision_rows(comments: Sequence[Comment], *, user: User) -> list[dict[str, Any]]:
    """Return each comment with its last decision in words, and the entry that can be undone."""
    entries = AuditLogEntry.objects.filter(
        subject_kind="comment", subject_id__in=[str(comment.pk) for comment in comments]
    ).select_related("actor")
    by_comment: dict[str, list[AuditLogEntry]] = {}
    for entry in entries.order_by("-at", "-pk"):
        by_comment.setdefault(entry.subject_id, []).append(entry)
    rows = []
    for comment in comments:
        found = by_comment.get(str(comment.pk), [])
        last = next((entry for entry in found if "before" in entry.detail), None)
        undoable = last if last and may_undo(last, comment, by=user) else None
        latest = found[0] if found else None
        rows.append(
            {
                "comment": comment,
                "line": activity_line(latest, comment) if latest else None,
                "entry": undoable,
            }
        )
    return rows


def _refused(request: HttpRequest, user: User, comment: Comment, words: str) -> HttpResponse:
    """Say what happened; a comment that still waits comes again as it is now."""
    if not _wants_json(request):
        messages.warning(request, words)
        still_waits = waiting_for(user).filter(pk=comment.pk).exists()
        query = _query(
            _chosen_briefing(request), _skipped(request), show=comment.pk if still_waits else None
        )
        return redirect(f"{reverse('admin:briefings_moderation')}{query}")
    card = ""
    if waiting := waiting_for(user).filter(pk=comment.pk).first():
        [fresh] = cards_of([waiting], user=user, at=timezone.now())
        card = _render_card(request, user, fresh)
    return JsonResponse({"said": words, "card": card}, status=409)


def _moderator(request: HttpRequest) -> User:
    """Return who asks. Raises PermissionDenied unless they moderate a briefing."""
    user: Any = request.user  # a member of staff: the page is in the admin
    if not may(user, MODERATE_COMMENT):
        raise PermissionDenied
    return user  # type: ignore[no-any-return]  # the admin lets nobody else in


def _waiting(user: User, briefing: Briefing | None) -> Any:
    waiting = waiting_for(user)
    return waiting.filter(issue__briefing=briefing) if briefing else waiting


def _called_back(request: HttpRequest, user: User) -> Comment | None:
    """Return the comment that `?show=` names, if this person may decide about it."""
    pk = parse_key(request.GET.get("show"))
    found = Comment.objects.for_moderators().filter(pk=pk)
    return found.filter(issue__briefing__in=briefings_for(user, MODERATE_COMMENT)).first()


def _undoable(request: HttpRequest, user: User) -> int | None:
    """Return the key of the decision that `?undo=` names, if this person can still undo it."""
    key = parse_key(request.GET.get("undo"))
    entry = AuditLogEntry.objects.filter(pk=key, subject_kind="comment").first() if key else None
    if entry is None:
        return None
    comment = Comment.objects.select_related("issue").filter(pk=entry.subject_id).first()
    return key if comment and may_undo(entry, comment, by=user) else None


def _chosen_briefing(request: HttpRequest) -> Briefing | None:
    slug = request.GET.get("briefing", "")
    return Briefing.objects.filter(slug=slug).first() if slug else None


def _skipped(request: HttpRequest) -> list[int]:
    """Return the comments that were passed over, the latest ones."""
    given = map(parse_key, request.GET.get("skip", "").split(","))
    return [pk for pk in given if pk][-MOST_SKIPPED:]


def _query(briefing: Briefing | None, skipped: Sequence[int], **more: int | None) -> str:
    parts: dict[str, Any] = {name: value for name, value in more.items() if value}
    if briefing:
        parts["briefing"] = briefing.slug
    if skipped:
        parts["skip"] = ",".join(map(str, skipped))
    return f"?{urlencode(parts)}" if parts else ""


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _card_context(request: HttpRequest, user: User) -> dict[str, Any]:
    return {
        "reasons": _with_keys([(one.value, one.label) for one in CHOSEN_FROM]),
        "lengths": _with_keys([(one.value, one.label) for one in BanLength]),
        "may_ban_everywhere": may_everywhere(user, MODERATE_COMMENT),
        "told_after": TOLD_AFTER,
        "query": request.GET.urlencode(),
    }


def _with_keys(choices: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return choices with the number key of each: 1 to 9, and 0 for the tenth."""
    return [(str((place + 1) % 10), value, label) for place, (value, label) in enumerate(choices)]


def _render_card(
    request: HttpRequest, user: User, card: CommentCard, *, is_hidden: bool = False
) -> str:
    context = {**_card_context(request, user), "card": card, "is_hidden": is_hidden}
    return render_to_string("admin/briefings/moderation/_card.html", context, request)
