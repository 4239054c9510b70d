"""Draws short clips as a camera would send them, and encodes them: a scene, an on-screen display whose clock
ticks, a wordmark. A clip is made once for each set of parameters and kept in the temporary folder.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Literal

import av
import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from edge.domain import Pixels
from tests.support.pictures import textured

Codec = Literal["h264", "hevc", "mjpeg"]
Place = Literal["top-left", "top-right", "bottom-left", "bottom-right"]

ENCODERS = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}
OPTIONS = {
    "h264": {"preset": "veryfast", "bf": "0", "sc_threshold": "0", "x264-params": "scenecut=0"},
    "hevc": {"preset": "ultrafast", "x265-params": "bframes=0:scenecut=0:open-gop=0:info=0:log-level=none"},
    # RTP carries JPEG without Huffman tables (RFC 2435), so they have to be the standard's own.
    "mjpeg": {"huffman": "default"},
}


@dataclass(frozen=True, slots=True)
class Text:
    """A line of the display: ``text`` goes through strftime, so ``%H:%M:%S`` is the running clock.

    ``size`` is the height of the font in pixels, ``opacity`` a share; ``boxed`` puts it on a half-transparent
    box, otherwise it has a black outline.
    """

    text: str
    place: Place = "top-left"
    size: int = 20
    opacity: float = 1.0
    boxed: bool = False


CLOCK = Text("%Y-%m-%d %H:%M:%S")
CHANNEL = Text("Camera 01", "bottom-right")


@dataclass(frozen=True, slots=True)
class Clip:
    """What is drawn. ``gop`` is in frames, ``kbps`` the mean bit rate, ``starts`` the moment that the clock
    of the first frame shows; ``infrared`` makes it grey, as at night. A ``frozen`` clip repeats its first
    picture, a ``black`` one has the display and nothing else."""

    codec: Codec = "h264"
    width: int = 640
    height: int = 360
    fps: int = 10
    gop: int = 10
    seconds: float = 4.0
    kbps: int = 500
    texts: tuple[Text, ...] = (CLOCK, CHANNEL)
    starts: datetime = datetime(2026, 3, 14, 9, 26, 50, tzinfo=UTC)
    picture: Literal["scene", "black", "frozen"] = "scene"
    infrared: bool = False
    seed: int = 0

    @property
    def frames(self) -> int:
        return max(1, round(self.seconds * self.fps))

    def shown_at(self, frame: int) -> datetime:
        """The moment that the clock of that frame shows, counted from 0, with fractions of a second."""
        return self.starts + timedelta(seconds=0 if self.picture == "frozen" else frame / self.fps)


def wordmark(text: str, place: Place = "top-right", size: int = 32, opacity: float = 0.9) -> Text:
    """A maker's name as a watermark."""
    return Text(text.replace("%", "%%"), place, size, opacity)


def make_clip(clip: Clip | None = None, **changes: object) -> Path:
    """The file of a clip: MP4, or MOV for MJPEG. ``changes`` replace fields of ``clip``."""
    clip = replace(clip or Clip(), **changes)  # type: ignore[arg-type]
    folder = Path(tempfile.gettempdir()) / f"camid-clips-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    name = hashlib.sha256(_own_text() + repr(clip).encode()).hexdigest()[:20]
    path = folder / f"{name}.{'mov' if clip.codec == 'mjpeg' else 'mp4'}"
    if not path.is_file():
        unfinished = path.with_name(f"{os.getpid()}-{path.name}")
        encode(clip, unfinished)
        unfinished.rename(path)
    return path


