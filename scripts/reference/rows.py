"""The columns of what a batch writes, from ``edge/batch/rows.py``."""

from __future__ import annotations

import pyarrow as pa

from edge.batch.rows import CAMERAS, ERRORS, MEANINGS, PHOTOS, REPLACED
from scripts.reference.markdown import code, page, table


def rows_page() -> str:
    return page(
        "Columns of a batch",
        "`edge/batch/rows.py`",
        "What is written where, and how rows follow one another: [archives](../batch.md). What is not"
        " known is null, and never guessed.",
        *(
            part
            for name, schema in (
                ("photos", PHOTOS),
                ("cameras", CAMERAS),
                ("errors", ERRORS),
                ("replaced", REPLACED),
            )
            for part in (f"## `{name}`", _columns(schema))
        ),
    )


def _columns(schema: pa.Schema) -> str:
    rows = [(code(field.name), str(field.type), MEANINGS[field.name]) for field in schema]
    return table(("Column", "Arrow type", "Meaning"), rows)
