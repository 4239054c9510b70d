"""The generated reference: never older than the code, and able to say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.errors import ErrorCode, StreamFault
from edge.settings import Settings
from scripts.generate_reference import FOLDER, PAGES, stale
from scripts.reference.markdown import sentence, table


def test_what_is_committed_is_what_the_code_says() -> None:
    assert stale() == [], "run `make reference` and commit docs/reference/generated"


def test_a_changed_a_missing_and_a_strange_file_are_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"same.md": lambda: "a\n", "changed.md": lambda: "b\n", "missing.md": lambda: "c\n"}
    monkeypatch.setattr("scripts.generate_reference.PAGES", made)
    (tmp_path / "same.md").write_text("a\n")
    (tmp_path / "changed.md").write_text("older\n")
    (tmp_path / "strange.md").write_text("d\n")
    assert stale(tmp_path) == ["changed.md", "missing.md", "strange.md"]


def test_no_place_of_the_machine_that_wrote_it_stands_in_it() -> None:
    for name in PAGES:
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert str(Path.home()) not in text
        assert str(Path(__file__).parents[2]) not in text


def test_commands_within_groups_have_their_options_and_defaults() -> None:
    text = (FOLDER / "commands.md").read_text(encoding="utf-8")
    assert "## `camid lan pair`" in text
    assert "| `--days` `N 1–365` |" in text
    assert "| `--seconds` `X 0.1–60` |" in text
    assert "Default" in text


def test_every_setting_stands_once_with_its_variable() -> None:
    text = (FOLDER / "settings.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert text.count(f"| `{name}`<br>`CAMID_{name.upper()}` |") == 1
    assert "| `stream_stall_s`<br>`CAMID_STREAM_STALL_S` | `8` | seconds | number, > 0 |" in text


def test_every_error_code_has_its_row() -> None:
    text = (FOLDER / "errors.md").read_text(encoding="utf-8")
    for code in (*ErrorCode, *StreamFault):
        assert f"| `{code}` |" in text


def test_the_json_schema_takes_what_has_its_form_alone() -> None:
    schema = json.loads((FOLDER / "camid-1.schema.json").read_text(encoding="utf-8"))
    assert schema["properties"]["schema"]["const"] == "camid/1"
    assert set(schema["required"]) == set(schema["properties"])


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("seconds to wait", "Seconds to wait."),
        ("x0, y0 in pixels", "x0, y0 in pixels."),
        ("Is it so?", "Is it so?"),
        ("", ""),
    ],
)
def test_descriptions_become_sentences(given: str, written: str) -> None:
    assert sentence(given) == written


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert table(("A",), [("x|y\nz",)]) == "| A |\n| --- |\n| x\\|y z |"
