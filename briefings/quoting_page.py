"""The page that asks whether we may quote a comment that came by email, or any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from briefings.own_comments import answer_about_quoting
from briefings.quoting_form import QuotingForm
from briefings.quoting_links import ANSWER_WITHIN, comment_of_token
from newsroom.client_address import client_ip
from newsroom.form_origin import own_forms_only
from newsroom.private_pages import private_page
from newsroom.reader_language import answer_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SOURCE = "/comments/quoting/…"  # what the consent record says, without the token


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def comment_quoting(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether a comment may be quoted (GET), record the answer (POST); the first one holds."""
    comment = comment_of_token(token)
    if comment is None:
        context = {"is_known": False, "answer_within": ANSWER_WITHIN}
        return TemplateResponse(request, "briefings/comments/quoting.html", context, status=404)
    answer_in(comment.issue.briefing.language)
    form = QuotingForm(request.POST if request.method == "POST" else None, comment=comment)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        answer_about_quoting(
            comment,
            form.choice,
            name=form.name,
            at=timezone.now(),
            source=SOURCE,
            ip=client_ip(request),
        )
        status = 200
    context = {
        "is_known": True,
        "is_answered": comment.has_answered_about_quoting,
        "comment": comment,
        "issue": comment.issue,
        "briefing": comment.issue.briefing,
        "form": form,
        "token": token,
    }
    return TemplateResponse(request, "briefings/comments/quoting.html", context, status=status)
