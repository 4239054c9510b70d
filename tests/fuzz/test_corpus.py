"""Every kept input once through its parser, and each seed cut short and repeated to the longest there is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.target import CORPUS, Target
from tests.fuzz.targets import TARGETS

QUICK = {name: target for name, target in TARGETS.items() if not target.slow}
MOST_S = 5
"""Processor time for one input; what is sound takes milliseconds."""


def _kept(target: Target) -> Iterator[Path]:
    yield from sorted(target.corpus.iterdir())


def _run(target: Target, data: bytes) -> None:
    started = time.process_time()
    target.run(data)
    assert time.process_time() - started < MOST_S


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_no_kept_input_breaks_its_parser(target: Target) -> None:
    for path in _kept(target):
        try:
            _run(target, path.read_bytes())
        except Exception as error:
            error.add_note(f"The input is {path.relative_to(CORPUS)}.")
            raise


@pytest.mark.parametrize("target", QUICK.values(), ids=QUICK)
def test_no_input_breaks_its_parser_when_it_is_cut_or_repeated(target: Target) -> None:
    for path in target.corpus.glob("seed-*"):
        data = path.read_bytes()
        for one in (b"", data[:1], data[: len(data) // 2], (data * target.longest)[: target.longest]):
            _run(target, one)


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_seeds_that_our_own_code_makes(name: str) -> None:
    made = sum(1 for _ in seeds(name))
    assert made == len(list(TARGETS[name].corpus.glob("seed-*"))) > 0
