"""All addresses. The apps are included by name; nothing is imported from them."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("newsroom.health_urls")),
    path("", include("subscribers.urls")),
    path("", include("briefings.urls")),
]
if settings.DEBUG:
    urlpatterns.insert(0, path("inbox/", include("newsroom.inbox.urls")))
