"""Newsroom: what both apps stand on, and the wiring between them."""

from newsroom.celery import app as celery_app

__all__ = ["celery_app"]
