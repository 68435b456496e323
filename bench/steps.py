"""The steps of a benchmark that run inside Django: `python -m bench.steps STEP …`."""

from __future__ import annotations

import json
import os
import sys
import time

import django


def migrate() -> None:
    """Create the tables."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def issue(emails: str) -> None:
    """Create an issue whose email has 46 KB, for this many readers; print its number."""
    from bench.sample_issue import make_issue

    print(make_issue(readers=int(emails)).pk)
    write_back()


def another(issue: str) -> None:
    """Create the next issue of the same briefing; print its number."""
    from bench.sample_issue import next_issue
    from briefings.models import Issue

    print(next_issue(Issue.objects.get(pk=int(issue)).briefing).pk)
    write_back()


def write_back() -> None:
    """Have the server write what was created, so that the measured run does not pay for it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")


def begin(issue: str) -> None:
    """Publish an issue and fill its ledger, as a worker does before it starts sending.

    Prints the dispatch's number and the seconds of the fill.
    """
    from django.utils import timezone

    from bench.sample_issue import check_size
    from briefings.models import Issue
    from subscribers.sending import dispatches

    dispatch = dispatches.publish(Issue.objects.get(pk=int(issue)), at=timezone.now())
    check_size(dispatch)
    begun = time.perf_counter()
    dispatches.start(dispatch, at=timezone.now())
    print(dispatch.pk, time.perf_counter() - begun)


def lease(dispatch: str) -> None:
    """Lease at the start, in the middle and near the end of a ledger; print the costs."""
    from django.db.models import Max, Min

    from subscribers.models import Delivery, Dispatch
    from subscribers.sending import leases

    ours = Dispatch.objects.filter(pk=int(dispatch))
    span = Delivery.objects.filter(dispatch_id=int(dispatch)).aggregate(
        first=Min("subscriber_id"), last=Max("subscriber_id")
    )
    sizes = [leases.LARGEST_LEASE] * 8  # as a process with several connections requests them
    batches = 10
    found = {}
    for place, share in (("beginning", 0.0), ("middle", 0.5), ("end", 0.97)):
        ours.update(leased_up_to=int(span["first"] - 1 + share * (span["last"] - span["first"])))
        leases.take(int(dispatch), holder="bench", sizes=sizes)
        begun, touched = time.perf_counter(), _pages_touched()
        for _ in range(batches):
            taken = leases.take(int(dispatch), holder="bench", sizes=sizes)
            assert [len(leased.recipients) for leased in taken] == sizes
        number = batches * len(sizes)
        found[place] = {
            "ms": 1000 * (time.perf_counter() - begun) / number,
            "pages": (_pages_touched() - touched) / number,
        }
    print(json.dumps(found))


def _pages_touched() -> int:
    """Return how many 8 KB pages the server has read: a cost that other load does not change."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def plain(issue: str) -> None:
    """Send an issue the way Django's documentation shows."""
    from bench.peers import send_with_plain_django

    send_with_plain_django(int(issue))


def article(issue: str) -> None:
    """Print the HTML in the body of an issue's email, as somebody would paste it elsewhere."""
    from bench.sample_issue import body_of
    from briefings.models import Issue

    print(body_of(Issue.objects.get(pk=int(issue))))


def email(issue: str) -> None:
    """Print the email of an issue as JSON, with links to the site."""
    from bench.sample_issue import site_links
    from briefings.models import Issue
    from briefings.rendering.issue_email import render_issue_email

    rendered = render_issue_email(Issue.objects.get(pk=int(issue)), links=site_links())
    print(json.dumps({"subject": rendered.subject, "html": rendered.html, "text": rendered.text}))


def connections() -> None:
    """Print the default of SEND_CONNECTIONS."""
    from django.conf import settings

    print(settings.SEND_CONNECTIONS)


