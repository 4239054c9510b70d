"""Cells that a spreadsheet takes for text and never for a formula."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The wide ones count in spreadsheets that are set to Japanese or Chinese."""


def cell(value: object) -> object:
    """``value`` for a CSV file: lists joined by spaces; what begins like a formula gets an apostrophe."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
