"""Public addresses of what is said; the briefing's own come last, for they match any word."""

from django.urls import URLPattern

app_name = "briefings"
urlpatterns: list[URLPattern] = []
