"""URLs of the development inbox."""

from django.urls import path, re_path

from newsroom.inbox import views
from newsroom.inbox.storage import KEY

app_name = "inbox"
urlpatterns = [
    path("", views.email_list, name="email_list"),
    path("empty/", views.inbox_empty, name="empty"),
    re_path(rf"^(?P<key>{KEY})/$", views.email_detail, name="email_detail"),
    re_path(rf"^(?P<key>{KEY})/html/$", views.email_html, name="email_html"),
    re_path(rf"^(?P<key>{KEY})/source/$", views.email_source, name="email_source"),
]
