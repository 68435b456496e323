"""A reader's own answers to questions: seen and withdrawn on the page with their comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from briefings.my_comments import for_readers_signed_in
from briefings.questions.answers import withdraw_answer
from newsroom.client_address import client_ip

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from briefings.models import Commenter


@for_readers_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def my_answer(request: HttpRequest, commenter: Commenter, pk: int) -> HttpResponse:
    """Withdraw an answer; GET leads to the list."""
    back = f"{reverse('briefings:my_comments')}#answers"
    if request.method == "POST" and request.POST.get("do") == "withdraw":
        answers = commenter.answers.select_related("section__issue__briefing", "comment")
        answer = get_object_or_404(answers, pk=pk)
        withdraw_answer(answer, at=timezone.now(), source=request.path, ip=client_ip(request))
    return redirect(back)
