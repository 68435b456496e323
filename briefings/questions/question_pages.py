"""The public page of a question, answering it, and confirming an answer.

The page is the same for everybody. What is sent to it goes to an address under /comments/, where a
browser says who is signed in for comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from briefings.comment_identity import SIGNED_IN_FOR, confirm_commenter, sign_in, signed_in
from briefings.comment_submission import CommentRefused, TooManyComments
from briefings.models import IssueState, Section, SectionKind
from briefings.models.comment import CONFIRM_WITHIN
from briefings.questions import closing_emails
from briefings.questions.answer_form import AnswerForm, chosen_in_address
from briefings.questions.answer_links import (
    ADDRESS_LIMIT_REACHED,
    ask_to_confirm,
    question_path,
    read_link,
)
from briefings.questions.answers import take_answer
from briefings.questions.poll import RESULTS_SHOWN_FOR, SHOWN_FROM, answers_subject, poll_of
from briefings.quote_wording import ANSWERS, QUESTION
from briefings.rendering.page_html import render_body
from briefings.zone_names import moment_for_readers
from newsroom.client_address import client_ip, user_agent
from newsroom.form_guard import ProofOfWorkNeeded, TooManyForms, check_form, proof_of_work_page
from newsroom.form_origin import own_forms_only
from newsroom.private_pages import private_page
from newsroom.public_pages import public_page, unless_as_asked
from newsroom.reader_language import answer_in

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.questions.answer_links import WaitingAnswer

# What `?answered=` says: that an answer counts; that its link was emailed; or that it came by a
# link in an issue email, and its owner was told.
COUNTED, EMAILED, TOLD = "yes", "sent", "told"


def answers_of_page(*, slug: str, number: int, pk: int) -> tuple[str]:
    """Return the subject for a question's page."""
    return (answers_subject(slug, number),)


@public_page("option", "answered", subjects=answers_of_page)
@require_safe
def question_detail(request: HttpRequest, slug: str, number: int, pk: int) -> HttpResponse:
    """Show a question with its form; `?option=` chooses an option, which counts nothing."""
    section = question_or_404(pk)
    issue, at = section.issue, timezone.now()
    if (issue.briefing.slug, issue.number) != (slug, number):
        raise Http404("There is no such question.")
    option, answered = chosen_in_address(section, request), request.GET.get("answered", "")
    answered = answered if answered in {COUNTED, EMAILED, TOLD} else ""
    is_open = section.takes_answers(at=at)
    if not is_open:
        option, answered = "", "" if answered == EMAILED else answered
    form = AnswerForm(section=section, initial={"option": option})
    context = page_of_question(section, form=form, at=at, answered=answered)
    response = TemplateResponse(request, "briefings/questions/question_detail.html", context)
    if is_open:
        expires = min(section.closing, at + RESULTS_SHOWN_FOR) if answered else section.closing
        response.headers["Expires"] = http_date(expires.timestamp())
    shown = {"option": option, "answered": answered}
    return unless_as_asked(response, request, {name: one for name, one in shown.items() if one})


def question_or_404(pk: int) -> Section:
    """Return the question of a published issue, and answer in its language. Raises Http404."""
    sections = Section.objects.filter(
        pk=pk, kind=SectionKind.QUESTION, issue__state=IssueState.PUBLISHED
    )
    section = sections.select_related("issue__briefing__lead", "issue__author").first()
    if section is None:
        raise Http404("There is no such question. It may have been removed.")
    answer_in(section.issue.briefing.language)
    return section


def page_of_question(
    section: Section, *, form: AnswerForm, at: datetime, answered: str = "", **more: Any
) -> dict[str, Any]:
    """Return the context of a question's page; the results are in it for who may see them."""
    is_open = section.takes_answers(at=at)
    html, _ = render_body(section.body, kind=section.kind)
    poll = poll_of(section) if answered in {COUNTED, TOLD} or not is_open else None
    return {
        "section": section,
        "issue": section.issue,
        "briefing": section.issue.briefing,
        "html": html,
        "form": form,
        "is_open": is_open,
        "closes": moment_for_readers(section.closing, section.issue.briefing),
        "answered": answered,
        "poll": poll if poll and poll.is_shown else None,
        "has_hidden_poll": bool(poll and not poll.is_shown),
        "shown_from": SHOWN_FROM,
        "confirm_within": CONFIRM_WITHIN,
        "comments_open": section.issue.comments_open(at=at),
        **more,
    }


