"""Whether two batches say the same, whichever parts their rows lie in."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def same_rows(one: Path, other: Path) -> bool:
    """All rows of photos and cameras, in the order of their places."""
    return all(_sorted(one, name).equals(_sorted(other, name)) for name in ("photos", "cameras"))


def _sorted(out: Path, name: str) -> pa.Table:
    table = pa.concat_tables([pq.read_table(part) for part in sorted((out / name).glob("*.parquet"))])
    keys = ["place", "camera"] if name == "cameras" else ["place"]
    return table.sort_by([(key, "ascending") for key in keys]).combine_chunks().replace_schema_metadata()
