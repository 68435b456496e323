"""A bare Django view: the bytes of an issue's page, with as many queries, and nothing else.

It is what somebody would write for this one page: the same rows by the same number of queries, and
a template with the words of these rows in their places. No middleware, no forms, no includes.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import RequestFactory
from django.urls import include, path
from django.utils.html import escape, linebreaks

from briefings.models import Comment, Issue, Section
from briefings.rendering.page_html import page_sections
from briefings.views import issue_detail

ISSUE = os.environ.get("BENCH_ISSUE", "")


def page(request: HttpRequest, **_: Any) -> HttpResponse:
    """Query and render."""
    template, bodies = prepared()
    issue = Issue.objects.select_related("briefing", "author").get(pk=ISSUE)
    sections = list(Section.objects.filter(issue=issue))
    threads = list(
        Comment.objects.approved()
        .filter(issue=issue, parent=None)
        .select_related("contributor", "section")[:51]
    )
    replies = list(
        Comment.objects.approved()
        .filter(parent__in=[thread.pk for thread in threads])
        .select_related("contributor", "section")
    )
    for section in sections:
        section.body = bodies[section.pk]
    rows = {"issue": issue, "sections": sections, "comments": threads + replies}
    return HttpResponse(template.render(rows))


@cache
def prepared() -> tuple[Any, dict[int, str]]:
    """Return the page as a template, and the sections' HTML as it stands on the page."""
    issue = Issue.objects.published().for_page().get(pk=ISSUE)
    request = RequestFactory().get(issue.get_absolute_url())
    made: Any = issue_detail(request, slug=issue.briefing.slug, number=issue.number)
    html = made.render().content.decode()
    html = html.replace("{%", "{% templatetag openblock %}").replace(
        "{{", "{% templatetag openvariable %}"
    )
    bodies: dict[int, str] = {}
    for index, section in enumerate(page_sections(issue)):
        bodies[section.pk] = section.html
        html = html.replace(section.html, f"{{{{ sections.{index}.body|safe }}}}")
    comments = Comment.objects.approved().filter(issue=issue)
    ordered = [*comments.filter(parent=None), *comments.exclude(parent=None)]
    for index, comment in enumerate(ordered):
        place = f"{{{{ comments.{index}.body|linebreaks }}}}"
        html = html.replace(linebreaks(comment.body, autoescape=True), place, 1)
        place = f"{{{{ comments.{index}.display_name }}}}"
        html = html.replace(f"<bdi>{escape(comment.display_name)}</bdi>", f"<bdi>{place}</bdi>", 1)
    html = html.replace(escape(issue.title), "{{ issue.title }}")
    return engines["django"].from_string(html), bodies


# The others are there for the links on the page.
urlpatterns = [path("<slug:slug>/<int:number>/", page), path("", include("newsroom.urls"))]
