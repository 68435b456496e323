"""The links to a question in an issue email: its owner answers without confirming an address.

An email may be forwarded. So whoever holds it can answer once for its owner while the question is
open, and nothing more: the page shows nothing that the owner answered before, and says whose link
it is. The owner is told by email what was answered and agreed to, and can withdraw it. An earlier
answer changes only by the link in a further email to them; the page looks the same either way. They
can end the links of all earlier emails by signing out in all browsers. Nobody is signed in by
answering. In a browser that is signed in as the owner, all this is not needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from briefings.comment_identity import SIGN_IN_LINK_VALID_FOR, sign_in_path, signed_in
from briefings.comment_sign_in import sign_in_page
from briefings.comment_submission import CommentRefused, TooManyComments
from briefings.models import Commenter
from briefings.questions.answer_form import AnswerForm, chosen_in_address
from briefings.questions.answer_links import ADDRESS_LIMIT_REACHED, ask_to_confirm, question_path
from briefings.questions.answers import take_answer
from briefings.questions.question_pages import (
    COUNTED,
    TOLD,
    page_of_question,
    question_or_404,
)
from briefings.zone_names import moment_for_readers
from newsroom.client_address import client_ip, user_agent
from newsroom.email_addresses import address_key, masked_address
from newsroom.emails import is_suppressed, queue_email
from newsroom.form_guard import ProofOfWorkNeeded, TooManyForms, check_form, proof_of_work_page
from newsroom.form_origin import own_forms_only
from newsroom.private_pages import private_page
from newsroom.tokens import verify_id
from subscribers.models import Delivery
from subscribers.sending.ledger import recipient_of
from subscribers.sending.personalised_email import COMMENTS_PURPOSE

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Answer, Section
    from briefings.questions.answers import NewAnswer


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def answer_from_email(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """Show a question with the option of the link chosen (GET), take the answer (POST)."""
    deliveries = Delivery.objects.filter(pk=verify_id(COMMENTS_PURPOSE, token) or 0)
    delivery = deliveries.select_related("dispatch__issue").first()
    recipient = recipient_of(delivery) if delivery else None
    if delivery is None or recipient is None:
        return sign_in_page(request, link_failed=True, status=404)
    section, at = question_or_404(pk), timezone.now()
    if section.issue_id != delivery.dispatch.issue_id:
        raise Http404("This question is in another issue.")
    path = question_path(section)
    known = Commenter.objects.at_address(recipient.address).first()
    has_ended = known is not None and known.has_ended_links_of(delivery.dispatch.created_at)
    option = chosen_in_address(section, request)
    is_post = request.method == "POST"
    if has_ended or not (is_post or section.takes_answers(at=at)):
        return redirect(f"{path}?option={option}" if option else path)
    browser = signed_in(request)
    is_theirs = browser is not None and browser.address_key == address_key(recipient.address)
    form = AnswerForm(
        request.POST if is_post else None,
        section=section,
        signed_in=known or Commenter(address=recipient.address),
        is_from_email=True,
        initial={"option": option},
    )
    status = 422 if is_post else 200
    too_late = None
    if is_post and not section.takes_answers(at=at):
        status, too_late = 403, request.POST.get("body", "")
    elif is_post and not form.is_from_bot and form.is_valid():
        new = form.new_answer(ip=client_ip(request), user_agent=user_agent(request))
        try:
            if browser and is_theirs:
                take_answer(new, section=section, commenter=browser, at=at, source=path)
                return redirect(f"{path}?answered={COUNTED}#answer")
            _take_for_owner(request, new, recipient.address, section=section, at=at)
            return redirect(f"{path}?answered={TOLD}#answer")
        except ProofOfWorkNeeded:
            return proof_of_work_page(request, at=at, context={"briefing": section.issue.briefing})
        except (TooManyForms, CommentRefused) as refusal:
            form.add_error(None, str(refusal))
            status = 429 if isinstance(refusal, TooManyForms | TooManyComments) else 403
    context = page_of_question(
        section,
        form=form,
        at=at,
        token=token,
        address=masked_address(recipient.address),
        is_theirs=is_theirs,
        question_url=path,
        too_late=too_late,
    )
    template = "briefings/questions/from_email.html"
    return TemplateResponse(request, template, context, status=status)


def _take_for_owner(
    request: HttpRequest, new: NewAnswer, address: str, *, section: Section, at: datetime
) -> None:
    """Count the first answer by a link and tell its owner; ask them about a change of it.

    Raises ProofOfWorkNeeded, TooManyForms and CommentRefused.
    """
    check_form(
        request,
        address=address,
        signature=request.POST.get("began", ""),
        at=at,
        address_limit=ADDRESS_LIMIT_REACHED,
    )
    with transaction.atomic():
        commenter = Commenter.objects.confirmed(address)
        commenter.lock()
        earlier = section.answers.filter(commenter=commenter).first()
        if earlier is None:
            source = f"{question_path(section)} (by the link in an email)"
            answer = take_answer(new, section=section, commenter=commenter, at=at, source=source)
            _tell_owner(answer, new)
        elif not earlier.says(option=new.option, body=new.body):  # or it is a double click
            ask_to_confirm(new, section=section, address=address, at=at)


def _tell_owner(answer: Answer, new: NewAnswer) -> None:
    """Email the owner what was answered and agreed to by their link, with a way to withdraw it.

    Without the words: nobody can use a forwarded email to send text to its owner.
    """
    commenter, section = answer.commenter, answer.section
    if section is None or is_suppressed(commenter.address):
        return
    queue_email(
        "answer_taken",
        to=commenter.address,
        context={
            "question": section.heading,
            "option": answer.option,
            "has_words": bool(new.body),
            "quoting": new.quoting,
            "may_contact": new.may_contact,
            "closes": moment_for_readers(section.closing, section.issue.briefing),
            "link": settings.SITE_URL + sign_in_path(commenter.address, commenter=commenter),
            "valid_for": SIGN_IN_LINK_VALID_FOR,
        },
        language=section.issue.briefing.language,
    )
