"""Reading the lettering on camera housings: which housings, at which sizes and turns, within which budget.

Reading is a fixed cascade of passes, cheapest and most fruitful first (docs/design/reading.md has the
measured gain of each). The budget is counted in crops and in pixels given to the networks, never in time:
the same photo always gets the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from edge.domain import Box, Housing, Pixels, Reading, TextLine
from edge.settings import Settings
from edge.vision.loop import InferenceLoop
from edge.vision.runtime import load_manifest, open_session
from edge.vision.text_detection import Quad, TextDetector, rectify, searched_pixels
from edge.vision.text_recognition import HEIGHT, TextRecogniser, alphabet, line_width

Certain = Callable[[Sequence[TextLine]], bool]
"""Says of the lines read so far whether they settle the maker, so that no further pass is needed."""

GROWTH = 0.12
"""Share of a housing's box added on each side: marks sit at the rim, boxes are a few pixels off."""
MAX_ENLARGEMENT = 4.0
SQUARE = 1.6
"""Up to this ratio of sides a line may as well run across the other side."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One look at a crop: lettering is searched at ``long_side`` pixels in the crop turned clockwise by
    ``turn``, after grey-stretching if ``contrast``; then each line is recognised as it stands, or, if
    ``flipped``, only upside down (on the lines that the same search has already found)."""

    long_side: int
    turn: int = 0
    contrast: bool = False
    flipped: bool = False


CASCADE = (
    Pass(320),
    Pass(640),
    Pass(640, flipped=True),
    Pass(640, contrast=True),
)
ENOUGH = 2
"""Passes after which a housing counts as read even if the budget ends there."""


@dataclass(frozen=True, slots=True)
class HousingText:
    """Lines read on one housing, boxes in picture pixels, and whether the reading could be finished."""

    lines: tuple[TextLine, ...]
    reading: Reading


@dataclass(slots=True)
class _Crop:
    """A housing under reading: where its crop lies in the picture, and what was found in it so far."""

    pixels: Pixels
    x0: int
    y0: int
    quads: dict[tuple[int, int, bool], list[Quad]] = field(default_factory=dict)
    lines: list[TextLine] = field(default_factory=list)

    def long_side(self, wanted: int) -> int:
        height, width = self.pixels.shape[:2]
        return min(wanted, int(MAX_ENLARGEMENT * max(height, width)))


class TextReader:
    def __init__(
        self, detector: TextDetector, recogniser: TextRecogniser, cascade: Sequence[Pass] = CASCADE
    ) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._cascade = tuple(cascade)

    def read(
        self, pixels: Pixels, housings: Sequence[Housing], settings: Settings, certain: Certain
    ) -> list[HousingText]:
        """What stands on each housing, in the order given.

        The most promising housings are read first, pass by pass: a first look at every one of them comes
        before a second look at any. A housing leaves the round when ``certain`` says that it is settled.
        """
        chosen = promising(housings, settings)
        crops = {index: _crop(pixels, housings[index].box) for index in chosen[: settings.max_read_crops]}
        readings = dict.fromkeys(chosen, Reading.OVER_BUDGET)
        budget = settings.max_read_pixels
        open_crops = list(crops)
        for number, step in enumerate(self._cascade, start=1):
            for index in list(open_crops):
                spent = self._look(crops[index], step, budget)
                if spent is None:
                    open_crops.remove(index)
                    continue
                budget -= spent
                if number >= ENOUGH:
                    readings[index] = Reading.READ
                if certain(crops[index].lines):
                    readings[index] = Reading.READ
                    open_crops.remove(index)
        return [
            HousingText(tuple(crops[i].lines) if i in crops else (), readings.get(i, Reading.TOO_SMALL))
            for i in range(len(housings))
        ]

    def passes(self, pixels: Pixels, box: Box) -> Iterator[tuple[Pass, list[TextLine], int]]:
        """Every pass over one housing with the lines that it adds and the pixels it costs: for fitting and
        measuring."""
        crop = _crop(pixels, box)
        for step in self._cascade:
            known = len(crop.lines)
            spent = self._look(crop, step, None)
            yield step, crop.lines[known:], spent or 0

    def scan(self, pixels: Pixels, long_side: int) -> list[TextLine]:
        """Lettering anywhere in a picture, in one look at ``long_side`` pixels, or at its own size where
        that is smaller: signs, cartons, captions."""
        crop = _Crop(pixels, 0, 0)
        height, width = pixels.shape[:2]
        self._look(crop, Pass(min(long_side, max(height, width))), None)
        return crop.lines

    def _look(self, crop: _Crop, step: Pass, budget: int | None) -> int | None:
        """Adds the lines of one pass to ``crop``. The pixels spent, or None if they exceed the budget."""
        turned = _prepared(crop.pixels, step)
        side = crop.long_side(step.long_side)
        key = (side, step.turn, step.contrast)
        spent = 0
        if key in crop.quads and not step.flipped:
            return 0  # a small crop looks the same at the next size
        if key not in crop.quads:
            spent = searched_pixels(turned.shape[1], turned.shape[0], side)
            if budget is not None and spent > budget:
                return None
            crop.quads[key] = self._detector.find(turned, side)
        strips = [
            (quad, way, rectify(turned, quad, way)) for quad in crop.quads[key] for way in _ways(quad, step)
        ]
        spent += sum(line_width(strip) * HEIGHT for _, _, strip in strips)
        if budget is not None and spent > budget:
            return None
        texts = self._recogniser.read([strip for _, _, strip in strips])
        for (quad, way, _), (text, score) in zip(strips, texts, strict=True):
            if text:
                crop.lines.append(_line(text, score, quad, way, crop, step))
        return spent


