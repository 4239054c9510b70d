"""What is known of makers: the shipped catalogue and gallery, and beside them what the user enrolled.

The user's part lies in the folder ``gallery`` of the data directory. Whoever asks ``KnownMakers`` gets what
is there now: enrolling takes effect at the next picture, in a running service too.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edge.domain import Box
from edge.errors import CamidError
from edge.evidence.confusions import Confusions, load_confusions
from edge.evidence.lettering import Lettering
from edge.evidence.likelihoods import Likelihoods, Thresholds, load_likelihoods, load_thresholds
from edge.evidence.mark import TABLE, match_score
from edge.recorder import Recorder
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue
from edge.vendors.installed import in_use
from edge.vendors.own import OWN_CATALOGUE, known_catalogue, own_gallery, stamp
from edge.vision.display_marks import DisplayMarks
from edge.vision.embedding import Embedder, Vectors
from edge.vision.enrolled import DISPLAY_VECTORS, MARKS, EnrolledMark, MarkShelf
from edge.vision.gallery import EnrolledMarks, Gallery, GalleryMatch, load_gallery
from edge.vision.manifest import load_manifest
from edge.vision.overlay import OsdReader
from edge.vision.sizes import models_in_use

FILES = (OWN_CATALOGUE, MARKS)
_log = logging.getLogger("edge.gallery")


@dataclass(frozen=True, slots=True)
class Makers:
    """``models`` maps the name of each model, and ``enrolled`` where anything is, to a sha256."""

    catalogue: Catalogue
    gallery: Gallery
    likelihoods: Likelihoods
    lettering: Lettering
    recorder: Recorder
    models: Mapping[str, str]


class KnownMakers:
    """For any number of threads."""

    def __init__(
        self,
        settings: Settings,
        embedder: Embedder,
        reader: OsdReader,
        display: DisplayMarks,
        *,
        follow: bool = True,
    ) -> None:
        """Without ``follow`` what was known at the start stays: all answers of a batch rest on the same.

        Raises:
        ModelError: naming the file that is missing, altered or cannot be used.
        CamidError: ``settings_invalid`` if the user's gallery is damaged.
        """
        manifest = load_manifest(settings.models_dir)
        self._settings = settings
        self._folder = own_gallery(settings)
        self._follow = follow
        self._embedder = embedder
        self._reader = reader
        self._display = display
        self._network = manifest.entry("embedding").sha256
        self._display_network = manifest.entry("display_embedding").sha256
        self._models = models_in_use(settings)
        self._shipped = load_gallery(manifest.entry("gallery"))
        self._display_shipped = load_gallery(manifest.entry("display_gallery"))
        self._confusions: Confusions = load_confusions(settings.models_dir)
        self._likelihoods = load_likelihoods(settings.models_dir)
        self._thresholds = load_thresholds(settings.models_dir)
        self._changing = threading.Lock()
        self._stamps = stamps(self._folder)
        self._makers = self._load()

    def current(self) -> Makers:
        """What is known now. A damaged change is logged and passed over: what was known before stays."""
        found = stamps(self._folder) if self._follow else self._stamps
        if found != self._stamps:
            with self._changing:
                if found != self._stamps:
                    self._change()
                    self._stamps = found
        return self._makers

    def _change(self) -> None:
        try:
            self._makers = self._load()
        except CamidError as error:
            _log.error("The own gallery is left as it was: %s", error)

    def _load(self) -> Makers:
        catalogue = known_catalogue(self._settings)
        shipped = in_use(self._settings.data_dir).facts
        shelf = MarkShelf(self._folder)
        marks = [mark for mark in shelf.marks() if mark.vendor in catalogue.brands]
        vectors = shelf.vectors(marks, self._embedder, self._network)
        enrolled = usable(marks, vectors, self._shipped, catalogue, self._likelihoods, self._thresholds)
        gallery = replace(self._shipped, enrolled=enrolled)
        own = {*enrolled.brands, *(set(catalogue.brands) - set(shipped.catalogue.brands))}
        platforms = {catalogue.brands[brand].platform for brand in own}
        likelihoods = replace(
            self._likelihoods, prior=self._likelihoods.prior.with_enrolled(sorted(platforms))
        )
        digest = gallery_digest(self._folder)
        return Makers(
            catalogue=catalogue,
            gallery=gallery,
            likelihoods=likelihoods,
            lettering=Lettering(catalogue, self._confusions, likelihoods),
            recorder=Recorder(
                self._reader,
                self._display,
                self._of_displays(shelf, marks, catalogue),
                catalogue,
                self._confusions,
                likelihoods,
                shipped.rules,
            ),
            models={**self._models, **({"enrolled": digest} if digest else {})},
        )

    def _of_displays(self, shelf: MarkShelf, marks: list[EnrolledMark], catalogue: Catalogue) -> Gallery:
        """The gallery of displays with the enrolled marks, as its own network sees them."""
        embedder, network = self._display.embedder, self._display_network
        vectors = shelf.vectors(marks, embedder, network, kept_in=DISPLAY_VECTORS)
        shipped = self._display_shipped
        enrolled = usable(marks, vectors, shipped, catalogue, self._likelihoods, self._thresholds)
        return replace(shipped, enrolled=enrolled)


def stamps(folder: Path) -> tuple[tuple[int, int, int], ...]:
    return tuple(stamp(folder / name) for name in FILES)


def gallery_digest(folder: Path) -> str | None:
    """One hash over all that the user's gallery adds to an answer; None where there is nothing."""
    contents = [path.read_bytes() for path in (folder / name for name in FILES) if path.exists()]
    return hashlib.sha256(b"\0".join(contents)).hexdigest() if contents else None


