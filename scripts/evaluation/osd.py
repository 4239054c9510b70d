"""Labelled frames and clips with on-screen displays, real or drawn, and what each was read as.

The labels have one form: ``labels.jsonl`` beside the frames, and beside the clips in ``clips/``. Readings are
kept on disk, keyed by the file, so that fitting does not read again.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2

from edge.domain import Pixels
from edge.vision.display_marks import DisplayMarks
from edge.vision.gallery import Gallery, GalleryMatch
from edge.vision.overlay import OsdReader, Overlay
from scripts.reading_cache import load_pixels

CLIP_FRAMES = 60
"""Frames of a clip that are decoded; the reader takes some of them."""


@dataclass(frozen=True, slots=True)
class OsdLabel:
    """``vendor`` is set where the mark that names it can be seen. ``stamp`` None: none, or not to be scored
    (``stamp_uncertain``). ``height`` is that of the clock's letters in pixels, for drawn ones."""

    path: Path
    source: str
    vendor: str | None
    mark: str | None
    stamp: str | None
    stamp_uncertain: bool
    channel: str | None
    overlay_by: str | None
    negative: bool
    height: float | None

    @property
    def is_clip(self) -> bool:
        return self.path.suffix == ".mp4"

    @property
    def marked(self) -> bool:
        return self.mark is not None and self.vendor is not None


@dataclass(frozen=True, slots=True)
class OsdReading:
    label: OsdLabel
    overlay: Overlay
    matches: tuple[GalleryMatch, ...]


def load_labels(folder: Path) -> list[OsdLabel]:
    """Of the frames in ``folder``, then of its clips."""
    found = []
    for place in (folder, folder / "clips"):
        if (place / "labels.jsonl").is_file():
            rows = (place / "labels.jsonl").read_text("utf-8").splitlines()
            found += [_label(place, json.loads(row)) for row in rows if row.strip()]
    return found


def _label(folder: Path, row: dict[str, Any]) -> OsdLabel:
    clip = row["file"].endswith(".mp4")
    # A drawn clip's label tells its last stamp apart; a real clip has none, for it is of a frame.
    stamp = row.get("timestamp_last") if clip else row["timestamp_text"]
    return OsdLabel(
        path=folder / row["file"],
        source=row["source"],
        vendor=row["osd_vendor"],
        mark=row["watermark"],
        stamp=stamp,
        stamp_uncertain=bool(row["timestamp_uncertain"]),
        channel=row["channel_text"],
        overlay_by=row["overlay_by"],
        negative=bool(row.get("negative")),
        height=row.get("height_px"),
    )


def frames_of(label: OsdLabel) -> list[Pixels]:
    """The picture, or the first frames of the clip, oldest first."""
    if not label.is_clip:
        return [load_pixels(label.path)]
    with av.open(str(label.path)) as container:
        frames: list[Pixels] = []
        for frame in container.decode(video=0):
            frames.append(cv2.cvtColor(frame.to_ndarray(format="rgb24"), cv2.COLOR_RGB2BGR))
            if len(frames) == CLIP_FRAMES:
                break
    return frames


def read_all(
    labels: Sequence[OsdLabel], reader: OsdReader, marks: DisplayMarks, gallery: Gallery, cache: Path
) -> Iterator[OsdReading]:
    """Reads each display, or takes what the cache holds of it."""
    cache.mkdir(parents=True, exist_ok=True)
    for label in labels:
        kept = cache / f"{label.path.parent.parent.name}-{label.path.parent.name}-{label.path.name}.pickle"
        if kept.is_file():
            overlay, matches = pickle.loads(kept.read_bytes())
        else:
            frames = frames_of(label)
            overlay = reader.read(frames, recorded=True)
            lines = [one.line for one in overlay.lines]
            matches = tuple(marks.matches(reader.chosen(frames), lines, gallery))
            kept.write_bytes(pickle.dumps((overlay, matches)))
        yield OsdReading(label, overlay, matches)
