"""The same letter sent by others: Postfix's generator, and Django's own way."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from bench import machine

if TYPE_CHECKING:
    from bench.arena import Arena

LETTER_OCTETS = 46_000  # what the issue of bench/letter.py comes to


def smtp_source(port: int, letters: int) -> float:
    """Letters a second by `smtp-source -d -s 4`, which writes no ledger and asks nobody."""
    begun = time.monotonic()
    subprocess.run(
        [
            *("/usr/sbin/smtp-source", "-d", "-s", "4", "-m", str(letters)),
            *("-l", str(LETTER_OCTETS), "-f", "news@news.example.com"),
            *("-t", "reader@example.com", f"127.0.0.1:{port}"),
        ],
        check=True,
    )
    return letters / (time.monotonic() - begun)


def naive_django(arena: Arena, port: int, letters: int) -> tuple[float, float]:
    """A template and an EmailMultiAlternatives for each reader, on one connection.

    Gives letters a second, and seconds of CPU for 1,000 letters.
    """
    words = arena.stage("naive", str(letters), EMAIL_URL=f"smtp://127.0.0.1:{port}")
    rate, cpu = (float(word) for word in words.split())
    return rate, cpu


def send_naively(letters: int) -> None:
    """Do it (inside Django); print letters a second and CPU seconds for 1,000."""
    from django.core.mail import EmailMultiAlternatives, get_connection
    from django.template import engines

    from bench.letter import make_issue
    from briefings.rendering.letter import render_letter
    from subscribers.engine.dispatching import links_with_marks
    from subscribers.models import Subscription

    issue = make_issue(readers=letters)
    letter = render_letter(issue, links=links_with_marks())
    django = engines["django"]
    html = django.from_string(letter.html + "{{ address }}")
    text = django.from_string(letter.text + "{{ address }}")
    begun, spent = time.monotonic(), machine.cpu_seconds(os.getpid())
    with get_connection() as connection:
        for subscription in Subscription.objects.filter(briefing=issue.briefing).select_related(
            "subscriber"
        ):
            words = {"address": subscription.subscriber.address}
            message = EmailMultiAlternatives(
                letter.subject,
                text.render(words),
                to=[subscription.subscriber.address],
                connection=connection,
            )
            message.attach_alternative(html.render(words), "text/html")
            message.send()
    seconds = time.monotonic() - begun
    cpu = machine.cpu_seconds(os.getpid()) - spent
    sys.stdout.write(f"{letters / seconds} {1000 * cpu / letters}\n")
