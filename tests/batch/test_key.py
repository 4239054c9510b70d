"""The key of an answer: what changes it, and what must not."""

from __future__ import annotations

import shutil
from pathlib import Path

from edge.batch.key import _NEUTRAL, answer_key
from edge.settings import Settings, load_settings

DECISIVE = {
    "max_photo_bytes", "max_photo_pixels", "min_photo_side", "tile_overlap", "max_tiles", "max_candidates",
    "max_cameras", "max_read_crops", "max_read_pixels", "scene_text_side", "min_read_side", "osd_search_side",
    "osd_corner_side", "max_osd_lines", "max_osd_frames", "video_gap_s", "max_video_frames",
}  # fmt: skip
"""Settings that decide what is answered about a photo or a video."""


def test_of_every_setting_it_is_said_whether_it_changes_answers() -> None:
    assert {name for name in Settings.model_fields if not _NEUTRAL.fullmatch(name)} == DECISIVE


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
