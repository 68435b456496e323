"""How a list will be read, as data for a page: its shape, its columns, its first rows."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from newsroom.email_addresses import readable_address
from subscribers.lists.columns import Role
from subscribers.lists.csv_reader import sample_rows
from subscribers.lists.import_plan import Plan
from subscribers.lists.row_validation import judge_rows

SHOWN_ROWS = 6
_SHOWN_CHARS = 60


def preview(file: BinaryIO, plan: Plan, *, briefing: str, now: datetime) -> dict[str, Any]:
    """Describe a plan in JSON values. The first rows are personal data: they go with the file."""
    table = plan.table
    first = sample_rows(file, table, SHOWN_ROWS)
    example = first[0][1] if first else []
    rows: list[dict[str, Any]] = []
    if Role.ADDRESS in plan.columns:
        judged = islice(judge_rows(file, plan, briefing=briefing, now=now), SHOWN_ROWS)
        rows = [_row(one._asdict(), plan) for one in judged]
    return {
        "layout": plan.layout.name if plan.layout else "",
        "encoding": table.encoding.label,
        "separator": table.separator_words,
        "header": [
            {"name": name[:_SHOWN_CHARS], "example": cell[:_SHOWN_CHARS].replace("\0", "")}
            for name, cell in zip(table.header, [*example, *[""] * len(table.header)], strict=False)
        ],
        "columns": {role.value: place for role, place in plan.columns.items()},
        "source": plan.source,
        "wording": plan.wording,
        "rows": rows,
    }


def _row(judged: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """One of the first rows, with what is stated for the whole file put in."""
    stated = f"{plan.consented_on:%Y-%m-%d %H:%M}" if plan.consented_on else ""
    said = {
        "line": judged["line"],
        "address": readable_address(judged["address"]) if judged["address"] else "",
        "name": judged["name"] or "",
        "agreed": (judged["agreed_at"] or stated)[:16],
        "source": judged["source"] or plan.source,
        "wording": judged["wording"] or plan.wording,
        "reason": judged["reason"] or "",
    }
    return {key: value[:200] if isinstance(value, str) else value for key, value in said.items()}