def usable(
    marks: list[EnrolledMark],
    vectors: Vectors,
    shipped: Gallery,
    catalogue: Catalogue,
    likelihoods: Likelihoods,
    thresholds: Thresholds,
) -> EnrolledMarks:
    """The marks that are no other maker's: one that the shipped gallery would take for evidence of another is
    left out, for it would make that maker's cameras doubtful."""
    others = taken_for_others(marks, vectors, shipped, catalogue, likelihoods, thresholds)
    kept = [index for index in range(len(marks)) if index not in others]
    chosen = vectors[kept] if kept else np.zeros((0, shipped.vectors.shape[1]), np.float32)
    return EnrolledMarks(chosen, tuple(marks[index].vendor for index in kept))


def taken_for_others(
    marks: list[EnrolledMark],
    vectors: Vectors,
    shipped: Gallery,
    catalogue: Catalogue,
    likelihoods: Likelihoods,
    thresholds: Thresholds,
) -> set[int]:
    """Indices of the marks that the shipped gallery would take for evidence of another maker."""
    return {
        index
        for index, rival in enumerate(_rivals(marks, vectors, shipped, catalogue))
        if rival is not None and _speaks(rival, likelihoods, thresholds)
    }


def _rivals(
    marks: list[EnrolledMark], vectors: Vectors, shipped: Gallery, catalogue: Catalogue
) -> Iterator[GalleryMatch | None]:
    """For each mark the shipped match of another platform that it would be taken for, None where it is its
    own maker's."""
    if not marks:
        return
    for mark, (brand, similarity, margin) in zip(marks, shipped.nearest(vectors), strict=True):
        own = catalogue.brands[mark.vendor].platform
        other = catalogue.brands.get(brand)
        match = GalleryMatch(Box(0, 0, 1, 1), brand, similarity, margin)
        yield match if other is not None and other.platform != own else None


def _speaks(match: GalleryMatch, likelihoods: Likelihoods, thresholds: Thresholds) -> bool:
    """Whether this match alone would be enough evidence for a name."""
    value = likelihoods.value(TABLE, match_score(match))
    return match.similarity >= thresholds.mark_similarity and value >= thresholds.identify_support
