"""The key of an answer: what changes it, and what must not."""

from __future__ import annotations

import shutil
from pathlib import Path

from edge.batch.key import CHANGING, answer_key
from edge.settings import Settings, load_settings

NEUTRAL = {
    "host",
    "port",
    "data_dir",
    "token",
    "max_photos_per_request",
    "max_queued_photos",
    "max_request_bytes",
    "max_archive_depth",
    "max_event_clients",
    "max_decode_seconds",
    "max_osd_frames",
    "max_streams",
    "upload_idle_s",
    "models_dir",
    "provider",
    "threads",
    "loop_batch",
}
NEUTRAL_KINDS = ("stream_", "batch_", "mqtt_", "protocol_", "discover_", "onvif_", "max_validation", "event_")


def test_of_every_setting_it_is_known_whether_it_changes_an_answer() -> None:
    for name in Settings.model_fields:
        neutral = name in NEUTRAL or name.startswith(NEUTRAL_KINDS)
        assert neutral != (name in CHANGING), name


def test_limits_and_thresholds_change_the_key_and_places_do_not(tmp_path: Path) -> None:
    plain = answer_key(load_settings())
    assert answer_key(load_settings(max_tiles=9)) != plain
    assert answer_key(load_settings(), min_score=0.5) != plain
    assert answer_key(load_settings(port=1, threads=1, data_dir=tmp_path)) == plain


def test_a_fitted_number_changes_the_key(tmp_path: Path) -> None:
    plain = answer_key(load_settings())
    models = tmp_path / "models"
    shutil.copytree(load_settings().models_dir, models)
    assert answer_key(load_settings(models_dir=models)) == plain
    file = models / "thresholds.toml"
    file.write_text(file.read_text() + "\n")
    assert answer_key(load_settings(models_dir=models)) != plain
