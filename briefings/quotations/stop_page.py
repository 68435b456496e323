"""The page behind “do not tell me again” in the emails to quoted readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.response import TemplateResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from briefings.quotations import quoted_emails
from newsroom.private_pages import private_page
from newsroom.reader_language import answer_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


# RFC 8058: a mail program sends this POST without cookie or Origin. The token can do nothing else.
@csrf_exempt
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def stop_quoted_emails(request: HttpRequest, token: str) -> HttpResponse:
    """Ask (GET) whether to end all emails about being quoted, and end them (POST)."""
    comment = quoted_emails.comment_of_stop_link(token)
    if comment:
        answer_in(comment.issue.briefing.language)
        if request.method == "POST":
            quoted_emails.stop_quoted_emails(comment)
    context = {"token": token, "is_known": comment, "is_done": request.method == "POST"}
    return TemplateResponse(
        request,
        "briefings/comments/stop_quoted_emails.html",
        context,
        status=200 if comment else 404,
    )
