"""An approval is bound to the bytes of the pictures, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from briefings.models import Issue, IssueState, SectionKind
from briefings.picture_files import media_name
from newsroom.models import OutgoingEmail
from newsroom.transitions import TransitionRefused
from subscribers.models import Dispatch
from subscribers.sending import dispatches
from tests.briefings.admin_client import make_staff
from tests.factories import make_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture() -> Iterator[str]:
    """The name of a stored picture."""
    name = default_storage.save("issues/2026/quay.png", ContentFile(b"as approved"))
    yield name
    default_storage.delete(name)


def replace(name: str, content: bytes) -> None:
    with default_storage.open(name, "wb") as file:
        file.write(content)


def body(name: str) -> str:
    return f'<p>Look: <img src="{default_storage.url(name)}" alt="The quay at low tide"></p>'


def scheduled(picture: str) -> Issue:
    return make_scheduled_issue(sections=[(SectionKind.NOTE, "Quay", body(picture))])


def test_a_picture_whose_file_was_replaced_is_not_published(picture: str) -> None:
    issue = scheduled(picture)
    replace(picture, b"another picture")

    with pytest.raises(TransitionRefused, match=r"file of a picture changed .*quay"):
        dispatches.publish(issue, at=timezone.now())

    assert not Dispatch.objects.exists()


def test_at_the_slot_the_approval_ends_and_whoever_scheduled_it_gets_an_email(picture: str) -> None:
    ed = make_staff("Editors", email="ed@news.example.com")
    issue = make_issue(sections=[(SectionKind.NOTE, "Quay", body(picture))])
    issue.submit(by=ed)
    issue.approve(by=ed)
    at = timezone.now()
    issue.schedule(publish_at=at, by=ed, at=at)
    replace(picture, b"another picture")

    assert dispatches.publish_due(at=timezone.now()) == []

    issue.refresh_from_db()
    assert issue.state == IssueState.IN_REVIEW
    assert OutgoingEmail.objects.filter(name="approval_void", to="ed@news.example.com").exists()


def test_a_picture_whose_file_is_gone_stops_it_too(picture: str) -> None:
    scheduled(picture)
    default_storage.delete(picture)

    assert dispatches.publish_due(at=timezone.now()) == []
    assert not Dispatch.objects.exists()


def test_it_cannot_be_scheduled_either_until_it_is_approved_again(picture: str) -> None:
    issue = scheduled(picture)
    replace(picture, b"another picture")
    at = timezone.now()

    with pytest.raises(TransitionRefused, match="approve the issue again"):
        issue.schedule(publish_at=at, by=None, at=at)
    assert issue.void_approval(by=None)
    issue.approve(by=None)
    issue.schedule(publish_at=at, by=None, at=at)

    assert dispatches.publish(issue, at=at).issue == issue


def test_a_file_that_is_written_again_with_the_same_bytes_changes_nothing(picture: str) -> None:
    issue = scheduled(picture)
    replace(picture, b"as approved")

    assert not issue.void_approval(by=None)
    assert dispatches.publish(issue, at=timezone.now()).issue == issue


def test_an_issue_that_was_approved_before_pictures_were_bound_is_still_sent(picture: str) -> None:
    issue = scheduled(picture)
    Issue.objects.filter(pk=issue.pk).update(approved_pictures=None)
    replace(picture, b"another picture")
    issue.refresh_from_db()

    assert not issue.void_approval(by=None)
    assert dispatches.publish(issue, at=timezone.now()).issue == issue


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/media/issues/a.png", "issues/a.png"),
        ("http://news.example.com/media/issues/a%20b.png?x=1", "issues/a b.png"),
        ("https://NEWS.example.com/media/a.png", "a.png"),
        ("https://example.org/media/a.png", ""),
        ("/static/a.png", ""),
        ("//example.org/media/a.png", ""),
        ("http://[/media/a.png", ""),
        ("", ""),
    ],
)
def test_the_file_behind_an_address(address: str, name: str) -> None:
    assert media_name(address) == name
