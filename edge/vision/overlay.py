"""The on-screen display of a picture: the lettering that was drawn over it, and how it behaves over frames.

Displays stand at the upper and lower rim, so only two bands are searched, and where there is a display its
corners once more for faint marks; each line found is cut from the frame at its own size and read. A line that
looks like a clock is read in several ways, for its every character counts, and with several frames every line
is read in each of them: what belongs to a display stays where it is. Cost is bounded by counts and pixels,
never by time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from edge.domain import Box, Pixels, TextLine
from edge.settings import Settings
from edge.vision.text_detection import DetectionParameters, Quad, TextDetector, rectify
from edge.vision.text_recognition import TextRecogniser

UPPER, LOWER = 0.17, 0.20
"""Shares of the frame's height that are searched: the lower band holds info bars with logos."""
LARGE, LARGE_SHARE = 1.6, 0.75
"""Photos larger than this many times the search side are searched at a share of it."""
HUGE, HUGE_SHARE = 3.0, 0.5
"""The same for photos larger than nearly all frames: a display on them is in large letters."""
CORNER = 0.25
"""Share of the frame's width that is searched again for faint marks in each corner."""
FAINT = DetectionParameters(threshold=0.25, region_threshold=0.4, max_regions=6)
"""How sure the detector must be in a corner: what is no mark is told by what it says."""
SMALLEST = 96
"""Pixels of a side below which a picture has no display that could be read."""
LEVEL = 0.06
"""Slope (rise over run) up to which a line counts as level: displays are never turned."""
SHORT, SHORT_LEVEL = 3.5, 0.3
"""Width to height under which a word's slope is told badly, for its letters reach up and down unevenly."""
SYMBOL = 2.0
"""Height to width up to which an upright find may be a symbol; more is a line on end."""
KNOWN = 0.4
"""Share of the smaller of two finds that the other covers from which they are one."""
DIGITS = 5
"""Digits from which a line may be a clock, or half of one."""
VIEWS = ((0.0, 0.0), (0.5, 0.0), (0.25, 0.12), (0.8, -0.08))
"""How a clock is cut out, as shares of its height added at the ends and above and below: first as the
detector gave it, then until a reading is whole."""

Whole = Callable[[str], bool]
"""Says of a text whether it is a complete clock, so that no other view of the line is needed."""


def _never(text: str) -> bool:
    return not text  # an empty text is never asked about


@dataclass(frozen=True, slots=True)
class OverlayLine:
    """A level line of lettering near the rim. ``line`` is its best single reading in the newest frame,
    ``views`` all of them, ``line`` first; ``before`` holds the readings of the older frames, oldest first,
    None where nothing was legible at that place."""

    line: TextLine
    views: tuple[TextLine, ...]
    before: tuple[TextLine | None, ...]


@dataclass(frozen=True, slots=True)
class Overlay:
    """All level lines near the rim of ``frames`` pictures of ``width`` × ``height`` pixels, from the top
    down."""

    width: int
    height: int
    frames: int
    lines: tuple[OverlayLine, ...] = ()


