"""Newsroom: settings, URLs, Celery, and what both apps are built on."""

from newsroom.celery import app as celery_app

__all__ = ["celery_app"]
