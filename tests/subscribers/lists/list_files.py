"""Lists as other programs write them, for tests of imports."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management import call_command

from briefings.models import Briefing
from subscribers.lists.import_plan import ImportOptions

EVIDENCE = {
    "consented_on": "2024-05-01",
    "source": "Summer fair, on paper",
    "wording": "Please email me the news.",
}
EVIDENCE_OPTIONS = ImportOptions(**EVIDENCE)  # type: ignore[arg-type]  # it names no columns
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def make_csv(*rows: Sequence[str], encoding: str = "utf-8", **dialect: Any) -> bytes:
    """Return rows as a program would write them."""
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue().encode(encoding)


def import_list(data: bytes, *, into: Briefing, **options: Any) -> dict[str, Any]:
    """Import with the command and return its JSON, with `refused_rows` added."""
    with TemporaryDirectory() as folder:
        file, refused = Path(folder, "list.csv"), Path(folder, "refused.csv")
        file.write_bytes(data)
        out = io.StringIO()
        call_command(
            "import_subscribers",
            str(file),
            briefing=into.slug,
            json=True,
            refused=str(refused),
            stdout=out,
            **options,
        )
        result: dict[str, Any] = json.loads(out.getvalue())
        with refused.open(encoding="utf-8-sig", newline="") as rows:
            result["refused_rows"] = list(csv.DictReader(rows))
    return result