class OsdReader:
    """``faint`` is the detector for the corners. ``whole`` ends the reading of a clock as soon as two views
    of it agree; without it every view is read."""

    def __init__(
        self,
        detector: TextDetector,
        faint: TextDetector,
        recogniser: TextRecogniser,
        settings: Settings,
        whole: Whole = _never,
    ) -> None:
        self._detector = detector
        self._faint = faint
        self._recogniser = recogniser
        self._settings = settings
        self._whole = whole

    @property
    def reads(self) -> bool:
        """Whether the settings have displays read at all."""
        return self._settings.osd_search_side > 0

    def read(self, frames: Sequence[Pixels], *, recorded: bool = False) -> Overlay:
        """The display of one camera, from one picture or several of the same size, oldest first.
        ``recorded`` says that a camera surely recorded them; the corners of a photo larger than a frame are
        only searched for marks if there is a clock.

        Raises:
            ValueError: without a frame, or if their sizes differ.
            ModelError: ``model_broken`` if a model fails.
        """
        if not frames or len({frame.shape for frame in frames}) != 1:
            raise ValueError("a display is read from one frame or several of one size")
        chosen = self.chosen(frames)
        height, width = chosen[-1].shape[:2]
        newest = chosen[-1]
        if min(height, width) < SMALLEST or not self.reads:
            return Overlay(width, height, len(chosen))
        quads = self._find(newest, self._side(max(height, width), recorded))
        lines = self._read(chosen, quads)
        small = max(height, width) <= LARGE * self._settings.osd_search_side
        if recorded or small or any(_digits(line.line.text) >= DIGITS for line in lines):
            more = self._find_faint(newest, [line.line.box for line in lines])
            lines += self._read(chosen, more[: max(0, self._settings.max_osd_lines - len(lines))])
            lines = self._again(newest, lines)
        return Overlay(width, height, len(chosen), tuple(sorted(lines, key=_top_down)))

    def chosen(self, frames: Sequence[Pixels]) -> list[Pixels]:
        """Those of ``frames`` that a look reads."""
        return spread(frames, self._settings.max_osd_frames)

    def _side(self, long_side: int, recorded: bool) -> int:
        """Pixels at which the bands are searched: a large photo is no frame of a small camera, and letters
        grow with their picture."""
        wanted = self._settings.osd_search_side
        if recorded or long_side <= LARGE * wanted:
            return wanted
        return round(wanted * (LARGE_SHARE if long_side <= HUGE * wanted else HUGE_SHARE))

    def _find(self, frame: Pixels, wanted: int) -> list[Quad]:
        """Level lines in both bands, the surest first, as many as the settings allow."""
        height = frame.shape[0]
        found = []
        for top, bottom in ((0, round(height * UPPER)), (height - round(height * LOWER), height)):
            band = frame[top:bottom]
            side = min(max(band.shape[:2]), wanted)
            quads = (_level(quad) for quad in self._detector.find(band, side))
            found += [_moved(quad, top) for quad in quads if quad is not None]
        found.sort(key=lambda quad: (-quad.score, quad.box.as_tuple()))
        return found[: self._settings.max_osd_lines]

    def _find_faint(self, frame: Pixels, known: Sequence[Box]) -> list[Quad]:
        """Level lines in the corners that are not ``known``."""
        height, width = frame.shape[:2]
        across, down = round(width * CORNER), round(height * LOWER)
        found = []
        for x, y in ((0, 0), (width - across, 0), (0, height - down), (width - across, height - down)):
            corner = frame[y : y + down, x : x + across]
            for quad in map(_level, self._faint.find(corner, self._settings.osd_corner_side)):
                if quad is None or _is_cut(quad.box, across, leftmost=x == 0):
                    continue
                moved = _moved(quad, y, x)
                if not any(_is_known(moved.box, box) for box in known):
                    found.append(moved)
        return sorted(found, key=lambda quad: (-quad.score, quad.box.as_tuple()))

    def _read(self, frames: Sequence[Pixels], quads: Sequence[Quad]) -> list[OverlayLine]:
        if not quads:
            return []
        newest = frames[-1]
        strips = [rectify(newest, quad) for quad in quads]
        lines = []
        for quad, read in zip(quads, self._recogniser.read(strips), strict=True):
            views = self._views(newest, quad, _line(quad, *read))
            if views:
                best = max(views, key=lambda view: (self._whole(view.text), view.score))
                lines.append((quad, (best, *(view for view in views if view is not best))))
        older = [self._texts(frame, [quad for quad, _ in lines]) for frame in frames[:-1]]
        return [
            OverlayLine(views[0], views, tuple(frame[i] for frame in older))
            for i, (quad, views) in enumerate(lines)
        ]

    def _views(self, frame: Pixels, quad: Quad, first: TextLine) -> list[TextLine]:
        """All readings of one line: one, or for a clock as many as it takes for two to agree."""
        views = [first] if first.text else []
        if _digits(first.text) < DIGITS:
            return views
        for ends, sides in VIEWS[1:]:
            wider = _grown(quad, ends * quad.height, sides * quad.height)
            text, score = self._recogniser.read([rectify(frame, wider)])[0]
            agreed = self._whole(text) and any(view.text == text for view in views)
            if text:
                views.append(_line(quad, text, score))
            if agreed:
                break
        return views

    def _again(self, frame: Pixels, lines: Sequence[OverlayLine]) -> list[OverlayLine]:
        """Lines in the corners, where marks stand, are read dark for light too, and with their contrast
        stretched: a recogniser that sees one letter wrong often sees it right so."""
        again = [i for i, one in enumerate(lines) if _may_be_mark(one.line, frame.shape[1])]
        strips = [_strip(frame, lines[i].line.box) for i in again]
        read = self._recogniser.read([view(strip) for view in MARK_VIEWS for strip in strips])
        views: dict[int, list[TextLine]] = {i: [] for i in again}
        for number, (text, score) in enumerate(read):
            if text:
                index = again[number % len(again)]
                views[index].append(replace(lines[index].line, text=text, score=score))
        return [replace(one, views=(*one.views, *views.get(i, ()))) for i, one in enumerate(lines)]

    def _texts(self, frame: Pixels, quads: Sequence[Quad]) -> list[TextLine | None]:
        read = self._recogniser.read([rectify(frame, quad) for quad in quads])
        return [
            _line(quad, text, score) if text else None
            for quad, (text, score) in zip(quads, read, strict=True)
        ]


