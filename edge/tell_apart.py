"""Whether enrolled marks can be told apart: each is left out in turn and matched against all that is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from edge.domain import Box, Verdict
from edge.enrol import OwnGallery
from edge.evidence import fusion
from edge.evidence.confusions import fold
from edge.evidence.likelihoods import Likelihoods, Thresholds, load_likelihoods, load_thresholds
from edge.evidence.mark import evidence_from_marks
from edge.makers import taken_for_others
from edge.settings import Settings
from edge.vendors.catalogue import Brand, Catalogue
from edge.vision.embedding import Embedder, Vectors, load_mark_embedder
from edge.vision.enrolled import EnrolledMark
from edge.vision.gallery import Gallery, GalleryMatch, load_gallery
from edge.vision.manifest import load_manifest

MOST_NAMED = 3
"""Other makers that a report names as near."""


class Outcome(StrEnum):
    NAMED = "named"
    """The other marks of its maker are enough to name it."""
    NEAREST = "nearest"
    """Its maker is the nearest, but not near or far enough from the next to be named by the logo alone."""
    ANOTHER = "another"
    """Another maker's mark is nearer."""
    ALONE = "alone"
    """Its maker has no other mark to be found by."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One mark left out, with all others of its picture. ``own`` is its cosine with the nearest of its maker
    (None if there is none), ``other`` that with ``rival``, the nearest of all other makers. An ``unused`` one
    is kept but takes no part in answers: the shipped gallery takes it for its rival's."""

    mark: EnrolledMark
    outcome: Outcome
    own: float | None
    other: float
    rival: str
    unused: bool


@dataclass(frozen=True, slots=True)
class Apart:
    """The report on one maker. ``near`` are other makers that one of its marks comes as near to as evidence
    has to be, with the cosine, nearest first; ``lettered`` is how many marks read as its wordmark."""

    brand: Brand
    trials: tuple[Trial, ...]
    near: tuple[tuple[str, float], ...]
    lettered: int

    @property
    def told_apart(self) -> bool:
        """Whether each mark that has others beside it finds its maker, and none is taken for another's."""
        tried = [one for one in self.trials if one.outcome is not Outcome.ALONE]
        wrong = any(one.unused or one.outcome is Outcome.ANOTHER for one in self.trials)
        return bool(tried) and not wrong

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome is outcome for one in self.trials)


@dataclass(frozen=True, slots=True)
class Examiner:
    shipped: Gallery
    embedder: Embedder
    network: str
    likelihoods: Likelihoods
    thresholds: Thresholds

    def examine(self, gallery: OwnGallery, vendor: str | None = None) -> tuple[Apart, ...]:
        """A report on each maker that has marks of one's own, or on ``vendor`` alone.

        Raises:
            CamidError: ``not_found`` for a maker without any.
        """
        catalogue = gallery.catalogue
        marks = [mark for mark in gallery.shelf.marks() if mark.vendor in catalogue.brands]
        vectors = gallery.shelf.vectors(marks, self.embedder, self.network)
        unused = taken_for_others(marks, vectors, self.shipped, catalogue, self.likelihoods, self.thresholds)
        wanted = sorted({mark.vendor for mark in marks}) if vendor is None else [gallery.brand(vendor).id]
        return tuple(self._report(catalogue, one, marks, vectors, unused) for one in wanted)

    def _report(
        self, catalogue: Catalogue, vendor: str, marks: list[EnrolledMark], vectors: Vectors, unused: set[int]
    ) -> Apart:
        trials = tuple(
            self._trial(catalogue, index, marks, vectors, unused)
            for index, mark in enumerate(marks)
            if mark.vendor == vendor
        )
        brand = catalogue.brands[vendor]
        return Apart(brand, trials, self._near(trials), _lettered(brand, trials))

    def _trial(
        self, catalogue: Catalogue, index: int, marks: list[EnrolledMark], vectors: Vectors, unused: set[int]
    ) -> Trial:
        mark = marks[index]
        brands = np.array([*self.shipped.brands, *(one.vendor for one in marks)])
        cosines = np.concatenate([self.shipped.vectors, vectors]) @ vectors[index]
        mine = brands == mark.vendor
        rival = int(np.where(mine, -1.0, cosines).argmax())
        other = float(cosines[rival])
        mine[len(self.shipped.brands) :] &= np.array(
            [one.picture != mark.picture and number not in unused for number, one in enumerate(marks)]
        )
        own = float(cosines[mine].max()) if mine.any() else None
        outcome = self._outcome(catalogue, mark.vendor, own, other)
        return Trial(mark, outcome, own, other, str(brands[rival]), index in unused)

    def _outcome(self, catalogue: Catalogue, vendor: str, own: float | None, other: float) -> Outcome:
        if own is None:
            return Outcome.ALONE
        if own <= other:
            return Outcome.ANOTHER
        match = GalleryMatch(Box(0, 0, 1, 1), vendor, own, own - other)
        platform = catalogue.brands[vendor].platform
        likelihoods = Likelihoods(self.likelihoods.prior.with_enrolled([platform]), self.likelihoods.tables)
        evidence = evidence_from_marks([match], catalogue, likelihoods, self.thresholds)
        found = fusion.identify(evidence, catalogue, likelihoods, self.thresholds)
        return Outcome.NAMED if found.verdict is Verdict.IDENTIFIED else Outcome.NEAREST

    def _near(self, trials: Sequence[Trial]) -> tuple[tuple[str, float], ...]:
        nearest: dict[str, float] = {}
        for trial in trials:
            nearest[trial.rival] = max(nearest.get(trial.rival, -1.0), trial.other)
        close = [pair for pair in nearest.items() if pair[1] >= self.thresholds.mark_similarity]
        return tuple(sorted(close, key=lambda pair: -pair[1])[:MOST_NAMED])


def load_examiner(settings: Settings) -> Examiner:
    """Raises:
    ModelError: if a model is missing, altered or cannot be run.
    """
    manifest = load_manifest(settings.models_dir)
    return Examiner(
        load_gallery(manifest.entry("gallery")),
        load_mark_embedder(settings),
        manifest.entry("embedding").sha256,
        load_likelihoods(settings.models_dir),
        load_thresholds(settings.models_dir),
    )


def _lettered(brand: Brand, trials: Sequence[Trial]) -> int:
    texts = {fold(mark.text) for mark in brand.wordmarks}
    return sum(fold(trial.mark.text) in texts for trial in trials)
