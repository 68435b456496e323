"""The inbox's addresses, in development only."""

from django.urls import path, re_path

from newsroom.inbox import views
from newsroom.inbox.storage import KEY

app_name = "inbox"
urlpatterns = [
    path("", views.letter_list, name="letter_list"),
    path("empty/", views.letter_empty, name="letter_empty"),
    re_path(rf"^(?P<key>{KEY})/$", views.letter_detail, name="letter_detail"),
    re_path(rf"^(?P<key>{KEY})/html/$", views.letter_html, name="letter_html"),
    re_path(rf"^(?P<key>{KEY})/source/$", views.letter_source, name="letter_source"),
]
