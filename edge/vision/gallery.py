"""The gallery of known marks: which of them a region of lettering looks like.

Adding a vendor means adding pictures to the gallery (``scripts/build_gallery.py``, or ``camid gallery add``
for marks of one's own); the network stays.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Box, Pixels, TextLine
from edge.errors import ErrorCode, ModelError
from edge.vision.embedding import Embedder, Vectors, unit
from edge.vision.manifest import ModelEntry, read_verified

MAX_REGIONS = 8
"""Regions of one housing that are compared; beyond it only the surest lines are."""
RIM = 0.12
"""Share of a line's height that is added around it: symbols and arcs reach beyond the letters."""


@dataclass(frozen=True, slots=True)
class GalleryMatch:
    """A region and the brand whose mark it resembles most. ``similarity`` is a cosine; ``margin`` how far the
    next brand stays behind."""

    box: Box
    brand: str
    similarity: float
    margin: float


@dataclass(frozen=True, slots=True)
class EnrolledMarks:
    """Marks that a user added: ``vectors`` (N, D) of unit length, ``brands`` the id of each; N may be 0.

    Raises:
        ValueError: if the two do not go together.
    """

    vectors: Vectors
    brands: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.brands):
            raise ValueError("enrolled marks need one brand for each vector")


@dataclass(frozen=True, slots=True)
class Gallery:
    """``vectors`` (N, D) of unit length; ``brands`` holds the catalogue id of each. ``enrolled`` marks stand
    beside them: they never change what is said about the shipped ones.

    Raises:
        ValueError: if vectors and brands do not go together.
    """

    vectors: Vectors
    brands: tuple[str, ...]
    enrolled: EnrolledMarks | None = None

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.brands) or len(set(self.brands)) < 2:
            raise ValueError("a gallery needs one brand for each vector, and two brands at least")

    def nearest(self, vectors: Vectors) -> list[tuple[str, float, float]]:
        """For each of ``vectors`` (M, D) the best brand, its cosine, and its lead over the second brand."""
        names, owner = np.unique(self.brands, return_inverse=True)
        together = np.argsort(owner, kind="stable")
        first_of_each = np.searchsorted(owner[together], np.arange(len(names)))
        cosines = vectors @ self.vectors.T
        best = np.maximum.reduceat(cosines[:, together], first_of_each, axis=1)
        order = np.argsort(-best, axis=1, kind="stable")
        found = []
        for row, (first, second) in zip(best, order[:, :2], strict=True):
            found.append((str(names[first]), float(row[first]), float(row[first] - row[second])))
        return found

    def nearest_enrolled(self, vectors: Vectors) -> list[tuple[str, float, float] | None]:
        """For each of ``vectors`` (M, D) the enrolled brand that it resembles more than any other brand,
        shipped or enrolled, with cosine and lead; None where a shipped mark is as near."""
        enrolled = self.enrolled
        if enrolled is None or not enrolled.brands:
            return [None] * len(vectors)
        brands = np.array([*self.brands, *enrolled.brands])
        cosines = vectors @ np.concatenate([self.vectors, enrolled.vectors]).T
        found: list[tuple[str, float, float] | None] = []
        for row in cosines:
            own = int(row[len(self.brands) :].argmax()) + len(self.brands)
            lead = float(row[own] - row[brands != brands[own]].max())
            found.append((str(brands[own]), float(row[own]), lead) if lead > 0.0 else None)
        return found


def load_gallery(entry: ModelEntry) -> Gallery:
    """Reads a gallery that the manifest vouches for.

    Raises:
        ModelError: ``model_missing``, ``model_altered`` or ``model_broken``.
    """
    content = read_verified(entry)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return Gallery(unit(arrays["vectors"]), tuple(str(b) for b in arrays["brands"]))
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise ModelError(
            ErrorCode.MODEL_BROKEN, f"The gallery {entry.path} cannot be read ({error})."
        ) from None


def match_marks(
    pixels: Pixels, lines: Sequence[TextLine], embedder: Embedder, gallery: Gallery
) -> list[GalleryMatch]:
    """The best match of each distinct region that the text reader looked at; lines need not make sense.

    A region that was read at several turns is compared at each of them and keeps its best match.
    """
    views = distinct(lines)
    if not views:
        return []
    return best_matches(views, embedder.embed([upright(pixels, line) for line in views]), gallery)


def best_matches(views: Sequence[TextLine], vectors: Vectors, gallery: Gallery) -> list[GalleryMatch]:
    """The best match of each region, from the embeddings ``vectors`` (one row a view); then those with
    enrolled marks, where one is nearer than all else."""
    shipped = _best_of_regions(views, gallery.nearest(vectors))
    return [*shipped, *_best_of_regions(views, gallery.nearest_enrolled(vectors))]


def _best_of_regions(
    views: Sequence[TextLine], nearest: Sequence[tuple[str, float, float] | None]
) -> list[GalleryMatch]:
    best: dict[int, GalleryMatch] = {}
    for index, (line, found) in enumerate(zip(views, nearest, strict=True)):
        if found is None:
            continue
        region = next((i for i in range(index) if i in best and line.box.iou(views[i].box) > 0.5), index)
        match = GalleryMatch(line.box, *found)
        if region not in best or match.similarity > best[region].similarity:
            best[region] = match
    return list(best.values())


def distinct(lines: Sequence[TextLine]) -> list[TextLine]:
    """Lines that differ in place or turn, the surest first, ``MAX_REGIONS`` at most."""
    kept: list[TextLine] = []
    ranked = sorted(lines, key=lambda line: (-line.score, line.box.as_tuple(), line.turn))
    for line in ranked:
        if not any(_same_view(line, other) for other in kept):
            kept.append(line)
    return kept[:MAX_REGIONS]


def _same_view(line: TextLine, other: TextLine) -> bool:
    apart = abs((line.turn - other.turn + 180) % 360 - 180)
    return apart <= 20 and line.box.iou(other.box) > 0.7


def upright(pixels: Pixels, line: TextLine) -> Pixels:
    """The line cut out with a rim and turned so that it can be read. BGR, of the line's own size.

    The line's rectangle follows from its upright box, its height and its turn.
    """
    angle = np.radians(line.turn)
    cos, sin = abs(np.cos(angle)), abs(np.sin(angle))
    if cos >= sin:
        length = (line.box.width - line.height * sin) / cos
    else:
        length = (line.box.height - line.height * cos) / sin
    length = max(length, line.height * 0.5)
    rim = line.height * RIM
    return _cut(pixels, line.box, (length + 2 * rim, line.height + 2 * rim), float(angle))


def _cut(pixels: Pixels, box: Box, size: tuple[float, float], angle: float) -> Pixels:
    """A rectangle of ``size`` around the middle of ``box``, whose picture is turned clockwise by ``angle``
    (radians) to lay it straight."""
    width, height = max(2, round(size[0])), max(2, round(size[1]))
    centre = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
    # Coordinates grow downwards: turning the picture clockwise by a maps (x, y) to (cx - sy, sx + cy).
    back: NDArray[np.float64] = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    offset = centre - back @ np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.column_stack([back, offset])
    straight: Pixels = cv2.warpAffine(
        pixels,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return straight
