"""The root URL configuration. It includes the apps by name and imports nothing from them."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from newsroom.media import media
from newsroom.security_txt import security_txt

handler400 = "newsroom.error_pages.bad_request"

urlpatterns = [
    path("admin/password-reset/", include("newsroom.password_reset")),
    path("admin/provider/", include("newsroom.accounts.provider_log_in")),
    path("admin/passkeys/", include("newsroom.accounts.passkey_views")),
    path("admin/", admin.site.urls),
    path("", include("newsroom.health_urls")),
    path("media/<path:name>", media, name="media"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    # Browsers request this without reading a page; pages name their own icons.
    path("favicon.ico", RedirectView.as_view(url="/static/icons/favicon.ico"), name="favicon"),
    path("", include("subscribers.urls")),
    path("", include("briefings.urls")),
]
if settings.DEBUG:
    urlpatterns.insert(0, path("inbox/", include("newsroom.inbox.urls")))
