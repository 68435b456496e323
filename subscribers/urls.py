"""Public addresses of who hears it."""

from django.urls import path

from subscribers.reports.hooks import hook
from subscribers.views import (
    confirming,
    embedding,
    erasing,
    leaving,
    letter,
    moving,
    pausing,
    preferences,
    retaining,
    subscribing,
)

app_name = "subscribers"
urlpatterns = [
    path("subscribe/", subscribing.subscribe, name="subscribe"),
    path("subscribe/<slug:slug>/", subscribing.subscribe_briefing, name="subscribe_briefing"),
    path("subscribe/<slug:slug>/embed/", embedding.embed, name="embed"),
    path("confirm/<str:token>/", confirming.confirm, name="confirm"),
    path("preferences/", preferences.preferences_link, name="preferences_link"),
    path("preferences/address/<str:token>/", moving.address, name="address"),
    path("preferences/pause/<str:token>/", pausing.pause, name="pause"),
    path("preferences/<str:token>/data/", erasing.download, name="download"),
    path("preferences/<str:token>/erase/", erasing.erase, name="erase"),
    path("preferences/<str:token>/", preferences.preferences_page, name="preferences"),
    path("privacy/", retaining.privacy, name="privacy"),
    path("unsubscribe/all/", leaving.unsubscribe_all, name="unsubscribe_all"),
    path("unsubscribe/undo/", leaving.undo, name="undo"),
    path("unsubscribe/<str:token>/", leaving.unsubscribe, name="unsubscribe"),
    # Without the slash too: one-click unsubscribing must not be answered with a redirect.
    path("unsubscribe/<str:token>", leaving.unsubscribe),
    path("hooks/<slug:provider>/", hook, name="hook"),
    path("view/<str:token>/", letter.letter_view, name="letter_view"),
]
