"""A subject under which readers find issues of every briefing."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Aggregate, CharField, Count, Q
from django.urls import reverse

MAX_TOPIC_CHARS = 60


class TopicQuerySet(models.QuerySet["Topic"]):
    """Topics as readers ask for them."""

    def with_issues(self) -> models.QuerySet[Any]:
        """Return the topics that have published issues by name, with `issue_count`."""
        published = Count("issues", filter=Q(issues__published_at__isnull=False))
        # Django leaves out the model's own order where it groups rows.
        return self.annotate(issue_count=published).filter(issue_count__gt=0).order_by("name")


class Topic(models.Model):
    """A word or two that several issues are about: “Housing”, “Waiting times”."""

    name = models.CharField(max_length=MAX_TOPIC_CHARS, unique=True)
    slug = models.SlugField(max_length=60, unique=True, help_text="Part of the page's address.")
    description = models.CharField(
        max_length=200, blank=True, help_text="One line under the name on the topic's page."
    )

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("briefings:topic_detail", args=[self.slug])


class TopicLines(Aggregate):
    """The slug and the name of each topic in a line, so that a page needs no query for them."""

    output_field = CharField()

    def as_sqlite(self, *args: Any, **kwargs: Any) -> Any:
        return self.as_sql(*args, template="GROUP_CONCAT(%(expressions)s, char(10))", **kwargs)

    def as_postgresql(self, *args: Any, **kwargs: Any) -> Any:
        return self.as_sql(*args, template="STRING_AGG(%(expressions)s, chr(10))", **kwargs)


def topics_of_lines(lines: str) -> list[Topic]:
    """Return the topics of `TopicLines` by name, to be shown and not to be saved."""
    pairs = [line.split(" ", maxsplit=1) for line in lines.split("\n") if line]
    topics = [Topic(slug=slug, name=name) for slug, name in pairs]
    return sorted(topics, key=lambda topic: topic.name)