def editors(number: str) -> None:
    """Create an issue and staff who are logged in; print what their pages need as JSON."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import Group, User
    from django.middleware.csrf import _get_new_csrf_string
    from django.urls import reverse

    from bench.sample_issue import make_briefing, next_issue
    from briefings.permissions import EDITORS

    engine = import_module(settings.SESSION_ENGINE)
    pk = next_issue(make_briefing()).pk
    accounts = []
    for place in range(int(number)):
        user = User.objects.create(username=f"editor{place}", is_staff=True)
        user.groups.set(Group.objects.filter(name=EDITORS))
        session = engine.SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        secret = _get_new_csrf_string()
        accounts.append(
            {
                "cookies": f"{settings.SESSION_COOKIE_NAME}={session.session_key};"
                f" {settings.CSRF_COOKIE_NAME}={secret}",
                "csrf": secret,
                "autosave": reverse("admin:briefings_autosave"),
                "presence": reverse("admin:briefings_presence", args=[pk]),
                "issue": pk,
            }
        )
    print(json.dumps(accounts))


def page(comments: str) -> None:
    """Publish an issue with comments; print its number and path as JSON."""
    from bench.sample_pages import publish, write_comments

    issue = publish(issues=3)
    write_comments(issue, threads=int(comments))
    print(json.dumps({"pk": issue.pk, "path": issue.get_absolute_url()}))
    write_back()


def growth_of_pages(issues: str, comments: str) -> None:
    """Publish an issue with little around it, and others in a large archive and among comments.

    Prints the path of each as JSON.
    """
    from bench.sample_pages import publish, write_comments
    from briefings.comment_threads import THREADS_PER_PAGE

    pages = {"few": publish(issues=3), "issues": publish(issues=int(issues))}
    for issue in pages.values():
        write_comments(issue, threads=THREADS_PER_PAGE)
    pages["comments"] = publish(issues=3)
    write_comments(pages["comments"], threads=int(comments))
    print(json.dumps({name: issue.get_absolute_url() for name, issue in pages.items()}))
    write_back()


def archive_to_search(issues: str) -> None:
    """Publish an archive of that many issues; print what readers ask it as JSON."""
    from bench.sample_archive import ordinary_queries, publish_archive

    publish_archive(issues=int(issues))
    print(json.dumps(ordinary_queries()))
    write_back()


def commenters(number: str) -> None:
    """Publish an issue and sign readers in for comments; print what they send with as JSON."""
    from django.http import HttpResponse
    from django.urls import reverse
    from django.utils import timezone

    from bench.sample_issue import make_briefing, next_issue
    from briefings.comment_identity import COOKIE, sign_in
    from briefings.comment_submission import MAX_SIGNED_IN_AN_HOUR
    from briefings.models import Commenter

    issue = next_issue(make_briefing())
    issue.publish(at=timezone.now())
    cookies = []
    for place in range(int(number)):
        response = HttpResponse()
        sign_in(response, Commenter.objects.confirmed(f"reader{place}@example.com"))
        cookies.append(f"{COOKIE}={response.cookies[COOKIE].value}")
    where = [issue.briefing.slug, issue.number]
    print(
        json.dumps(
            {
                "pk": issue.pk,
                "path": issue.get_absolute_url(),
                "form": reverse("briefings:comment_create", args=where),
                "cookies": cookies,
                "limit": MAX_SIGNED_IN_AN_HOUR,
            }
        )
    )
    write_back()


def moderate(issue: str) -> None:
    """Approve the comments on an issue as they come, until this process is stopped."""
    from django.utils import timezone

    from briefings.models import Comment

    while True:
        for comment in Comment.objects.waiting().filter(issue=int(issue)):
            comment.approve(by=None, at=timezone.now())
        time.sleep(0.2)


def static() -> None:
    """Collect the static files, whose names pages need."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


STEPS = {
    step.__name__: step
    for step in (
        *(migrate, issue, another, begin, lease, plain, article, email, connections, editors),
        *(page, growth_of_pages, archive_to_search, commenters, moderate, static),
    )
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    STEPS[sys.argv[1]](*sys.argv[2:])
