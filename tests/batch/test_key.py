"""The key of an answer: what changes it, and what must not."""

from __future__ import annotations

import shutil
from pathlib import Path

from edge.batch.key import answer_key
from edge.settings import load_settings


def test_limits_and_thresholds_change_the_key_and_places_do_not(tmp_path: Path) -> None:
    plain = answer_key(load_settings())
    for change in ({"max_tiles": 9}, {"scene_text_side": 0}, {"min_read_side": 30}, {"max_osd_lines": 1}):
        assert answer_key(load_settings(**change)) != plain, change
    assert answer_key(load_settings(), min_score=0.5) != plain
    assert answer_key(load_settings(port=1, threads=1, stream_lookers=1, data_dir=tmp_path)) == plain


def test_a_fitted_number_changes_the_key(tmp_path: Path) -> None:
    plain = answer_key(load_settings())
    models = tmp_path / "models"
    shutil.copytree(load_settings().models_dir, models)
    assert answer_key(load_settings(models_dir=models)) == plain
    file = models / "thresholds.toml"
    file.write_text(file.read_text() + "\n")
    assert answer_key(load_settings(models_dir=models)) != plain
