"""Whose marks a display shows: regions in the frame's corners, compared with the gallery of displays.

Regions are what the text reader read and what the finder of marks found. The network was trained on marks
that were drawn over pictures and went through a codec; marks on housings have another one.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.domain import Pixels, TextLine
from edge.settings import Settings
from edge.vision.embedding import Embedder, Vectors, load_display_embedder
from edge.vision.gallery import Gallery, GalleryMatch, best_matches, upright
from edge.vision.loop import InferenceLoop
from edge.vision.mark_finder import MarkFinder, load_mark_finder
from edge.vision.overlay import DIGITS

MOST_LINES = 12
"""Lines that are compared beside what the finder found, the surest first."""
WORTH = 0.45
"""Similarity in the newest frame from which the older ones are asked too."""


class DisplayMarks:
    """Finder and embedding of marks on displays."""

    def __init__(self, finder: MarkFinder, embedder: Embedder) -> None:
        self._finder = finder
        self.embedder = embedder

    def matches(
        self, frames: Sequence[Pixels], lines: Sequence[TextLine], gallery: Gallery
    ) -> list[GalleryMatch]:
        """The best match of each distinct region of the newest frame. ``frames`` are of one size, oldest
        first; similarities are means over them, for what belongs to a display stays where it is.

        Raises:
            ModelError: ``model_broken`` if a network cannot run.
        """
        regions = self._regions(frames[-1], lines)
        if not regions:
            return []
        vectors = self._embedded(frames[-1], regions)
        if len(frames) > 1:
            self._average(frames[:-1], regions, vectors, gallery)
        return best_matches(regions, vectors, gallery)

    def _regions(self, frame: Pixels, lines: Sequence[TextLine]) -> list[TextLine]:
        found = [TextLine("", mark.score, mark.box, mark.box.height) for mark in self._finder.find(frame)]
        words = [line for line in lines if sum(char.isdigit() for char in line.text) < DIGITS]
        words.sort(key=lambda line: (-line.score, line.box.as_tuple()))
        return [*found, *words[:MOST_LINES]]

    def _embedded(self, frame: Pixels, regions: Sequence[TextLine]) -> Vectors:
        return self.embedder.embed([upright(frame, region) for region in regions])

    def _average(
        self, older: Sequence[Pixels], regions: Sequence[TextLine], vectors: Vectors, gallery: Gallery
    ) -> None:
        """Makes those of ``vectors`` that resemble something the means over all frames."""
        alike = (vectors @ gallery.vectors.T).max(axis=1)
        likely = [index for index, best in enumerate(alike.tolist()) if best >= WORTH]
        if likely:
            chosen = [regions[index] for index in likely]
            summed = vectors[likely] + sum(self._embedded(frame, chosen) for frame in older)
            vectors[likely] = summed / (len(older) + 1)


def load_display_marks(
    settings: Settings, threads: int | None = None, loop: InferenceLoop | None = None
) -> DisplayMarks:
    """The shipped networks.

    Raises:
        ModelError: see ``open_session``.
    """
    return DisplayMarks(
        load_mark_finder(settings, threads, loop), load_display_embedder(settings, threads, loop)
    )
