"""The inbox's addresses, in development only."""

from django.urls import URLPattern

app_name = "inbox"
urlpatterns: list[URLPattern] = []