def load_text_reader(
    settings: Settings, cascade: Sequence[Pass] = CASCADE, loop: InferenceLoop | None = None
) -> TextReader:
    """The reader with the models of the manifest; see ``load_text_models``."""
    return TextReader(*load_text_models(settings, loop), cascade)


def load_text_models(
    settings: Settings, loop: InferenceLoop | None = None, threads: int | None = None
) -> tuple[TextDetector, TextRecogniser]:
    """The models of the manifest, ``text_detection`` and ``text_recognition``; ``threads`` as in
    ``open_session``.

    Raises:
        ModelError: if a model is missing, altered or cannot be run.
    """
    manifest = load_manifest(settings.models_dir)
    detection = open_session(manifest.entry("text_detection"), settings, threads=threads, loop=loop)
    recognition = open_session(manifest.entry("text_recognition"), settings, threads=threads, loop=loop)
    return TextDetector(detection), TextRecogniser(recognition, alphabet(recognition))


def promising(housings: Sequence[Housing], settings: Settings) -> list[int]:
    """Indices of the housings that are large enough to be read, the most promising first: surely a camera,
    and large (above 320 pixels size adds nothing to what can be read)."""
    large = [i for i, h in enumerate(housings) if h.box.long_side >= settings.min_read_side]
    return sorted(large, key=lambda i: (-housings[i].score * min(housings[i].box.long_side, 320.0), i))


def _crop(pixels: Pixels, box: Box) -> _Crop:
    grown = box.grown(GROWTH).clipped(pixels.shape[1], pixels.shape[0])
    if grown is None:
        raise ValueError(f"{box} lies outside the picture")
    x0, y0 = int(grown.x0), int(grown.y0)
    return _Crop(pixels[y0 : int(np.ceil(grown.y1)), x0 : int(np.ceil(grown.x1))], x0, y0)


def _prepared(pixels: Pixels, step: Pass) -> Pixels:
    if step.contrast:
        pixels = _stretched(pixels)
    return np.ascontiguousarray(np.rot90(pixels, -step.turn // 90)) if step.turn else pixels


def _stretched(pixels: Pixels) -> Pixels:
    """Grey, with the local contrast equalised: brings out embossed and tone-in-tone lettering."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    equalised = cv2.createCLAHE(clipLimit=4.0, tileGridSize=(4, 4)).apply(grey)
    stretched: Pixels = cv2.cvtColor(equalised, cv2.COLOR_GRAY2BGR)
    return stretched


def _ways(quad: Quad, step: Pass) -> tuple[int, ...]:
    """The turns of a line to be recognised in this pass."""
    nearly_square = quad.width < SQUARE * quad.height
    if step.flipped:
        return (180, 90, 270) if nearly_square else (180,)
    upright = abs(float(quad.corners[1, 1] - quad.corners[0, 1])) > 0.8 * quad.width
    return (0, 180) if upright and not nearly_square else (0,)


def _line(text: str, score: float, quad: Quad, way: int, crop: _Crop, step: Pass) -> TextLine:
    along = quad.corners[1] - quad.corners[0]
    slope = round(float(np.degrees(np.arctan2(along[1], along[0]))))
    height = quad.height if way in (0, 180) else quad.width
    return TextLine(
        text=text,
        score=score,
        box=_unturned(quad.box, crop.pixels.shape[1], crop.pixels.shape[0], step.turn).moved(
            crop.x0, crop.y0
        ),
        height=height,
        turn=(step.turn + way - slope) % 360,
    )


def _unturned(box: Box, width: int, height: int, turn: int) -> Box:
    """A box in a crop that was turned clockwise by ``turn``, in the coordinates of the ``width`` × ``height``
    crop before."""
    match turn % 360:
        case 90:
            return Box(box.y0, height - box.x1, box.y1, height - box.x0)
        case 180:
            return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
        case 270:
            return Box(width - box.y1, box.x0, width - box.y0, box.x1)
        case _:
            return box
