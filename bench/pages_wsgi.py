"""The web server's application without its cache of pages, or as a bare view (BENCH_PAGES)."""

from __future__ import annotations

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
if os.environ["BENCH_PAGES"] == "bare":
    settings.MIDDLEWARE = []
    settings.ROOT_URLCONF = "bench.bare_page"

# Apart from that, as it is shipped: with a connection to the database that is kept.
from newsroom.wsgi import application  # noqa: F401

if os.environ["BENCH_PAGES"] == "uncached":
    from newsroom import public_pages

    public_pages.may_store = lambda: False
