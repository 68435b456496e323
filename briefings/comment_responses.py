"""The pages on which a reader recommends or reports somebody's comment."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from briefings.comment_identity import signed_in
from briefings.comment_sign_in import sign_in_page
from briefings.models import Comment, ReportReason
from briefings.models.comment_response import MAX_REPORT_CHARS
from briefings.moderation.reports import store_report
from briefings.recommendations import recommend, take_back
from newsroom.bot_trap import BotTrapField
from newsroom.client_address import client_ip, subnet_of
from newsroom.duration_words import in_words
from newsroom.form_origin import own_forms_only
from newsroom.private_pages import private_page
from newsroom.rate_limits import HOUR, count_within, is_first_within, is_over_hourly_limit
from newsroom.reader_language import answer_in, grouped_lazy

# A network, such as a hospital's, may have many readers.
HOURLY_REPORTS = 20
HOURLY_RECOMMENDATIONS = 300
# Somebody who is not signed in can report a comment once in this time, from one network.
ANONYMOUS_REPORT_INTERVAL = timedelta(days=1)


class ReportForm(forms.Form):
    """Why a reader thinks that a comment should not be on the page."""

    reason = forms.ChoiceField(
        label=gettext_lazy("What is wrong with it?"),
        choices=ReportReason,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what is wrong with the comment.")},
    )
    detail = forms.CharField(
        label=gettext_lazy("Anything that helps us to decide"),
        required=False,
        max_length=MAX_REPORT_CHARS,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={
            "max_length": format_lazy(
                gettext_lazy("Shorten this to {limit} characters or fewer."),
                limit=grouped_lazy(MAX_REPORT_CHARS),
            )
        },
    )
    website = BotTrapField()

    use_required_attribute = False


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def comment_recommend(request: HttpRequest, pk: int) -> HttpResponse:
    """Recommend a comment, or take that back; who is not signed in is asked to sign in first."""
    comment = _readable_or_404(pk)
    commenter = signed_in(request)
    if request.method != "POST":
        given = commenter and commenter.recommendations.filter(comment=comment).exists()
        context = {
            "comment": comment,
            "issue": comment.issue,
            "briefing": comment.issue.briefing,
            "is_given": given,
            "is_own": commenter is not None and comment.commenter_id == commenter.pk,
        }
        return TemplateResponse(request, "briefings/comments/recommend.html", context)
    if commenter is None:
        return sign_in_page(request, recommends=comment)
    now = timezone.now()
    if count_within("recommendation", str(commenter.pk), window=HOUR, at=now) > (
        HOURLY_RECOMMENDATIONS
    ):
        return redirect(comment)
    if "take_back" in request.POST:
        take_back(comment, by=commenter)
    elif not recommend(comment, by=commenter, at=now):
        # It was theirs already, or they wrote it: the page says so, and how to take it back.
        return redirect("briefings:comment_recommend", pk=pk)
    return redirect(comment)


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def comment_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what is wrong with a comment, and tell the moderators."""
    comment = _readable_or_404(pk)
    form = ReportForm(request.POST if request.method == "POST" else None)
    context = {
        "comment": comment,
        "issue": comment.issue,
        "briefing": comment.issue.briefing,
        "form": form,
        "is_sent": False,
    }
    status = 422 if form.is_bound else 200
    if form.is_valid():
        if is_over_hourly_limit(
            "report", ip=client_ip(request), limit=HOURLY_REPORTS, at=timezone.now()
        ):
            form.add_error(
                None,
                gettext("Too many reports came from your network. Try again in %(window)s.")
                % {"window": in_words(HOUR)},
            )
            status = 429
        else:
            if not form.cleaned_data["website"]:
                _store_report(request, comment, form)
            context["is_sent"] = True
            status = 200
    return TemplateResponse(request, "briefings/comments/report.html", context, status=status)


def _store_report(request: HttpRequest, comment: Comment, form: ReportForm) -> None:
    """Store a report; a second one by the same person or network changes nothing."""
    commenter = signed_in(request)
    whence = f"{comment.pk} {subnet_of(client_ip(request))}"
    if commenter is None and not is_first_within(ANONYMOUS_REPORT_INTERVAL, "report", whence):
        return
    store_report(
        comment,
        by=commenter,
        reason=form.cleaned_data["reason"],
        detail=form.cleaned_data["detail"],
        at=timezone.now(),
    )


def _readable_or_404(pk: int) -> Comment:
    comments = Comment.objects.approved().select_related("issue__briefing", "contributor")
    comment = get_object_or_404(comments, pk=pk)
    answer_in(comment.issue.briefing.language)
    return comment
