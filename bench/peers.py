"""The same email sent by others: Postfix's generator, Django's own way, django-newsletter."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.run import EMAIL_BYTES, Run

if TYPE_CHECKING:
    from bench.installation import Installation
    from bench.receivers import Receiver

ROOT = Path(__file__).resolve().parent.parent
NEWSLETTER = ROOT / "bench" / "newsletter" / "submit.py"
NEWSLETTER_PYTHON = ROOT / "var" / "newsletter-venv" / "bin" / "python"


def smtp_source(receiver: Receiver, emails: int, *, connections: int = 4) -> Run:
    """Run `smtp-source -d -N -s 4`, which records nothing and checks nothing.

    `-N` numbers the recipients, so that our own receiver counts each of them.
    """
    receiver.begin()
    begun = time.monotonic()
    program = subprocess.Popen(
        [
            *("/usr/sbin/smtp-source", "-d", "-N", "-s", str(connections), "-m", str(emails)),
            *("-l", str(EMAIL_BYTES), "-f", "news@news.example.com"),
            *("-t", "reader@example.com", f"127.0.0.1:{receiver.port}"),
        ]
    )
    _, status, usage = os.wait4(program.pid, 0)
    seconds = time.monotonic() - begun
    program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode:
        raise subprocess.CalledProcessError(program.returncode, "smtp-source")
    receiver.check(emails)
    return Run(
        emails=emails,
        seconds=seconds,
        cpu_workers=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
    )


def plain_django(installation: Installation, receiver: Receiver, emails: int) -> Run:
    """Send an issue the way Django's documentation shows, with `send_with_plain_django`."""
    facts = {"EMAIL_URL": f"smtp://127.0.0.1:{receiver.port}"}
    issue = installation.run_step("issue", str(emails), **facts)
    receiver.begin()
    before = installation.cpu_of_postgres()
    cost = installation.run_step("plain", issue, **facts)
    return _finished(installation, receiver, emails, cost=cost, before=before)


def django_newsletter(installation: Installation, receiver: Receiver, emails: int) -> Run:
    """Send the same email with django-newsletter's own `Submission`.

    Its code and templates are those from PyPI, on the same PostgreSQL. Its article is the body
    of our email's HTML, styles inlined. For each reader it queries the article, renders it as
    HTML and, without its tags, as text, and opens a connection.
    """
    article = installation.folder / "article.html"
    if not article.exists():
        article.write_text(installation.run_step("article", installation.run_step("issue", "1")))
    env = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": installation.postgres.new_database(),
        "EMAIL_URL": f"smtp://127.0.0.1:{receiver.port}",
    }

    def submit(*words: str) -> str:
        done = subprocess.run(
            [NEWSLETTER_PYTHON, NEWSLETTER, *words],
            env=env,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    submit("prepare", str(emails), str(article))
    receiver.begin()
    before = installation.cpu_of_postgres()
    cost = submit("send")
    # It logs failures and continues; only the receiver shows that nothing is missing.
    run = _finished(installation, receiver, emails, cost=cost, before=before)
    installation.postgres.drop_database(env["DATABASE_URL"])
    return run


def _finished(
    installation: Installation, receiver: Receiver, emails: int, *, cost: str, before: float
) -> Run:
    spent = json.loads(cost)
    receiver.check(emails)
    return Run(
        emails=emails,
        seconds=spent["seconds"],
        cpu_workers=spent["cpu"],
        cpu_postgres=installation.cpu_of_postgres() - before,
        peak_mb=spent["peak_mb"],
    )


def send_with_plain_django(issue_id: int) -> None:
    """Send an issue as Django's documentation shows it (inside Django), and print what it cost.

    For each subscriber, read from the database with `iterator()`: render the email's real
    templates, email/issue/body.html and body.txt, with the reader's own links; inline the CSS of
    that HTML, as the template tags of the inlining packages do in each message (by css-inline,
    the fastest of them); build an EmailMultiAlternatives with the list's headers; send it on the
    one connection that stays open. The email HTML of the sections is made once, before.

    It does not record who got the email: after a crash it has to start again or leave people out.
    """
    import css_inline
    from django.conf import settings
    from django.core.mail import EmailMultiAlternatives, get_connection
    from django.template.loader import render_to_string

    from briefings.models import Issue
    from briefings.rendering.issue_email import EmailLinks, issue_email_context
    from subscribers.models import Subscription
    from subscribers.sending.dispatches import links_with_placeholders

    issue = Issue.objects.select_related("briefing", "author").get(pk=issue_id)
    site = settings.SITE_URL
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    readers = Subscription.objects.filter(briefing=issue.briefing).select_related("subscriber")

    begun, spent = time.monotonic(), time.process_time()
    shared = issue_email_context(issue, links=links_with_placeholders())
    with get_connection() as connection:
        for subscription in readers.iterator():
            reader = subscription.subscriber
            links = EmailLinks(
                unsubscribe=f"{site}/unsubscribe/{subscription.token}/",
                preferences=f"{site}/preferences/{reader.token}/",
                view=f"{site}/view/{subscription.token}/",
                subscribe=f"{site}/subscribe/",
            )
            words = {**shared, "links": links}
            message = EmailMultiAlternatives(
                shared["subject"],
                render_to_string("email/issue/body.txt", words),
                to=[f"{reader.name} <{reader.address}>"],
                headers={
                    "List-Unsubscribe": f"<{links.unsubscribe}>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                },
                connection=connection,
            )
            html = inliner.inline(render_to_string("email/issue/body.html", words))
            message.attach_alternative(html, "text/html")
            message.send()
    cost = {
        "seconds": time.monotonic() - begun,
        "cpu": time.process_time() - spent,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(cost) + "\n")
