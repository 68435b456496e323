"""A reader's own page: their comments, and what they agreed to. Nobody else sees it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from briefings import own_comments
from briefings.comment_identity import signed_in
from briefings.comment_sign_in import sign_in_page
from briefings.comment_threads import number_in_address
from briefings.forms import EMPTY, clean_comment_body
from briefings.models import Comment, Commenter, CommentState
from briefings.models.comment import EDIT_WITHIN
from briefings.moderation.rejection_words import rejection_of
from briefings.questions.own_answers import own_answers
from briefings.quotations.chain import issues_quoting
from briefings.quoting_form import QuotingForm
from newsroom.client_address import client_ip, user_agent
from newsroom.email_addresses import readable_address
from newsroom.form_origin import own_forms_only
from newsroom.private_pages import private_page
from newsroom.reader_language import answer_in

PER_PAGE = 20
Arguments = ParamSpec("Arguments")
SignedInView = Callable[Concatenate[HttpRequest, Commenter, Arguments], HttpResponse]


class EditForm(forms.Form):
    """New words for a comment."""

    body = forms.CharField(
        label=gettext_lazy("Your comment"),
        widget=forms.Textarea(attrs={"rows": 7, "dir": "auto"}),
        error_messages={"required": EMPTY},
    )

    use_required_attribute = False

    def clean_body(self) -> str:
        return clean_comment_body(self.cleaned_data["body"])


def for_readers_signed_in(
    view: SignedInView[Arguments],
) -> Callable[Concatenate[HttpRequest, Arguments], HttpResponse]:
    """Return the view, which then gets the reader; others are asked to sign in."""

    @wraps(view)
    def wrapper(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        commenter = signed_in(request)
        if commenter is None:
            return sign_in_page(request, status=200 if request.method == "GET" else 403)
        answer_in(commenter.language)
        return view(request, commenter, *args, **kwargs)

    return private_page(own_forms_only(wrapper))


@for_readers_signed_in
@require_safe
def my_comments(request: HttpRequest, commenter: Commenter) -> HttpResponse:
    """List a reader's comments, the latest first, with what can be done with each."""
    return _page(request, commenter)


@for_readers_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def my_comment(request: HttpRequest, commenter: Commenter, pk: int) -> HttpResponse:
    """Edit or withdraw a comment, or change what its writer agreed to; GET leads to the list."""
    comment = get_object_or_404(commenter.comments, pk=pk)
    back = f"{reverse('briefings:my_comments')}{_query_of(comment)}#comment-{pk}"
    if request.method != "POST":
        return redirect(back)
    now, source, ip = timezone.now(), request.path, client_ip(request)
    match request.POST.get("do", ""):
        case "edit":
            edit_form = EditForm(request.POST)
            if not edit_form.is_valid():
                return _page(request, commenter, edited=comment, form=edit_form, status=422)
            body = edit_form.cleaned_data["body"]
            agent = user_agent(request)
            if not own_comments.edit(comment, body, at=now, ip=ip, user_agent=agent):
                return _page(request, commenter, edited=comment, too_late=body, status=409)
        case "withdraw":
            own_comments.withdraw(comment, at=now, source=source, ip=ip)
        case "quoting":
            answer = QuotingForm(request.POST, comment=comment)
            if not answer.is_valid():
                return _page(request, commenter, edited=comment, answer=answer, status=422)
            own_comments.choose_quoting(
                comment, answer.choice, name=answer.name, at=now, source=source, ip=ip
            )
        case "replies":
            wanted_emails = request.POST.get("wanted") == "yes"
            own_comments.set_emails_on_replies(comment, wanted=wanted_emails)
    return redirect(back)


@private_page
@require_safe
def comments_me(request: HttpRequest) -> HttpResponse:
    """Return what the script of an issue's page shows of the reader who is signed in."""
    commenter = signed_in(request)
    if commenter is None:
        return JsonResponse({"signed_in": False})
    issue = number_in_address(request.GET.get("issue", ""), otherwise=0)
    given = commenter.recommendations.filter(comment__issue=issue)
    return JsonResponse(
        {
            "signed_in": True,
            "name": commenter.name,
            "address": readable_address(commenter.address),
            "recommended": list(given.values_list("comment", flat=True)),
        }
    )


def _page(
    request: HttpRequest,
    commenter: Commenter,
    *,
    edited: Comment | None = None,
    form: EditForm | None = None,
    answer: QuotingForm | None = None,
    too_late: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    own = commenter.comments.order_by("-created_at", "-pk")
    rows = own.select_related("issue__briefing__lead", "contributor")
    number = _page_with(edited) if edited else request.GET.get("page")
    page = Paginator(rows, PER_PAGE).get_page(number)
    entries: list[dict[str, Any]] = []
    quoting = issues_quoting(page)
    for comment in page:
        is_edited = edited is not None and comment.pk == edited.pk
        entries.append(
            {
                "comment": comment,
                "quoted_in": quoting.get(comment.pk, ()),
                "rejection": rejection_of(comment, at=now),
                "edit_form": _edit_form(comment, form if is_edited else None)
                if comment.may_be_edited(at=now)
                else None,
                "is_open": is_edited and form is not None,
                "too_late": too_late if is_edited else "",
                "quoting_form": answer if answer and is_edited else QuotingForm(comment=comment),
                "is_answer_open": is_edited and answer is not None,
            }
        )
    latest = page[0] if len(page) else None
    context = {
        "address": readable_address(commenter.address),
        "entries": entries,
        "page": page,
        "is_sent": "sent" in request.GET and latest and latest.may_be_withdrawn,
        "is_sent_to_page": latest and latest.state == CommentState.APPROVED,
        "edit_within": EDIT_WITHIN,
        "answers": own_answers(commenter, at=now) if page.number == 1 else [],
    }
    return TemplateResponse(request, "briefings/comments/my_comments.html", context, status=status)


def _edit_form(comment: Comment, posted: EditForm | None) -> EditForm:
    if posted is not None:
        posted.auto_id = f"id_%s_{comment.pk}"
        return posted
    return EditForm(initial={"body": comment.body}, auto_id=f"id_%s_{comment.pk}")


def _page_with(comment: Comment) -> int:
    """Return the number of the page that shows a comment among those of its writer."""
    later = Q(created_at__gt=comment.created_at)
    later |= Q(created_at=comment.created_at, pk__gt=comment.pk)
    before = Comment.objects.filter(later, commenter=comment.commenter_id).count()
    return before // PER_PAGE + 1


def _query_of(comment: Comment) -> str:
    number = _page_with(comment)
    return f"?page={number}" if number > 1 else ""
