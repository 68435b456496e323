"""The page on which a person chooses which alarms they get by email."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from briefings.alarms import ALARM_KINDS
from briefings.models import AlarmChoice, AlarmScope, CommentDigest, DigestRhythm
from briefings.moderation.comment_digests import choose_rhythm

if TYPE_CHECKING:
    from django.contrib.auth.models import User


# The name of the field for the digest of comments.
DIGEST = "comment_digest"


class AlarmsForm(forms.Form):
    """One choice for each kind of alarm, and the rhythm of the digest of comments."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = dict(AlarmChoice.objects.filter(user=user.pk).values_list("kind", "scope"))
        for kind in ALARM_KINDS:
            self.fields[kind.name] = forms.ChoiceField(
                label=kind.label,
                help_text=f"It concerns {kind.concerns}.",
                choices=AlarmScope.choices,
                initial=chosen.get(kind.name, AlarmScope.MINE),
                widget=forms.RadioSelect,
            )
        digest = CommentDigest.objects.filter(user=user.pk).first()
        self.fields[DIGEST] = forms.ChoiceField(
            label="Comments that wait",
            help_text=(
                "What waits in briefings whose comments you moderate, and on issues of which"
                " you are the author. Nothing is sent when nothing waits."
            ),
            choices=DigestRhythm.choices,
            initial=digest.rhythm if digest else DigestRhythm.DAILY,
            required=False,
            widget=forms.RadioSelect,
        )

    def save(self, user: User) -> None:
        """Keep what the person chose."""
        scopes = {**self.cleaned_data}
        rhythm = scopes.pop(DIGEST)
        with transaction.atomic():
            if rhythm:
                choose_rhythm(user, DigestRhythm(rhythm))
            for kind, scope in scopes.items():
                AlarmChoice.objects.update_or_create(
                    user=user, kind=kind, defaults={"scope": scope}
                )


@require_http_methods(["GET", "HEAD", "POST"])
def my_alarms(request: HttpRequest) -> HttpResponse:
    """Show a person's own choice of alarms, and change it."""
    user: Any = request.user  # a member of staff: the page is in the admin
    form = AlarmsForm(request.POST or None, user=user)
    if form.is_valid():
        form.save(user)
        messages.success(request, "Saved. We email you these alarms from now on.")
        return redirect("admin:briefings_my_alarms")
    context = {
        **admin.site.each_context(request),
        "title": "My alarms",
        "form": form,
        "email": user.email,
    }
    return TemplateResponse(request, "admin/briefings/my_alarms.html", context)
