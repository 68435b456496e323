"""Public addresses of who hears it."""

from django.urls import path

from subscribers.bounces.webhooks import provider_webhook
from subscribers.preferences import address_change_views, pause_views, privacy_views
from subscribers.preferences.unsubscribe_views import undo, unsubscribe, unsubscribe_all
from subscribers.preferences.views import preferences_link, preferences_page
from subscribers.privacy.views import privacy
from subscribers.sending.views import view_in_browser
from subscribers.signup.confirmation_views import confirm
from subscribers.signup.embed_views import embed
from subscribers.signup.views import subscribe, subscribe_briefing

app_name = "subscribers"
urlpatterns = [
    path("subscribe/", subscribe, name="subscribe"),
    path("subscribe/<slug:slug>/", subscribe_briefing, name="subscribe_briefing"),
    path("subscribe/<slug:slug>/embed/", embed, name="embed"),
    path("confirm/<str:token>/", confirm, name="confirm"),
    path("preferences/", preferences_link, name="preferences_link"),
    path("preferences/address/<str:token>/", address_change_views.address, name="address"),
    path("preferences/pause/<str:token>/", pause_views.pause, name="pause"),
    path("preferences/<str:token>/data/", privacy_views.download, name="download"),
    path("preferences/<str:token>/erase/", privacy_views.erase, name="erase"),
    path("preferences/<str:token>/", preferences_page, name="preferences"),
    path("privacy/", privacy, name="privacy"),
    path("unsubscribe/all/", unsubscribe_all, name="unsubscribe_all"),
    path("unsubscribe/undo/", undo, name="undo"),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
    # Without the slash too: one-click unsubscribing must not be answered with a redirect.
    path("unsubscribe/<str:token>", unsubscribe),
    path("hooks/<slug:provider>/", provider_webhook, name="provider_webhook"),
    path("view/<str:token>/", view_in_browser, name="view_in_browser"),
]
