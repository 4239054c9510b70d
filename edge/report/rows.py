"""Rows of a table for the terminal and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Table

from edge.report.sentence import printable

_NARROW = 60
"""Characters of one cell on a terminal; --json has all of them."""


def print_rows(
    columns: Sequence[str], rows: Sequence[Sequence[object]], console: Console | None = None
) -> None:
    """A table without the columns that are empty in every row."""
    filled = [i for i in range(len(columns)) if any(row[i] is not None for row in rows)]
    shown = Table(*(columns[i] for i in filled), highlight=False)
    for row in rows:
        shown.add_row(*(_cell(row[i]) for i in filled))
    console = console or Console(highlight=False)
    console.print(shown)
    console.print(f"{len(rows)} rows", highlight=False)


def print_json_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for row in rows:
        record = dict(zip(columns, row, strict=True))
        typer.echo(json.dumps(record, ensure_ascii=False, default=str).encode())


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = printable(", ".join(map(str, value)) if isinstance(value, list) else str(value))
    return text if len(text) <= _NARROW else text[: _NARROW - 1] + "…"
