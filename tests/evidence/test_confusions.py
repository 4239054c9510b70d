from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ErrorCode, ModelError
from edge.evidence.confusions import AFTER, BEFORE, Confusions, fold, load_confusions, tokens

LETTERS = st.text("abcdefghij", max_size=12)
COSTS = Confusions({"lt": 0.4}, {BEFORE: 0.5, AFTER: 0.7, "x": 0.9}, {"a": 0.3}, {})


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("HIKVISION", "hikvision"),
        ("tp-link", "tplink"),
        ("ＥＺＶＩＺ®", "ezviz"),
        ("@lhua", "@lhua"),
        ("海康威视", "海康威视"),
        ("i·PRO™", "ipro"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_are_parted_at_blanks_and_bars_not_at_hyphens() -> None:
    assert tokens("tp-link | VIGI  4K") == ["tplink", "vigi", "4k"]


def test_learnt_confusions_are_cheap() -> None:
    assert COSTS.similarity("athua", "alhua") == pytest.approx(1 - 0.4 / 5)
    assert COSTS.similarity("hua", "ahua") == pytest.approx(1 - 0.3 / 4)
    assert COSTS.similarity("qahua", "ahua") == pytest.approx(1 - 0.5 / 4)
    assert COSTS.similarity("ahuaq", "ahua") == pytest.approx(1 - 0.7 / 4)
    assert COSTS.similarity("ahqua", "ahua") == pytest.approx(1 - 1 / 4)
    assert COSTS.similarity("ahub", "ahua") == pytest.approx(1 - 1 / 4)


@given(LETTERS, LETTERS)
def test_similarity_lies_between_nothing_and_equality(read: str, true: str) -> None:
    similarity = COSTS.similarity(read, true)
    assert 0.0 <= similarity <= 1.0
    assert (similarity == 1.0) == (read == true)


def test_a_bad_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as missing:
        load_confusions(tmp_path)
    assert missing.value.code is ErrorCode.MODEL_MISSING
    (tmp_path / "confusions.toml").write_text(
        "[substitutions]\nab = 2.0\n[insertions]\n[deletions]\n[spellings]\n"
    )
    with pytest.raises(ModelError) as broken:
        load_confusions(tmp_path)
    assert broken.value.code is ErrorCode.MODEL_BROKEN
