"""How well faults of a picture are told: ``python -m scripts.measure_faults``.

On the real frames and clips of the shared train set, which have no fault, and on the same frames blurred,
their displays left sharp; on drawn still scenes with and without sensor noise, through a codec. Prints what
docs/design/streams.md tells.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import av
import cv2
import numpy as np

from edge.domain import Pixels
from edge.streams.faults import PictureWatch, measure
from edge.streams.scene import likeness, thumbnail
from edge.streams.state import PictureFault

SIGMAS = (0, 2, 3, 4, 6)
"""Of the blur, in pixels of a picture 640 wide."""
NOISES = (0.3, 0.7, 2.0, 4.0)
KBPS = (300, 1000, 3000)
SIZE, FPS, SECONDS = (1280, 720), 10, 10
_BOXES = ("timestamp_box", "channel_box", "watermark_box")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    folder = parser.parse_args().data / "osd" / "train"
    print_frames(folder)
    print_clips(folder / "clips")
    print_still()


def print_frames(folder: Path) -> None:
    """Faults found in single frames, as they are and blurred."""
    text = (folder / "labels.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    pictures = [(row, cv2.imread(str(folder / row["file"]))) for row in rows]
    for sigma in SIGMAS:
        found = [measure(blurred(picture, row, sigma)) for row, picture in pictures if picture is not None]
        told = sum(one.blurred for one in found)
        unknown = sum(one.blur is None for one in found)
        black = sum(one.black for one in found)
        tinted = sum(one.tinted for one in found)
        print(f"blur {sigma}: {told} of {len(found)} blurred, {unknown} open; black {black}, tinted {tinted}")


def blurred(picture: Pixels, row: dict[str, object], sigma: float) -> Pixels:
    """The picture out of focus behind its display, as JPEG gives it back."""
    if not sigma:
        return picture
    soft = cv2.GaussianBlur(picture, (0, 0), sigma * picture.shape[1] / 640)
    for box in filter(None, (row.get(name) for name in _BOXES)):
        assert isinstance(box, list)
        x0, y0, x1, y1 = map(int, box)
        soft[y0:y1, x0:x1] = picture[y0:y1, x0:x1]
    _, data = cv2.imencode(".jpg", soft, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def print_clips(folder: Path) -> None:
    """Faults found in real clips, and how alike their pictures are."""
    within: list[float] = []
    first, faulty = [], 0
    for path in sorted(folder.glob("*.mp4")):
        watch, thumbnails = PictureWatch(), []
        for at, picture in frames(path):
            watch.add(picture, at)
            thumbnails.append(thumbnail(picture))
        faulty += bool(watch.faults())
        within.extend(likeness(thumbnails[0], other) for other in thumbnails[1:])
        first.append(thumbnails[0])
    between = [likeness(one, other) for one, other in combinations(first, 2)]
    print(f"clips: {faulty} of {len(first)} with a fault")
    print(f"likeness within a clip, least 1, 5, 50 %: {np.percentile(within, [0, 1, 5, 50]).round(2)}")
    print(f"likeness between clips, 50, 95, 99 %, most: {np.percentile(between, [50, 95, 99, 100]).round(2)}")


def print_still() -> None:
    """Whether still scenes count as frozen: the same picture again and again, and new noise in each. A clock
    that is known to be there and has not ticked makes both frozen: in a scene it would have ticked."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (SIZE[1] // 16, SIZE[0] // 16, 3), np.uint8)
    day = cv2.GaussianBlur(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC), (0, 0), 1.5)
    for kbps in KBPS:
        for noise in NOISES:
            same = [grainy(day, noise, random)] * (FPS * SECONDS)
            other = [grainy(day, noise, random) for _ in same]
            print(
                f"{kbps} kbit/s, noise {noise:g}: the same picture {still(same, kbps)}, "
                f"new noise {still(other, kbps)}"
            )


def still(pictures: Sequence[Pixels], kbps: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = encoded(pictures, Path(folder) / "still.mp4", kbps)
        watch = PictureWatch()
        for at, picture in frames(path):
            watch.add(picture, at)
    without, beside = (PictureFault.FROZEN in watch.faults(has_clock=clock) for clock in (False, True))
    return "frozen" if without else "frozen if it has a clock" if beside else "not frozen"


def grainy(picture: Pixels, deviation: float, random: np.random.Generator) -> Pixels:
    noise = random.normal(0, deviation, (*picture.shape[:2], 1))
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def encoded(pictures: Sequence[Pixels], path: Path, kbps: int) -> Path:
    options = {"preset": "veryfast", "bf": "0", "maxrate": f"{kbps}k", "bufsize": f"{kbps}k"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.gop_size, stream.bit_rate = "yuv420p", 2 * FPS, kbps * 1000
        stream.time_base = Fraction(1, FPS)
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        container.mux(stream.encode(None))
    return path


def frames(path: Path, every_s: float = 0.5) -> Iterator[tuple[float, Pixels]]:
    last = -every_s
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            at = float(frame.time or 0)
            if at - last >= every_s - 1e-6:
                last = at
                yield at, frame.to_ndarray(format="bgr24").astype(np.uint8)


if __name__ == "__main__":
    main()