def spread(frames: Sequence[Pixels], most: int) -> list[Pixels]:
    """At most ``most`` of the frames, evenly spread, the newest among them."""
    if len(frames) <= most:
        return list(frames)
    if most == 1:
        return [frames[-1]]
    return [frames[round(index * (len(frames) - 1) / (most - 1))] for index in range(most)]


def _level(quad: Quad) -> Quad | None:
    """The quad if it is level; a symbol that is higher than wide as a level one; None for turned lines."""
    along = quad.corners[1] - quad.corners[0]
    slope = SHORT_LEVEL if quad.width < SHORT * quad.height else LEVEL
    if abs(along[1]) <= slope * abs(along[0]):
        return quad
    upright = abs(along[0]) <= LEVEL * abs(along[1])
    return Quad(np.roll(quad.corners, -1, axis=0), quad.score) if upright and _squarish(quad) else None


def _may_be_mark(line: TextLine, width: int) -> bool:
    reach = CORNER * width
    beside = line.box.x0 < reach or line.box.x1 > width - reach
    return beside and _digits(line.text) < DIGITS


def _strip(frame: Pixels, box: Box) -> Pixels:
    inside = box.clipped(frame.shape[1], frame.shape[0])
    if inside is None:
        raise ValueError(f"{box} lies outside the frame")
    return frame[int(inside.y0) : int(np.ceil(inside.y1)), int(inside.x0) : int(np.ceil(inside.x1))]


def _inverted(strip: Pixels) -> Pixels:
    return 255 - strip


def _stretched(strip: Pixels) -> Pixels:
    """The darkest and brightest twentieth pulled to black and white, in grey."""
    grey = cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY)
    low, high = np.percentile(grey, (5, 95))
    wide = np.clip((grey.astype(np.float32) - low) * (255.0 / max(24.0, high - low)), 0, 255)
    stretched: Pixels = cv2.cvtColor(wide.astype(np.uint8), cv2.COLOR_GRAY2BGR)
    return stretched


MARK_VIEWS: tuple[Callable[[Pixels], Pixels], ...] = (_inverted, _stretched)


def _squarish(quad: Quad) -> bool:
    return quad.width <= SYMBOL * quad.height


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _is_cut(box: Box, across: int, *, leftmost: bool) -> bool:
    """Whether a find in a corner ``across`` pixels wide goes on beyond its inner side."""
    return box.x1 > across - 2 if leftmost else box.x0 < 2


def _is_known(new: Box, known: Box) -> bool:
    """Whether a find is one that was read already, and not one of which only a piece was found before."""
    return new.intersection(known) > KNOWN * min(new.area, known.area) and new.area < 1.6 * known.area


def _moved(quad: Quad, down: float, right: float = 0.0) -> Quad:
    return Quad(quad.corners + np.array([right, down], np.float32), quad.score)


def _grown(quad: Quad, ends: float, sides: float) -> Quad:
    """The quad with ``ends`` pixels added at each end of the line and ``sides`` above and below."""
    along = (quad.corners[1] - quad.corners[0]) / max(quad.width, 1e-3)
    across = (quad.corners[3] - quad.corners[0]) / max(quad.height, 1e-3)
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
    moved = signs[:, :1] * along * ends + signs[:, 1:] * across * sides
    return Quad((quad.corners + moved).astype(np.float32), quad.score)


def _line(quad: Quad, text: str, score: float) -> TextLine:
    return TextLine(text, score, quad.box, quad.height)


def _top_down(line: OverlayLine) -> tuple[float, float]:
    return (line.line.box.y0 + line.line.box.y1, line.line.box.x0)
