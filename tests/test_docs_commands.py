"""What the documents tell people to type is there: commands, options, variables, metrics, addresses."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from edge.cli import app
from edge.settings import Settings

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [ROOT / "README.md", *(ROOT / "docs/guide").glob("*.md"), *(ROOT / "docs/reference").glob("*.md")]
)
_FENCED = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_OTHERS = {"CAMID_CONFIG", "CAMID_STREAM_PASSWORD", "CAMID_SIGNING_PASSPHRASE"}
"""Variables that are read elsewhere than in the settings."""

Command = Any
"""A command or a group as Typer builds it."""


def _typed(page: Path) -> list[list[str]]:
    """The words of every `camid …` in the shell examples of ``page``, from the command on."""
    lines = "\n".join(_FENCED.findall(page.read_text(encoding="utf-8"))).replace("\\\n", " ").splitlines()
    pieces = (piece for line in lines for piece in re.split(r"&&|\||>(?!=)", _without_comment(line)))
    words = (shlex.split(piece, posix=True) for piece in pieces if "camid" in piece and piece.count("'") != 1)
    calls = ([word for word in one if "=" not in word or not word.startswith("CAMID_")] for one in words)
    return [call[1:] for call in calls if call and Path(call[0]).name == "camid"]


def _without_comment(line: str) -> str:
    return re.sub(r"\s#\s.*$|^#\s.*$", "", line)


def _unknown(words: list[str]) -> str | None:
    """The first word of a call that Camid does not know; None where it knows all."""
    command: Command = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if hasattr(command, "commands") and words and not words[0].startswith("-"):
        return words[0]
    known = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)} | {"--help"}
    flags = (word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word))
    return next((flag for flag in flags if flag not in known), None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_an_example_is_known(page: Path) -> None:
    for words in _typed(page):
        assert _unknown(words) is None, " ".join(words)


def test_examples_are_found_and_a_wrong_one_would_be() -> None:
    assert ["photo", "--annotate", "seen/", "*.jpg"] in _typed(ROOT / "README.md")
    assert _unknown(["lan", "pair", "--days", "30"]) is None
    assert _unknown(["lan", "pare"]) == "pare"
    assert _unknown(["photo", "--colour"]) == "--colour"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_variable_is_a_setting(page: Path) -> None:
    known = {f"CAMID_{name.upper()}" for name in Settings.model_fields} | _OTHERS
    assert set(re.findall(r"\bCAMID_[A-Z_]+[A-Z]\b", page.read_text(encoding="utf-8"))) <= known


def test_the_page_on_the_command_line_has_every_command() -> None:
    text = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    root: Command = typer.main.get_command(app)
    for name, one in root.commands.items():
        assert f"`camid {name}" in text
        for inner in getattr(one, "commands", {}):
            assert f"`camid {name} {inner}" in text or f"`{inner}" in text, f"{name} {inner}"


def test_metrics_that_operators_are_told_of_are_counted() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "edge/service").glob("*metrics*.py")
    )
    for page in PAGES:
        for name in re.findall(r"`(camid_[a-z_]+)", page.read_text(encoding="utf-8")):
            assert re.sub("_(total|bucket|count|sum)$", "", name) in sources, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_address_of_the_service_is_there(page: Path) -> None:
    generated = (ROOT / "docs/reference/generated/http.md").read_text(encoding="utf-8")
    paths = {
        re.sub(r"\{\w+\}", "{}", path) for path in re.findall(r"^### `\w+ (\S+)`", generated, re.MULTILINE)
    }
    for told in re.findall(r"/api/v1/[\w/{}.-]*[\w}]", page.read_text(encoding="utf-8")):
        plain = re.sub(r"\{\w+\}", "{}", told)
        assert any(path == plain or path.startswith(f"{plain}/") for path in paths), told
