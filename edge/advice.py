"""What would make an answer certain: how a photo of a camera without a name should be taken again.

Measured are the height of the lettering, the size of the housing, its sharpness and its light; the limits and
where they come from: docs/design/advice.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import (
    Advice,
    AdviceCode,
    Evidence,
    Housing,
    Identification,
    Pixels,
    Reading,
    TextLine,
    Verdict,
)
from edge.vision.text import HousingText

LEGIBLE_HEIGHT = 20.0
"""Height of letters in pixels from which more size adds nothing to what is read."""
LEGIBLE_SIDE = 240.0
"""The same for the long side of a housing."""
LETTERS = 3
"""Signs of a line that is taken for lettering though no maker's name is in it."""
SURE = 0.5
"""Least score of such a line."""
LEAST_DETAIL = 0.025
"""Share of its contrast that a picture loses at least when it is made twice as coarse, if it was sharp."""
COARSEST = 4
LEAST_LIGHT = 100.0
"""Grey level, 0 to 255, that a twentieth of a lit housing passes at least."""
WHITE = 250
MOST_WHITE = 0.4
"""Share of white pixels in the middle of a housing from which its lettering drowns."""
MIDDLE = 0.2
"""What is left out on each side of the box, so that the sky behind a housing is not its glare."""

Grey = NDArray[np.float32]


def advise(
    pixels: Pixels,
    housing: Housing,
    text: HousingText,
    evidence: Sequence[Evidence],
    found: Identification,
    promise: float,
) -> tuple[Advice, ...]:
    """What to do for a name that is not there; none where there is one. The most telling advice first.

    It is promised only where what was read speaks for makers of the catalogue with a probability of
    ``promise`` together: other lettering may be that of a maker whom nobody here knows.
    """
    if found.verdict is Verdict.IDENTIFIED:
        return ()
    if text.reading is Reading.OVER_BUDGET:
        return (Advice(AdviceCode.ALONE),)
    grey = grey_of(pixels, housing)
    times = blur(grey)
    size = _too_small(max(grey.shape) / times, lettering(text.lines, evidence), _is_likely(found, promise))
    blurred = Advice(AdviceCode.BLURRED, {"times": times}) if times > 1 else None
    told = tuple(advice for advice in (size, blurred, _light(grey)) if advice is not None)
    return told or (Advice(AdviceCode.OTHER_SIDE),)


def blur(grey: Grey) -> int:
    """How many times coarser ``grey`` (H×W) may be made without losing anything: 1 where it is sharp, else 2
    or 4."""
    found = 1
    while found < COARSEST and lost(grey, 2 * found) < LEAST_DETAIL:
        found *= 2
    return found


def lost(grey: Grey, times: int) -> float:
    """Share of the contrast that is gone when the picture is made coarser and brought back."""
    height, width = grey.shape
    contrast = float(grey.std())
    if min(height, width) < 2 * times or contrast < 1.0:
        return 1.0  # too little there to tell
    coarse = cv2.resize(grey, (width // times, height // times), interpolation=cv2.INTER_AREA)
    back = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return float((grey - back).std()) / contrast


def _too_small(side: float, line: TextLine | None, likely: bool) -> Advice | None:
    """By the lettering where there is any, else by the long ``side`` of the housing."""
    if line is not None and line.height < LEGIBLE_HEIGHT:
        values = {"height": line.height, "wanted": LEGIBLE_HEIGHT, "times": LEGIBLE_HEIGHT / line.height}
        return Advice(AdviceCode.LETTERING_SMALL, values, promised=likely)
    if side < LEGIBLE_SIDE:
        values = {"side": side, "wanted": LEGIBLE_SIDE, "times": LEGIBLE_SIDE / side}
        return Advice(AdviceCode.CAMERA_SMALL, values, promised=likely)
    return None


def lettering(lines: Sequence[TextLine], evidence: Sequence[Evidence]) -> TextLine | None:
    """The surest line that speaks for a maker, else the surest that is lettering at all."""
    telling = {one.value for one in evidence}
    known = [line for line in lines if line.text in telling]
    words = [line for line in lines if line.score >= SURE and sum(map(str.isalnum, line.text)) >= LETTERS]
    return max(known or words, key=lambda line: line.score, default=None)


def _is_likely(found: Identification, promise: float) -> bool:
    return sum(one.probability for one in found.candidates) >= promise


def _light(grey: Grey) -> Advice | None:
    if light(grey) < LEAST_LIGHT:
        return Advice(AdviceCode.DARK)
    return Advice(AdviceCode.GLARE) if white(grey) > MOST_WHITE else None


def light(grey: Grey) -> float:
    """The grey level that a twentieth of ``grey`` passes."""
    return float(np.percentile(grey, 95))


def white(grey: Grey) -> float:
    """Share of white in the middle of ``grey``."""
    rows, columns = (slice(int(MIDDLE * n), n - int(MIDDLE * n)) for n in grey.shape)
    return float((grey[rows, columns] >= WHITE).mean())


def grey_of(pixels: Pixels, housing: Housing) -> Grey:
    """The housing, at most so large that the coarsest look at it is still of ``LEGIBLE_SIDE``."""
    box = housing.box.clipped(pixels.shape[1], pixels.shape[0])
    if box is None:
        raise ValueError(f"{housing.box} lies outside the picture")
    part = pixels[int(box.y0) : int(np.ceil(box.y1)), int(box.x0) : int(np.ceil(box.x1))]
    grey = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), np.float32)
    scale = COARSEST * LEGIBLE_SIDE / max(grey.shape)
    if scale >= 1.0:
        return grey
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
