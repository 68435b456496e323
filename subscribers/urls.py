"""Addresses of the subscribers' pages."""

from django.urls import path

from newsroom.token_links import token_paths
from subscribers.bounces.webhooks import provider_webhook
from subscribers.preferences.unsubscribe_views import (
    undo_from_email,
    undo_unsubscribe,
    unsubscribe,
)
from subscribers.preferences.views import (
    confirm_address_change,
    download_data,
    erase,
    preferences,
    preferences_comments,
    preferences_link,
)
from subscribers.privacy.views import privacy
from subscribers.sending.answer_link import answer_from_email
from subscribers.sending.comments_link import comments_from_email
from subscribers.sending.views import view_in_browser
from subscribers.signup.views import confirm, embed, resume, subscribe, subscribe_briefing

app_name = "subscribers"
urlpatterns = [
    path("subscribe/", subscribe, name="subscribe"),
    path("subscribe/<slug:slug>/", subscribe_briefing, name="subscribe_briefing"),
    path("subscribe/<slug:slug>/embed/", embed, name="embed"),
    *token_paths("confirm/", confirm, name="confirm"),
    path("preferences/", preferences_link, name="preferences_link"),
    *token_paths("preferences/address/", confirm_address_change, name="confirm_address_change"),
    *token_paths("preferences/pause/", resume, name="resume"),
    *token_paths("preferences/undo/", undo_from_email, name="undo_from_email"),
    path("preferences/<str:token>/data/", download_data, name="download_data"),
    path("preferences/<str:token>/comments/", preferences_comments, name="preferences_comments"),
    path("preferences/<str:token>/erase/", erase, name="erase"),
    *token_paths("preferences/", preferences, name="preferences"),
    path("privacy/", privacy, name="privacy"),
    path("unsubscribe/undo/", undo_unsubscribe, name="undo_unsubscribe"),
    *token_paths("unsubscribe/", unsubscribe, name="unsubscribe"),
    path("hooks/<slug:provider>/", provider_webhook, name="provider_webhook"),
    path(
        "comments/from-email/<str:token>/questions/<int:pk>/",
        answer_from_email,
        name="answer_from_email",
    ),
    *token_paths("comments/from-email/", comments_from_email, name="comments_from_email"),
    *token_paths("view/", view_in_browser, name="view_in_browser"),
]
