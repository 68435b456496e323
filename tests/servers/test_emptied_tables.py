"""A test that commits leaves nothing to the next one, and finds the groups of the code."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User

from briefings.models import Briefing
from tests.briefings.admin_client import make_staff
from tests.factories import make_briefing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("changed", ["rows", "a group", "permissions of a group", "nothing"])
def test_a_test_that_commits_finds_what_the_first_one_found(changed: str) -> None:
    assert not Briefing.objects.exists()
    assert not User.objects.exists()
    assert make_staff("Reporters").has_perm("briefings.change_issue")
    make_briefing()
    if changed == "a group":
        Group.objects.filter(name="Reporters").delete()
    elif changed == "permissions of a group":
        Group.objects.get(name="Reporters").permissions.clear()
