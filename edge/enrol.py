"""Enrols makers by pictures: finds the mark in each, keeps it, and says whether it can be told apart.

A picture is a photo of a camera, on which the lettering is searched as on any other, or a cropped logo. Of
several regions the one is taken that comes back in the other pictures and that reads like the maker's name.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from edge.domain import Box, Housing, Picture, Pixels, TextLine
from edge.errors import CamidError, ErrorCode
from edge.evidence.confusions import fold
from edge.media.photo import read
from edge.settings import Settings
from edge.vendors.catalogue import Brand, Catalogue
from edge.vendors.installed import in_use
from edge.vendors.own import OwnVendor, known_catalogue, own_gallery, read_own, vendor_id, write_own
from edge.vision.embedding import Embedder, Vectors, load_mark_embedder
from edge.vision.enrolled import EnrolledMark, MarkShelf, mark_id, mark_png
from edge.vision.finder import HousingFinder, load_finder
from edge.vision.gallery import distinct, upright
from edge.vision.text import TextReader, load_text_reader

MAX_MARKS = 200
"""Marks of one maker; more tell nothing new and slow every picture down."""
LEAST_LETTERS = 3
"""A shorter name is met by chance in other lettering."""
SURE = 0.8
"""Score of a reading from which it may become a wordmark."""
MOSTLY = 0.6
"""Share of a logo picture that a line must cover to stand for all of it."""
FRAMED = 0.1
"""Share of a picture that its lettering must cover to make it a logo's picture, not a photo."""
LARGEST_LOGO = 1600
"""Long side in pixels up to which a picture without any lettering may be a symbol alone."""
MAYBE_A_CAMERA = 0.1
"""Score from which lettering is searched on a camera: the user says that there is one."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture to enrol from; ``box`` is where its mark stands, in pixels of the upright picture."""

    path: Path
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class FoundMark:
    """A mark in a picture: laid straight as ``pixels``, where it stands, and on which ``housing``, None in a
    logo's own picture or where the user gave the box."""

    picture: str
    pixels: Pixels
    line: TextLine
    housing: Housing | None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What ``add`` did: the maker, the marks that it took, those of them that were known already, and the
    lettering that is looked for from now on."""

    brand: Brand
    marks: tuple[FoundMark, ...]
    known: int
    wordmarks: tuple[str, ...]
    new_vendor: bool


@dataclass(frozen=True, slots=True)
class MarkSearch:
    """The models that find marks in pictures."""

    finder: HousingFinder
    reader: TextReader
    embedder: Embedder
    settings: Settings

    def find(self, sources: Sequence[Source], name: str) -> list[FoundMark]:
        """One mark a picture, two of a logo whose lettering is only a part of it.

        Raises:
            PhotoError: for a picture that cannot be decoded.
            CamidError: ``bad_request`` for a picture in which no mark can be found.
        """
        views = [self._views(source) for source in sources]
        vectors = [self.embedder.embed([view.pixels for view in found]) for found in views]
        return [
            mark
            for index, found in enumerate(views)
            for mark in _chosen(found, _worth(found, vectors, index, name))
        ]

    def _views(self, source: Source) -> list[FoundMark]:
        picture = read(source.path, self.settings)
        name = source.path.name
        if source.box is not None:
            return self._boxed(picture, source.box, name)
        for housing in self.finder.find(picture.pixels, MAYBE_A_CAMERA)[:1]:
            if lines := distinct(self._lines(picture.pixels, housing.box)):
                return [FoundMark(name, upright(picture.pixels, line), line, housing) for line in lines]
        return self._whole(picture, name)

    def _whole(self, picture: Picture, name: str) -> list[FoundMark]:
        """A picture in which no camera bears lettering: a logo with little around it, else the lettering in
        a photo whose camera was not found.

        Raises:
            CamidError: ``bad_request`` where a large picture shows no lettering.
        """
        views = self._boxed(picture, Box(0, 0, picture.width, picture.height), name)
        area = picture.width * picture.height
        if len(views) == 1:
            if max(picture.width, picture.height) > LARGEST_LOGO:
                raise CamidError(
                    ErrorCode.BAD_REQUEST,
                    f"{name}: no mark was found; say with --box where it is, or cut it out.",
                )
            return views
        framed = max(view.line.box.area for view in views[1:]) >= FRAMED * area
        return views if framed else views[1:]

    def _boxed(self, picture: Picture, box: Box, name: str) -> list[FoundMark]:
        """The box itself, and the lettering in it."""
        inside = box.clipped(picture.width, picture.height)
        if inside is None:
            raise CamidError(ErrorCode.BAD_REQUEST, f"{name}: the box lies outside the picture.")
        whole = TextLine("", 1.0, inside, inside.height)
        lines = distinct([line for line in self._lines(picture.pixels, inside) if _within(line, inside)])
        return [FoundMark(name, upright(picture.pixels, line), line, None) for line in (whole, *lines)]

    def _lines(self, pixels: Pixels, box: Box) -> list[TextLine]:
        return [line for _, found, _ in self.reader.passes(pixels, box) for line in found]


def load_search(settings: Settings) -> MarkSearch:
    """Raises:
    ModelError: if a model is missing, altered or cannot be run.
    """
    return MarkSearch(
        load_finder(settings),
        load_text_reader(settings),
        load_mark_embedder(settings),
        settings,
    )


class OwnGallery:
    """The user's gallery, for reading and changing; one process changes it at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = own_gallery(settings)
        self.shelf = MarkShelf(self.folder)

    @property
    def catalogue(self) -> Catalogue:
        return known_catalogue(self._settings)

    def brand(self, vendor: str) -> Brand:
        """Raises: CamidError: ``not_found`` where no maker has this id or name."""
        found = self.catalogue.brand_of(vendor)
        if found is None:
            raise CamidError(ErrorCode.NOT_FOUND, f"There is no maker {vendor!r}.")
        return found

    def add(
        self,
        vendor: str,
        found: Sequence[FoundMark],
        wordmarks: Sequence[str] = (),
        *,
        learn: bool = True,
        now: datetime | None = None,
    ) -> Enrolment:
        """Keeps the marks ``found`` as ``vendor``'s. Of a maker that the shipped catalogue does not know,
        ``wordmarks`` are looked for as well, and with ``learn`` its name where it was surely read.

        Raises:
            CamidError: ``bad_request`` for a name of which no id can be made, wordmarks that are another
                maker's or are given for a shipped maker, or too many marks.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._changing():
            known = self.catalogue.brand_of(vendor)
            entry = self._entry(vendor, found, wordmarks, learn=learn)
            if entry is not None:
                others = [one for one in read_own(self.folder) if one.id != entry.id]
                write_own(self.folder, [*others, entry])
            brand = self.brand(entry.id if entry is not None else vendor)
            repeated = self._put(brand, found, now or datetime.now(UTC))
        marks = tuple(mark.text for mark in brand.wordmarks)
        return Enrolment(brand, tuple(found), repeated, marks if entry else (), known is None)

    def remove(self, vendor: str, marks: Sequence[str] = ()) -> int:
        """Takes out ``vendor``'s marks, all of them or those whose id begins with one of ``marks``; a maker
        of one's own that has none left is forgotten. Returns how many marks are gone.

        Raises:
            CamidError: ``not_found`` where nothing of it was enrolled.
        """
        if not self.folder.is_dir():
            raise CamidError(ErrorCode.NOT_FOUND, "Nothing was enrolled yet.")
        with self._changing():
            brand, before = self.brand(vendor), self.shelf.marks()
            kept = [
                mark
                for mark in before
                if mark.vendor != brand.id or (marks and not mark.id.startswith(tuple(marks)))
            ]
            own = read_own(self.folder)
            others = [one for one in own if one.id != brand.id]
            left = any(mark.vendor == brand.id for mark in kept)
            if len(kept) == len(before) and (marks or len(others) == len(own)):
                raise CamidError(ErrorCode.NOT_FOUND, f"No such mark of {brand.name} was enrolled.")
            self.shelf.put(kept)
            if not left:
                write_own(self.folder, others)
        return len(before) - len(kept)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _entry(
        self, vendor: str, found: Sequence[FoundMark], wordmarks: Sequence[str], *, learn: bool
    ) -> OwnVendor | None:
        """The user's own entry for ``vendor``, with what it held before; None for a shipped maker."""
        shipped = in_use(self._settings.data_dir).facts.catalogue
        if (brand := shipped.brand_of(vendor)) is not None:
            if wordmarks:
                raise CamidError(
                    ErrorCode.BAD_REQUEST, f"{brand.name} is in the shipped catalogue, with its wordmarks."
                )
            return None
        known = self.catalogue.brand_of(vendor)
        name = vendor.strip() if known is None else known.name
        key = vendor_id(name) if known is None else known.id
        before = next((one for one in read_own(self.folder) if one.id == key), OwnVendor(key, name))
        texts = [*before.wordmarks, *wordmarks, *(lettered(name, found) if learn else ())]
        unlike = {fold(text): text for text in reversed(texts)}
        self._check_free(key, unlike)
        return replace(before, wordmarks=tuple(reversed(unlike.values())))

    def _check_free(self, vendor: str, wordmarks: dict[str, str]) -> None:
        for brand in self.catalogue.brands.values():
            taken = {fold(mark.text) for mark in brand.wordmarks} if brand.id != vendor else set()
            for folded in taken & set(wordmarks):
                raise CamidError(
                    ErrorCode.BAD_REQUEST, f"{wordmarks[folded]!r} is lettering of {brand.name} already."
                )
        for folded, text in wordmarks.items():
            if len(folded) < LEAST_LETTERS:
                raise CamidError(
                    ErrorCode.BAD_REQUEST, f"{text!r} is too short to be told from other lettering."
                )

    def _put(self, brand: Brand, found: Sequence[FoundMark], now: datetime) -> int:
        """Adds the marks; returns how many of them were there already."""
        marks = list(self.shelf.marks())
        known = {mark.id for mark in marks if mark.vendor == brand.id}
        added = now.isoformat(timespec="seconds").replace("+00:00", "Z")
        pictures = {mark_id(png): (png, one) for one in found for png in (mark_png(one.pixels),)}
        fresh = {key: value for key, value in pictures.items() if key not in known}
        if len(known) + len(fresh) > MAX_MARKS:
            raise CamidError(ErrorCode.BAD_REQUEST, f"{brand.name} has {MAX_MARKS} marks: remove some first.")
        marks += [
            EnrolledMark(key, brand.id, one.picture, one.line.text, added) for key, (_, one) in fresh.items()
        ]
        self.shelf.put(marks, [png for png, _ in fresh.values()])
        return len(found) - len(fresh)