def encode(clip: Clip, path: Path) -> None:
    """Draws the clip into a file, without B-frames, as cameras send it."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(ENCODERS[clip.codec], rate=clip.fps, options=_options(clip))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = clip.width, clip.height
        stream.pix_fmt = "yuvj420p" if clip.codec == "mjpeg" else "yuv420p"
        stream.bit_rate = clip.kbps * 1000
        stream.gop_size = clip.gop
        stream.codec_context.thread_count = 1
        stream.time_base = Fraction(1, clip.fps)
        for pixels in draw(clip):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "bgr24")))
        container.mux(stream.encode(None))


def draw(clip: Clip) -> Iterator[Pixels]:
    """The pictures of a clip, BGR, before they are encoded."""
    scene = np.zeros((clip.height, clip.width, 3), np.uint8) if clip.picture == "black" else _scene(clip)
    for number in range(clip.frames):
        shown = scene.copy()
        if clip.picture != "black":
            _draw_mover(shown, 0 if clip.picture == "frozen" else number / clip.fps, clip.infrared)
        for text in clip.texts:
            _put(shown, text, clip.shown_at(number).strftime(text.text))
        yield shown


@lru_cache(1)
def _own_text() -> bytes:
    return Path(__file__).read_bytes()


def _options(clip: Clip) -> dict[str, str]:
    options = {**OPTIONS[clip.codec]}
    if clip.codec == "mjpeg":
        return options
    options |= {"maxrate": f"{clip.kbps}k", "bufsize": f"{clip.kbps}k", "keyint_min": str(clip.gop)}
    if clip.codec == "hevc":
        options["x265-params"] += f":keyint={clip.gop}:min-keyint={clip.gop}:pools=none:frame-threads=1"
    return options


def _scene(clip: Clip) -> Pixels:
    """Sky, wall with windows, ground; grain of a sensor on all of it."""
    width, height = clip.width, clip.height
    grey = textured(width, height, clip.seed).mean(axis=2, keepdims=True)
    scene = np.repeat(grey / 4, 3, axis=2).astype(np.uint8)
    scene[: height // 3] += np.array([170, 150, 130], np.uint8)
    scene[height // 3 : height * 3 // 4] += np.array([120, 140, 150], np.uint8)
    scene[height * 3 // 4 :] += np.array([70, 75, 80], np.uint8)
    for column in range(5):
        left = int((0.06 + 0.19 * column) * width)
        corner = (left + width // 10, int(0.62 * height))
        cv2.rectangle(scene, (left, int(0.42 * height)), corner, (118, 98, 78), -1)
    return _infrared(scene) if clip.infrared else scene


def _infrared(scene: Pixels) -> Pixels:
    """Grey, bright in the middle where the camera's own light falls."""
    height, width = scene.shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 1.1 - 0.45 * (x**2 + y**2)
    grey = cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY) * light
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _draw_mover(shown: Pixels, seconds: float, grey: bool) -> None:
    """A box that drives over the ground at a tenth of the width a second."""
    height, width = shown.shape[:2]
    left = int((0.1 + seconds * 0.1) % 1 * width)
    corner = (left + width // 12, int(0.86 * height))
    cv2.rectangle(shown, (left, int(0.80 * height)), corner, (60, 60, 60) if grey else (40, 40, 170), -1)


def _put(shown: Pixels, text: Text, words: str) -> None:
    """Blends a line of the display into the picture."""
    colour, cover = _lettering(words, text.size, text.boxed)
    height, width = shown.shape[:2]
    margin = max(4, text.size // 2)
    y = margin if text.place.startswith("top") else height - margin - cover.shape[0]
    x = margin if text.place.endswith("left") else width - margin - cover.shape[1]
    x, y = max(0, x), max(0, y)
    under = shown[y : y + cover.shape[0], x : x + cover.shape[1]]
    cover = cover[: under.shape[0], : under.shape[1], None] * text.opacity
    under[:] = under * (1 - cover) + colour[: under.shape[0], : under.shape[1], None] * cover


@lru_cache(256)
def _lettering(words: str, size: int, boxed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Grey value and cover (0 to 1) of white letters, H×W each, in Pillow's own font."""
    font = ImageFont.load_default(size)
    outline = max(1, size // 12)
    box = font.getbbox(words, stroke_width=outline)
    area = (int(box[2] - box[0]) + 2, int(box[3] - box[1]) + 2)
    at = (1 - box[0], 1 - box[1])
    cover, letters = Image.new("L", area, 110 if boxed else 0), Image.new("L", area, 0)
    ImageDraw.Draw(cover).text(at, words, 255, font, stroke_width=0 if boxed else outline)
    ImageDraw.Draw(letters).text(at, words, 255, font)
    return np.asarray(letters), np.asarray(cover) / 255
