"""The list of guards cannot rot: each text stands where it says, each test exists, each attack is told of."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from scripts.prove_guards import ROOT, Guard, Outcome, prove, read_guards

GUARDS = read_guards()
TOLD = (ROOT / "docs" / "reference" / "security.md").read_text("utf-8")


def named(guard: Guard) -> str:
    return f"{guard.file}: {guard.replaced[0][0].strip()[:40]}"


@pytest.mark.parametrize("guard", GUARDS, ids=named)
def test_a_guard_can_be_taken_out_and_its_test_is_there(guard: Guard) -> None:
    text = (ROOT / guard.file).read_text("utf-8")
    without = guard.taken_out_of(text)
    assert without != text
    if guard.file.endswith(".py"):
        ast.parse(without)
    file, _, name = guard.test.partition("::")
    assert not name or f"def {name}(" in (ROOT / file).read_text("utf-8")


@pytest.mark.parametrize("attack", sorted({guard.attack for guard in GUARDS}))
def test_every_attack_is_told_of(attack: str) -> None:
    assert f"| {attack.partition(':')[0]}" in TOLD


def test_the_page_on_security_names_tests_that_are_there() -> None:
    named = re.findall(r"`([a-z0-9_/]+/test_\w+\.py)`", TOLD)
    assert len(named) > 20
    for name in named:
        assert (ROOT / "tests" / name.removeprefix("tests/")).is_file(), name


def test_the_page_on_security_says_how_many_guards_were_proven() -> None:
    """Whoever adds one proves it: `make prove-guards`."""
    assert f"for all {len(GUARDS)} guards" in TOLD


def test_a_text_that_is_not_there_once_is_named() -> None:
    guard = Guard("a", "a.py", (("x", "y"),), "tests")
    assert guard.taken_out_of("ax") == "ay"
    for text in ("", "xx"):
        with pytest.raises(ValueError, match=r"a\.py"):
            guard.taken_out_of(text)


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("test_it.py::test_needs_it", Outcome.PROVEN),
        ("test_it.py::test_needs_nothing", Outcome.USELESS),
        ("test_it.py::test_is_none", Outcome.BROKEN),
    ],
)
def test_what_a_test_does_without_its_guard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test: str, outcome: Outcome
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # which takes most of the time
    (tmp_path / "guarded.py").write_text("GUARD = True\n")
    (tmp_path / "test_it.py").write_text(
        "import guarded\n\ndef test_needs_it():\n    assert guarded.GUARD\n\n"
        "def test_needs_nothing():\n    pass\n"
    )
    found, why = prove(Guard("a", "guarded.py", (("True", "False"),), test), tmp_path)
    assert found is outcome
    assert ("assert False" in why) is (outcome is Outcome.PROVEN)
    assert (tmp_path / "guarded.py").read_text() == "GUARD = True\n"
