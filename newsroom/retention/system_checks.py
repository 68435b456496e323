"""What `manage.py check` says of the retention policy, before the night when it would refuse."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning  # noqa: A004  (Django's own name)

from newsroom.retention.columns import columns_of_models
from newsroom.retention.policy import PolicyError, read_policy


def check_retention(**_: Any) -> list[CheckMessage]:
    """Name every column of the models that the policy lacks.

    A warning: pages and letters go on, only the nightly deleting waits.
    """
    try:
        gaps = read_policy().gaps(columns_of_models())
    except PolicyError as fault:
        gaps = [str(fault)]
    hint = "docs/retention.toml lists every column; until it does, nothing is deleted at night."
    return [Warning(gap, hint=hint, id="newsroom.W001") for gap in gaps]
