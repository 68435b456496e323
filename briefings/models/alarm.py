"""Alarms by email: which of them a person wants, and which were raised already."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class AlarmScope(models.TextChoices):
    """For which issues a person gets an alarm."""

    MINE = "mine", "When it concerns me"
    ALL = "all", "For every issue that I may see"
    NONE = "none", "Never"


class AlarmChoice(models.Model):
    """What a person chose for one kind of alarm; without a row it is `AlarmScope.MINE`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30, help_text="A name in briefings/alarms.py.")
    scope = models.CharField(max_length=4, choices=AlarmScope, default=AlarmScope.MINE)

    class Meta:
        default_permissions = ()  # all staff choose for themselves
        constraints = (
            models.UniqueConstraint(fields=["user", "kind"], name="one_choice_of_each_alarm"),
        )

    def __str__(self) -> str:
        return f"{self.user}, {self.kind}: {self.scope}"


class RaisedAlarm(models.Model):
    """An alarm that a scheduled task raised; the database allows one for each event."""

    kind = models.CharField(max_length=30)
    event = models.CharField(max_length=100, help_text="What happened: a row and a moment.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["kind", "event"], name="one_alarm_for_each_event"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.event}"
