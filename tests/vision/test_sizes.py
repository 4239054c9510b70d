"""Which detector runs where, and that answers of different ones are told apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tomlkit

from edge.batch.key import answer_key
from edge.errors import ErrorCode, ModelError
from edge.settings import load_settings
from edge.vision import sizes
from edge.vision.detector import load_detector
from edge.vision.sizes import LARGER, SLOW_S, detector_size, fitting, models_in_use


@pytest.fixture
def without_larger(tmp_path: Path) -> Path:
    models = tmp_path / "models"
    shutil.copytree(load_settings().models_dir, models)
    manifest = tomlkit.parse((models / "manifest.toml").read_text())
    del manifest[LARGER]
    (models / "manifest.toml").write_text(tomlkit.dumps(manifest))
    return models


@pytest.mark.parametrize("size", ["nano", "small"])
def test_the_settings_decide(size: str) -> None:
    assert detector_size(load_settings(detector=size)) == size


def test_a_slow_machine_gets_the_small_network() -> None:
    assert fitting(SLOW_S) == "nano"
    assert fitting(0.9 * SLOW_S) == "small"


@pytest.mark.parametrize(("slow_s", "size"), [(0.0, "nano"), (1e9, "small")])
def test_auto_measures_once_a_process(monkeypatch: pytest.MonkeyPatch, slow_s: float, size: str) -> None:
    sizes._measured.cache_clear()
    monkeypatch.setattr(sizes, "SLOW_S", slow_s)
    try:
        assert detector_size(load_settings()) == size
        monkeypatch.setattr(sizes, "SLOW_S", 1e9 - slow_s)
        assert detector_size(load_settings()) == size
    finally:
        sizes._measured.cache_clear()


def test_models_of_ones_own_need_not_have_two_detectors(without_larger: Path) -> None:
    assert detector_size(load_settings(models_dir=without_larger)) == "nano"
    with pytest.raises(ModelError) as error:
        load_detector(load_settings(models_dir=without_larger, detector="small"), 0.3)
    assert error.value.code is ErrorCode.MODEL_MISSING


def test_answers_say_which_one_gave_them() -> None:
    nano, small = load_settings(detector="nano"), load_settings(detector="small")
    assert LARGER not in models_in_use(nano)
    assert LARGER in models_in_use(small)
    assert "detector" in models_in_use(nano)
    assert answer_key(nano) != answer_key(small)
    assert answer_key(load_settings()) == answer_key(load_settings(detector=detector_size(load_settings())))
