"""A field of the profile reaches every place where people and staff meet it."""

from __future__ import annotations

import pytest

from subscribers.admin import SubscriberAdmin
from subscribers.lists.columns import FIELD_LABELS, OWN_HEADER
from subscribers.lists.row_validation import ValidatedRow
from subscribers.models.profile import PROFILE_FIELDS
from subscribers.preferences.forms import PreferencesForm
from subscribers.signup.admin import SignUpAdmin
from subscribers.signup.forms import SignUpForm


@pytest.mark.parametrize("name", PROFILE_FIELDS)
def test_forms_admin_import_and_export_have_every_profile_field(name: str) -> None:
    assert name in SignUpForm.base_fields
    assert name in PreferencesForm.base_fields
    assert name in SubscriberAdmin.list_display
    assert name in SignUpAdmin.fields
    assert name in set(FIELD_LABELS)
    assert name in ValidatedRow._fields
    assert name in OWN_HEADER
