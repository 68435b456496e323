"""The Celery application and its schedule.

Tasks are short and carry no work: they say that there is something to do, and the database says
what it is.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import Any

from celery import Celery, Task
from celery.schedules import crontab
from celery.signals import beat_init, celeryd_init, worker_ready
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import translation
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

from newsroom import worker_stop  # noqa: F401  (it connects its signals)
from newsroom.connection_errors import database_error_message, failure_reason
from newsroom.reader_language import STAFF_LANGUAGE
from newsroom.wake_ups import wake

log = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")


class StaffTask(Task[Any, Any]):
    """A task that begins in the language of staff: what it writes for readers names its own."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task, and go back to the language that there was before."""
        with translation.override(STAFF_LANGUAGE):
            return super().__call__(*args, **kwargs)


TRANSPORT_ALIASES["folder"] = "newsroom.folder_broker:Transport"
app = Celery("newsroom", task_cls=StaffTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(
    [f"subscribers.{part}" for part in ("bounces", "lists", "privacy", "sending", "signup")]
)
app.autodiscover_tasks(["briefings.points"])
# Issues have their own queue, so that a confirmation never waits for a long dispatch.
app.conf.task_queues = (Queue("celery"), Queue("sending"))
app.conf.task_routes = {
    "subscribers.sending.tasks.send": {"queue": "sending"},
    "subscribers.lists.tasks.process_imports": {"queue": "sending"},
    "subscribers.privacy.tasks.finish_erasures": {"queue": "sending"},
}
# The names are for people; each task looks in the database for work that is due.
app.conf.beat_schedule = {
    "send transactional emails": {"task": "newsroom.tasks.send_emails", "schedule": 10.0},
    "record that a worker is running": {
        "task": "newsroom.tasks.record_worker_seen",
        "schedule": 20.0,
    },
    "publish due issues": {"task": "subscribers.sending.tasks.publish_due", "schedule": 5.0},
    "advance dispatches": {"task": "subscribers.sending.tasks.advance_dispatches", "schedule": 5.0},
    "index missing issues": {
        "task": "briefings.tasks.index_missing_issues",
        "schedule": 60.0,
    },
    "check links": {"task": "briefings.tasks.check_links", "schedule": 60.0},
    "fetch mailbox": {"task": "subscribers.bounces.tasks.fetch_mailbox", "schedule": 60.0},
    "process pending bounces": {
        "task": "subscribers.bounces.tasks.process_pending_events",
        "schedule": 60.0,
    },
    "make the next drafts": {
        "task": "briefings.tasks.make_missing_drafts",
        "schedule": 60.0,
    },
    "raise alarms": {"task": "briefings.tasks.raise_alarms", "schedule": 60.0},
    "remind people to confirm": {
        "task": "subscribers.signup.tasks.remind_unconfirmed",
        "schedule": crontab(minute="*/10"),
    },
    "send emails about replies": {
        "task": "briefings.tasks.send_reply_emails",
        "schedule": crontab(minute="*/5"),
    },
    "tell readers what became of their answers": {
        "task": "briefings.tasks.send_closing_emails",
        "schedule": 60.0,
    },
    "tell readers of rejected comments": {
        "task": "briefings.tasks.send_rejection_emails",
        "schedule": crontab(minute="*/5"),
    },
    "send digests of comments": {
        "task": "briefings.tasks.send_comment_digests",
        "schedule": crontab(minute="*/5"),
    },
    "change quotations that were taken back": {
        "task": "subscribers.privacy.tasks.withdraw_quotations",
        "schedule": 10.0,
    },
    "raise alarms of quotations": {
        "task": "briefings.tasks.raise_alarms_of_quotations",
        "schedule": 10.0,
    },
    "tell quoted readers": {"task": "briefings.tasks.tell_quoted_readers", "schedule": 30.0},
    "check comments for spam": {"task": "briefings.tasks.check_spam", "schedule": 30.0},
    "encode what was said": {"task": "briefings.points.tasks.encode", "schedule": 30.0},
    "process imports": {"task": "subscribers.lists.tasks.process_imports", "schedule": 10.0},
    "finish erasures": {
        "task": "subscribers.privacy.tasks.finish_erasures",
        "schedule": 30.0,
    },
    "remove expired imports": {
        "task": "subscribers.lists.tasks.remove_expired_imports",
        "schedule": crontab(hour="3", minute="30"),
    },
    "apply the retention policy": {
        "task": "newsroom.tasks.apply_retention",
        "schedule": crontab(hour="3", minute="10"),
    },
}


# PostgreSQL's words when waiting does not help.
REFUSED_FOR_GOOD = ("authentication failed", "does not exist", "no pg_hba.conf entry")


@celeryd_init.connect
@beat_init.connect
def wait_for_the_database(**_: Any) -> None:
    """Wait `DATABASE_WAIT` seconds for the database, which may be recovering.

    Then exit with a message that names the database, rather than fail at every task.
    """
    until = time.monotonic() + settings.DATABASE_WAIT
    while failure := _database_failure():
        if time.monotonic() >= until or any(words in str(failure) for words in REFUSED_FOR_GOOD):
            sys.exit(database_error_message(failure))
        log.warning("waiting for the database: %s", failure_reason(failure))
        time.sleep(1)


def _database_failure() -> OperationalError | None:
    try:
        connection.ensure_connection()
    except OperationalError as failure:
        return failure
    finally:
        connection.close()
    return None


@worker_ready.connect
def wake_on_start(**_: Any) -> None:
    """Record that a worker has started, and send the emails that were waiting for one."""
    wake("newsroom.tasks.record_worker_seen")
    wake("newsroom.tasks.send_emails")
