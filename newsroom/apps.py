"""The rooms' foundation, and Django's admin as the newsroom's desk."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class NewsroomConfig(AppConfig):
    """Letters, tokens, the log of acts, health."""

    name = "newsroom"
    verbose_name = "Newsroom"


class DeskConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "newsroom.desk.Desk"
