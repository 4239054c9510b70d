"""Grading what displays were read as."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.domain import Identification, Osd, Verdict
from scripts.evaluate_osd import Answer, Figures, as_markdown, measure, spaced
from scripts.evaluation.osd import OsdLabel, load_labels
from tests.support.shared import shared_data


def label(**changes: object) -> OsdLabel:
    given: dict[str, object] = {
        "path": Path("frame.jpg"),
        "source": "ours",
        "vendor": "reolink",
        "mark": "Reolink",
        "stamp": "2024-05-14  10:33:20",
        "stamp_uncertain": False,
        "channel": None,
        "overlay_by": "camera",
        "negative": False,
        "height": 20.0,
    }
    return OsdLabel(**{**given, **changes})  # type: ignore[arg-type]


def answer(stamp: str | None, brand: str | None) -> Answer:
    named = (
        Identification(Verdict.IDENTIFIED, brand=brand, platform=brand, confidence=0.99) if brand else None
    )
    return Answer(Osd(stamp, None) if stamp else None, named, None)


def test_right_and_wrong_are_counted_apart() -> None:
    figures = Figures()
    figures.add(label(), answer("2024-05-14 10:33:20", "reolink"))
    figures.add(label(), answer("2024-05-14 10:33:26", "hikvision"))
    figures.add(label(vendor=None, mark=None, stamp=None, negative=True), answer(None, None))
    assert (figures.stamps.count, figures.stamps.total) == (1, 2)
    assert (figures.tall_stamps.count, figures.tall_stamps.total) == (1, 2)
    assert (figures.named.count, figures.named.total) == (1, 2)
    assert (figures.wrong.count, figures.wrong.total) == (1, 3)
    assert figures.faults == ["frame.jpg: reolink was called hikvision"]
    assert "1/2" in as_markdown("ours", figures)


def test_uncertain_stamps_are_not_scored() -> None:
    figures = Figures()
    figures.add(label(stamp_uncertain=True), answer("2024-05-14 10:33:20", "reolink"))
    assert figures.stamps.total == 0


def test_how_many_blanks_there_are_is_no_text() -> None:
    assert spaced("2024-05-14   10:33:20") == "2024-05-14 10:33:20"
    assert spaced(None) is None


def test_labels_of_frames_and_clips_are_read(tmp_path: Path) -> None:
    row = {
        "file": "a.jpg",
        "source": "ours",
        "osd_vendor": None,
        "watermark": None,
        "timestamp_text": "2024-05-14 10:33:20",
        "timestamp_uncertain": None,
        "channel_text": "CAM 1",
        "overlay_by": "nvr",
        "negative": False,
    }
    (tmp_path / "clips").mkdir()
    (tmp_path / "labels.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    clip = row | {"file": "b.mp4", "timestamp_last": "2024-05-14 10:33:29"}
    (tmp_path / "clips" / "labels.jsonl").write_text(json.dumps(clip) + "\n", "utf-8")
    still, moving = load_labels(tmp_path)
    assert (still.stamp, still.is_clip, still.marked) == ("2024-05-14 10:33:20", False, False)
    assert (moving.stamp, moving.is_clip) == ("2024-05-14 10:33:29", True)
    assert moving.path == tmp_path / "clips" / "b.mp4"


@pytest.mark.shared
@pytest.mark.long
def test_real_frames_are_read_and_nobody_is_named_wrongly() -> None:
    figures = measure(load_labels(shared_data() / "osd" / "dev"))
    assert figures.faults == []
    assert figures.stamps.count >= 0.85 * figures.stamps.total
    assert figures.named.count >= 0.8 * figures.named.total
