"""State transitions: one guarded UPDATE and its audit log entry, in one transaction.

If two callers decide at the same moment, only one succeeds, whatever each of them had read before.
No decision is saved without its entry in the audit log.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from newsroom import audit_log

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


class TransitionRefused(Exception):
    """A row cannot take this step; the message says why, to an editor."""


def update_if(
    condition: models.Q,
    row: models.Model,
    *,
    verb: str = "",
    by: Actor = None,
    detail: dict[str, Any] | None = None,
    **changes: Any,
) -> bool:
    """Change a row that still meets a condition and log it; False when it no longer does.

    With an empty `verb` nothing is logged: that is for steps which nobody decides.
    """
    with transaction.atomic():
        movable = type(row)._default_manager.filter(condition, pk=row.pk)
        changed = bool(movable.update(**changes))
        if changed and verb:
            audit_log.record(verb, row, by=by, **(detail or {}))
    row.refresh_from_db(fields=list(changes))
    return changed


def move(
    row: models.Model,
    sources: Collection[str],
    target: models.TextChoices,
    *,
    verb: str = "",
    by: Actor = None,
    detail: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Move a row from one of the `sources` to the `target` state, as `update_if` does.

    Raises TransitionRefused when it is in another state.
    """
    condition = models.Q(state__in=sources)
    if update_if(condition, row, verb=verb, by=by, detail=detail, state=target, **changes):
        return
    state = row.get_state_display()  # type: ignore[attr-defined]  # every caller has states
    raise TransitionRefused(
        f"This {row._meta.verbose_name} is in the state “{state}” and cannot become"
        f" “{target.label}”. Nothing was changed."
    )
