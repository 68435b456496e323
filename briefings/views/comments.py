"""Taking a comment, and letting its address's owner confirm it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from briefings import comment_submission
from briefings.forms import CommentForm
from briefings.models import CommentState
from briefings.views.issues import get_published, issue_page
from newsroom.client_address import client_ip


@require_http_methods(["GET", "HEAD", "POST"])
def comment_create(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take a comment and ask its address to confirm it; GET only leads to the form."""
    issue = get_published(slug, number)
    if request.method != "POST":
        return redirect(f"{issue.get_absolute_url()}#comment-form")
    now = timezone.now()
    context = issue_page(issue)
    form = CommentForm(request.POST, issue=issue, sections=context["sections"])
    sent = redirect(f"{issue.get_absolute_url()}?comment=sent#comment-form")
    context["form"] = form
    if not issue.comments_open(at=now):
        context["too_late"] = request.POST.get("body", "")
        return TemplateResponse(request, "briefings/issue_detail.html", context, status=403)
    if form.is_from_a_machine:
        return sent
    if form.is_valid():
        try:
            comment_submission.count_post(client_ip(request), at=now)
            comment_submission.submit(form.words(), issue=issue, at=now)
        except comment_submission.TooManyComments as refusal:
            form.add_error(None, str(refusal))
        else:
            return sent
    context["answered"] = form.cleaned_data.get("reply_to")
    status = 429 if form.non_field_errors() else 422
    return TemplateResponse(request, "briefings/issue_detail.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def comment_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the comment with a button, POST confirms it; a second press changes nothing."""
    comment = comment_submission.find_by_token(token)
    if comment is None:
        return TemplateResponse(request, "briefings/comment_link_dead.html", status=404)
    if request.method == "POST":
        comment.confirm(at=timezone.now())
        return redirect("briefings:comment_confirm", token=token)
    context = {
        "comment": comment,
        "token": token,
        "issue": comment.issue,
        "briefing": comment.issue.briefing,
        "confirmed": comment.state != CommentState.UNCONFIRMED,
        "on_show": comment.state == CommentState.APPROVED,
    }
    return TemplateResponse(request, "briefings/comment_confirm.html", context)