@never_cache
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def answer_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an answer, and ask its writer to confirm it by email; GET redirects to the form."""
    section, at = question_or_404(pk), timezone.now()
    path = question_path(section)
    if request.method != "POST":
        return redirect(path)
    form = AnswerForm(request.POST, section=section, signed_in=signed_in(request))
    if not section.takes_answers(at=at):
        return _answer_page(request, form, at=at, status=403, too_late=request.POST.get("body", ""))
    if form.is_from_bot:
        return redirect(f"{path}?answered={EMAILED}#answer")
    status = 422
    if form.is_valid():
        new = form.new_answer(ip=client_ip(request), user_agent=user_agent(request))
        try:
            if form.commenter:
                take_answer(new, section=section, commenter=form.commenter, at=at, source=path)
                return redirect(f"{path}?answered={COUNTED}#answer")
            address, signature = form.cleaned_data["email"], form.cleaned_data["began"]
            check_form(
                request,
                address=address,
                signature=signature,
                at=at,
                address_limit=ADDRESS_LIMIT_REACHED,
            )
            ask_to_confirm(new, section=section, address=address, at=at)
            return redirect(f"{path}?answered={EMAILED}#answer")
        except ProofOfWorkNeeded:
            return proof_of_work_page(request, at=at, context={"briefing": section.issue.briefing})
        except (TooManyForms, CommentRefused) as refusal:
            form.add_error(None, str(refusal))
            status = 429 if isinstance(refusal, TooManyForms | TooManyComments) else 403
    return _answer_page(request, form, at=at, status=status)


def _answer_page(
    request: HttpRequest, form: AnswerForm, *, at: datetime, status: int, **more: Any
) -> HttpResponse:
    context = page_of_question(form.section, form=form, at=at, **more)
    template = "briefings/questions/question_detail.html"
    return TemplateResponse(request, template, context, status=status)


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def answer_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show an answer with a button (GET), count it (POST): a link scanner counts nothing.

    Who confirms is the owner of the address, so their browser is signed in for comments.
    """
    waiting, at = read_link(token), timezone.now()
    if waiting is None or not (waiting.option or waiting.comment):
        limits = {"confirm_within": CONFIRM_WITHIN}
        template = "briefings/questions/answer_link_invalid.html"
        return TemplateResponse(request, template, limits, status=404)
    section = waiting.section
    answer_in(section.issue.briefing.language)
    refusal, status = "", 200
    if not section.takes_answers(at=at):
        status = 403 if request.method == "POST" else 200
    elif request.method == "POST":
        try:
            return _confirmed(request, waiting, at=at)
        except CommentRefused as reason:
            refusal, status = str(reason), 403
    context = {
        "waiting": waiting,
        "section": section,
        "issue": section.issue,
        "briefing": section.issue.briefing,
        "is_open": section.takes_answers(at=at),
        "closes": moment_for_readers(section.closing, section.issue.briefing),
        "refusal": refusal,
        "quoting_question": QUESTION,
        "quoting_answer": ANSWERS[waiting.quoting],
        "signed_in_for": SIGNED_IN_FOR,
        "question_url": question_path(section),
        "token": token,
    }
    template = "briefings/questions/answer_confirm.html"
    return TemplateResponse(request, template, context, status=status)


def _confirmed(request: HttpRequest, waiting: WaitingAnswer, *, at: datetime) -> HttpResponse:
    """Count an answer for the owner of its address, and lead to the page of the question."""
    path = question_path(waiting.section)
    new = waiting.new_answer(ip=client_ip(request), user_agent=user_agent(request))
    with transaction.atomic():
        commenter = confirm_commenter(waiting.address, at=at)
        take_answer(new, section=waiting.section, commenter=commenter, at=at, source=path)
        if waiting.comment:
            waiting.comment.delete()  # its words are the answer's now
    response = redirect(f"{path}?answered={COUNTED}#answer")
    sign_in(response, commenter)
    return response


# RFC 8058: a mail program sends this POST without cookie or Origin. The token can do nothing else.
@csrf_exempt
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def stop_answer_emails(request: HttpRequest, token: str) -> HttpResponse:
    """Ask (GET) whether to end the emails about questions that somebody answered, and end them."""
    commenter = closing_emails.commenter_of_token(token)
    if commenter:
        answer_in(commenter.language)
        if request.method == "POST":
            closing_emails.stop_answer_emails(commenter)
    context = {"token": token, "is_known": commenter, "is_done": request.method == "POST"}
    template = "briefings/questions/stop_answer_emails.html"
    return TemplateResponse(request, template, context, status=200 if commenter else 404)