def lettered(name: str, found: Sequence[FoundMark]) -> tuple[str, ...]:
    """``name`` as it stands on the pictures, where it was surely read on one of them and is long enough."""
    wanted = fold(name)
    read_as = Counter(
        one.line.text.strip()
        for one in found
        if one.line.score >= SURE and fold(one.line.text) == wanted and len(wanted) > LEAST_LETTERS
    )
    return tuple(text for text, _ in read_as.most_common(1))


def _within(line: TextLine, box: Box) -> bool:
    return line.box.coverage_by(box) > 0.5


def _worth(views: Sequence[FoundMark], vectors: Sequence[Vectors], index: int, name: str) -> list[float]:
    """How likely each view is the mark: it comes back in the other pictures, it reads like the name, surely,
    and it is large among its neighbours."""
    others = [found for number, found in enumerate(vectors) if number != index]
    tallest = max(view.line.height for view in views)
    shared = [np.max(vectors[index] @ other.T, axis=1) for other in others]
    repeated = np.mean(shared, axis=0) if shared else np.zeros(len(views))
    return [
        float(again) + alike(view.line.text, name) + 0.3 * view.line.score + 0.2 * view.line.height / tallest
        for view, again in zip(views, repeated, strict=True)
    ]


def alike(text: str, name: str) -> float:
    """0 to 1: how much a reading is like the maker's name."""
    return float(Levenshtein.normalized_similarity(fold(text), fold(name))) if fold(text) else 0.0


def _chosen(views: Sequence[FoundMark], worth: Sequence[float]) -> list[FoundMark]:
    """The best view; of a logo or a given box also the whole, unless the lettering is nearly all of it."""
    whole = views[0]
    if whole.line.text:
        return [views[int(np.argmax(worth))]]
    if len(views) == 1:
        return [whole]
    line = max(zip(views[1:], worth[1:], strict=True), key=lambda pair: pair[1])[0]
    return [line] if line.line.box.area >= MOSTLY * whole.line.box.area else [whole, line]
