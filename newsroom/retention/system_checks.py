"""`manage.py check` reports gaps in the retention policy before the nightly task refuses it."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning  # noqa: A004  (Django's own name)

from newsroom.retention.policy import PolicyError, read_policy
from newsroom.retention.table_columns import columns_of_models


def check_retention(**_: Any) -> list[CheckMessage]:
    """Return a warning for every column of the models that the policy does not list.

    Not an error: pages and emails still work, only the nightly deletion waits.
    """
    try:
        gaps = read_policy().gaps(columns_of_models())
    except PolicyError as error:
        gaps = [str(error)]
    hint = "docs/retention.toml must list every column; until it does, nothing is deleted."
    return [Warning(gap, hint=hint, id="newsroom.W001") for gap in gaps]
