from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ErrorCode, ModelError
from edge.evidence.likelihoods import (
    LikelihoodTable,
    Prior,
    Step,
    Thresholds,
    load_likelihoods,
    load_thresholds,
)

MODELS = Path(__file__).parents[2] / "models"

LIKELIHOODS = """
[prior]
other = 0.5
unlisted = 0.01
n = 40
date = "2025-01-01"
source = "counted"
[prior.platforms]
hikvision = 0.2
dahua = 0.1
[tables.mark]
n = 30
date = "2025-01-01"
command = "python scripts/fit_likelihoods.py"
steps = [{ at_least = 0.5, value = 1.0, n = 20 }, { at_least = 0.8, value = 4.0, n = 10 }]
"""

THRESHOLDS = """
[detect]
nano = 0.5
small = 0.4
[identify]
posterior = 0.95
conflict = 0.99
support = 3.0
housing = 0.5
[candidates]
min = 0.1
[mark]
similarity = 0.5
[advice]
promise = 0.8
"""


def _likelihoods(folder: Path, text: str = LIKELIHOODS) -> Path:
    (folder / "likelihoods.toml").write_text(text, "utf-8")
    return folder


def _thresholds(folder: Path, text: str = THRESHOLDS) -> Path:
    (folder / "thresholds.toml").write_text(text, "utf-8")
    return folder


def test_reads_prior_and_tables(tmp_path: Path) -> None:
    likelihoods = load_likelihoods(_likelihoods(tmp_path))
    assert likelihoods.prior.of("hikvision") == 0.2
    assert likelihoods.prior.of("never heard of") == 0.01
    assert [likelihoods.value("mark", s) for s in (0.49, 0.5, 0.79, 0.8, 1.0)] == [0.0, 1.0, 1.0, 4.0, 4.0]


def test_shipped_files_are_sound() -> None:
    likelihoods = load_likelihoods(MODELS)
    thresholds = load_thresholds(MODELS)
    assert max(likelihoods.prior.platforms.values()) < thresholds.candidates_min + 0.5
    for table in likelihoods.tables.values():
        assert table.n > 0, table.name
        assert len(table.date) == len("2025-01-01"), table.name
        assert table.command, table.name


def test_no_prior_names_anybody() -> None:
    prior = load_likelihoods(MODELS).prior
    assert prior.other > max(prior.platforms.values())


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("other = 0.5\n", "", "'other' is missing"),
        ("hikvision = 0.2", "hikvision = 0.9", "more than 1"),
        ("hikvision = 0.2", "hikvision = true", "no number"),
        ("hikvision = 0.2", "other = 0.2", "no platform"),
        ("value = 4.0", "value = 0.5", "falls"),
        ("value = 4.0", "value = nan", "not finite"),
        ("at_least = 0.8", "at_least = 0.5", "repeats"),
        ("n = 30", "n = -1", "no count"),
        ('command = "python scripts/fit_likelihoods.py"', "", "'command' is missing"),
        ("steps = [", "stairs = [", "no list of steps"),
        ("[prior]", "[prior", "likelihoods.toml"),
        ("[tables.mark]", "[[tables]]", "likelihoods.toml"),
    ],
)
def test_broken_likelihoods_are_refused(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in LIKELIHOODS
    with pytest.raises(ModelError, match=named) as caught:
        load_likelihoods(_likelihoods(tmp_path, LIKELIHOODS.replace(old, new)))
    assert caught.value.code is ErrorCode.MODEL_BROKEN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("posterior = 0.95", "posterior = 0.4"),
        ("posterior = 0.95", "posterior = 1.5"),
        ("conflict = 0.99", "conflict = 0.9"),
        ("[mark]\nsimilarity = 0.5", ""),
        ("[mark]", "[markk]"),
        ("support = 3.0", 'support = "strong"'),
        ("[detect]\n", "detect = 1\n"),
    ],
)
def test_broken_thresholds_are_refused(tmp_path: Path, old: str, new: str) -> None:
    assert old in THRESHOLDS
    with pytest.raises(ModelError) as caught:
        load_thresholds(_thresholds(tmp_path, THRESHOLDS.replace(old, new)))
    assert caught.value.code is ErrorCode.MODEL_BROKEN


def test_missing_files(tmp_path: Path) -> None:
    for load in (load_likelihoods, load_thresholds):
        with pytest.raises(ModelError) as caught:
            load(tmp_path)
        assert caught.value.code is ErrorCode.MODEL_MISSING


def test_unknown_table_is_a_broken_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'osd'"):
        load_likelihoods(_likelihoods(tmp_path)).value("osd", 1.0)


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-9, 9)), min_size=1, max_size=8),
    st.floats(-1, 1),
    st.floats(0, 1),
)
def test_a_better_score_never_says_less(raw: list[tuple[float, float]], score: float, more: float) -> None:
    ats = sorted({at for at, _ in raw})
    values = sorted(value for _, value in raw)[: len(ats)]
    steps = tuple(Step(at, max(0.0, value), 1) for at, value in zip(ats, values, strict=True))
    table = LikelihoodTable("t", steps, 1, "2025-01-01", "c")
    assert table.value(score + more) >= table.value(score)


def test_direct_construction_is_checked() -> None:
    with pytest.raises(ValueError, match="no steps"):
        LikelihoodTable("t", (), 0, "2025-01-01", "c")
    with pytest.raises(ValueError, match="between 0 and 1"):
        Prior({}, other=0.5, unlisted=0.0, n=1, date="2025-01-01", source="s")
    with pytest.raises(ValueError, match="out of range"):
        Thresholds(-0.1, 0.5, 0.9, 0.9, 3.0, 0.5, 0.1, 0.5, 0.8)
