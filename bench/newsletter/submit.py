"""Sending with django-newsletter, run with the Python of var/newsletter-venv/.

`submit.py prepare READERS ARTICLE` creates a newsletter, its readers and a queued submission of one
article, whose HTML is in that file.
`submit.py send` does what the package's `submit_newsletter` command does, and prints what it cost.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings


def configure() -> None:
    """Set up Django as the package's manual says, with the database and mail server of this run."""
    database, mail = urlsplit(os.environ["DATABASE_URL"]), urlsplit(os.environ["EMAIL_URL"])
    settings.configure(
        SECRET_KEY="only for benchmarks, on a database that is deleted afterwards",
        ALLOWED_HOSTS=["news.example.com"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": database.path[1:],
                "USER": database.username,
                "HOST": database.hostname,
                "PORT": database.port,
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        EMAIL_HOST=mail.hostname,
        EMAIL_PORT=mail.port,
        INSTALLED_APPS=[
            *("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sites"),
            *("sorl.thumbnail", "newsletter"),
        ],
        NEWSLETTER_THUMBNAIL="sorl-thumbnail",
        NEWSLETTER_USE_HTTPS=True,
        ROOT_URLCONF="newsletter.urls",
        SITE_ID=1,
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ],
        USE_TZ=True,
    )
    django.setup()


def prepare(readers: int, article: Path) -> None:
    """Create what somebody creates in the package's admin before they select its button."""
    from django.core.management import call_command
    from django.utils import timezone
    from newsletter.models import Article, Message, Newsletter, Submission, Subscription

    call_command("migrate", verbosity=0)
    mark = time.time_ns()
    newsletter = Newsletter.objects.create(
        title="Bench", slug=f"bench-{mark}", email="news@news.example.com", sender="Bench"
    )
    Subscription.objects.bulk_create(
        Subscription(
            newsletter=newsletter,
            name_field=f"Reader {number}",
            email_field=f"reader{number}@example.com",
            subscribed=True,
            subscribe_date=timezone.now(),
        )
        for number in range(1, readers + 1)
    )
    message = Message.objects.create(title="Who pays?", slug=f"bench-{mark}", newsletter=newsletter)
    Article.objects.create(title="The beds", text=article.read_text(), post=message)
    submission = Submission.from_message(message)
    submission.prepared = True
    submission.save()


def send() -> None:
    """Submit what is queued, and print seconds, CPU seconds and peak MB as JSON."""
    from newsletter.models import Submission

    begun, spent = time.monotonic(), time.process_time()
    Submission.submit_queue()
    cost = {
        "seconds": time.monotonic() - begun,
        "cpu": time.process_time() - spent,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(cost) + "\n")


if __name__ == "__main__":
    configure()
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        send()
