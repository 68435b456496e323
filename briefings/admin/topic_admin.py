"""Topics in the admin: their names, and which of them an issue has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from briefings.admin.form_fields import parse_key
from briefings.admin.viewed_issue import viewed_issue
from briefings.models import Topic
from briefings.models.topic import MAX_TOPIC_CHARS
from briefings.permissions import may_set_topics
from briefings.slugs import free_slug
from newsroom import audit_log
from newsroom.invisible_characters import has_visible, one_line

if TYPE_CHECKING:
    from django.http import HttpRequest

    from briefings.models import Issue
    from newsroom.audit_log import Actor


class TopicForm(forms.ModelForm[Topic]):
    """A topic's form; its slug is made of the name."""

    class Meta:
        model = Topic
        fields = ("name", "slug", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:  # not for those who may only view
            self.fields["slug"].required = False

    def clean_name(self) -> str:
        """Return the name on one line."""
        return one_line(self.cleaned_data["name"])

    def clean_slug(self) -> str:
        """Return the slug, or one made of the name."""
        name = self.cleaned_data.get("name", "")
        return self.cleaned_data["slug"] or free_slug(self.instance, name, otherwise="topic")


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin[Topic]):
    """Names and descriptions; the topics of an issue are set on its own page."""

    form = TopicForm
    prepopulated_fields = {"slug": ("name",)}
    list_display = ("name", "description")
    search_fields = ("name", "description")
    actions = None


def topics_on_page(issue: Issue, user: Actor) -> dict[str, Any]:
    """Return what the page of an issue shows of topics: all of them, with the issue's marked."""
    own = set(issue.topics.values_list("pk", flat=True))
    return {
        "may_set_topics": may_set_topics(user, issue),
        "topic_choices": [(topic, topic.pk in own) for topic in Topic.objects.all()],
        "max_topic_chars": MAX_TOPIC_CHARS,
    }


@require_POST
def set_topics(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the topics of an issue: those that are ticked, and a new one if its name is entered.

    The words of the issue do not change: its approval stays valid, and a published one needs no
    correction.
    """
    issue = viewed_issue(request, pk)
    if not may_set_topics(request.user, issue):
        raise PermissionDenied
    keys = [parse_key(value) for value in request.POST.getlist("topic")]
    with transaction.atomic():
        topics = list(Topic.objects.filter(pk__in=[key for key in keys if key]))
        if new := _named(request.POST.get("new", "")):
            topics.append(new)
        names = sorted({topic.name for topic in topics})
        if set(topics) != set(issue.topics.all()):
            issue.topics.set(topics)
            audit_log.record("set the topics of", issue, by=request.user, topics=names)
    messages.success(request, f"Topics: {', '.join(names)}." if names else "It has no topics now.")
    return redirect(reverse("admin:briefings_issue_change", args=[pk]) + "#topics")


def _named(name: str) -> Topic | None:
    """Return the topic of a name, whatever its capitals; a new one if there is none."""
    name = one_line(name)[:MAX_TOPIC_CHARS].strip()
    if not has_visible(name):
        return None
    known = Topic.objects.filter(name__iexact=name).first()
    if known:
        return known
    slug = free_slug(Topic(name=name), name, otherwise="topic")
    # Somebody else may have made it meanwhile, or a second click.
    return Topic.objects.get_or_create(name=name, defaults={"slug": slug})[0]
