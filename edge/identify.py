"""Picture in, report out: the one place where the stages meet.

The command line, the service and every batch call ``Identifier``; none has a path of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from edge.domain import (
    Camera,
    Evidence,
    Housing,
    Identification,
    Mark,
    PhotoReport,
    Picture,
    Pixels,
    Reading,
    Timing,
    Verdict,
)
from edge.domain_streams import Exchange, Frame, StreamInfo, StreamLook
from edge.evidence import fusion
from edge.evidence.codes import Code, evidence_from_codes, find_codes
from edge.evidence.confusions import load_confusions
from edge.evidence.lettering import Lettering
from edge.evidence.likelihoods import Likelihoods, Thresholds, load_likelihoods, load_thresholds
from edge.evidence.mark import evidence_from_marks
from edge.evidence.osd import OsdFinding
from edge.media.memory import map_large_pieces
from edge.media.photo import read
from edge.recorder import Recorder, on_a_housing, osd_reader
from edge.settings import Settings, load_settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.embedding import Embedder, load_mark_embedder
from edge.vision.finder import HousingFinder, load_finder
from edge.vision.gallery import Gallery, load_gallery, match_marks
from edge.vision.loop import InferenceLoop
from edge.vision.manifest import load_manifest
from edge.vision.runtime import load_loop
from edge.vision.text import HousingText, TextReader, load_text_models


class Identifier:
    """All models of one process, loaded once; for any number of threads, whose calls meet in ``loop``.

    ``models`` maps each model's name to the sha256 of its file.
    """

    def __init__(
        self,
        finder: HousingFinder,
        reader: TextReader,
        embedder: Embedder,
        gallery: Gallery,
        catalogue: Catalogue,
        lettering: Lettering,
        likelihoods: Likelihoods,
        thresholds: Thresholds,
        models: dict[str, str],
        settings: Settings,
        loop: InferenceLoop,
        recorder: Recorder,
    ) -> None:
        self.loop = loop
        self._recorder = recorder
        self._finder = finder
        self._reader = reader
        self._embedder = embedder
        self._gallery = gallery
        self._catalogue = catalogue
        self._lettering = lettering
        self._likelihoods = likelihoods
        self._thresholds = thresholds
        self.models = models
        self._settings = settings

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """Verifies and loads every model and warms it up.

        Raises:
            ModelError: naming the file that is missing, altered or cannot be run.
        """
        map_large_pieces()  # before the models: what they leave behind while loading would stay for good
        thresholds, likelihoods = load_thresholds(settings.models_dir), load_likelihoods(settings.models_dir)
        catalogue, manifest = load_catalogue(), load_manifest(settings.models_dir)
        loop, confusions = load_loop(settings), load_confusions(settings.models_dir)
        detector, recogniser = load_text_models(settings, loop)
        embedder, gallery = (
            load_mark_embedder(settings, loop=loop),
            load_gallery(manifest.entry("gallery")),
        )
        reader = osd_reader(detector, recogniser, settings)
        return cls(
            load_finder(settings, loop),
            TextReader(detector, recogniser),
            embedder,
            gallery,
            catalogue,
            Lettering(catalogue, confusions, likelihoods),
            likelihoods,
            thresholds,
            {name: entry.sha256 for name, entry in manifest.entries.items()},
            settings,
            loop,
            Recorder(reader, embedder, gallery, catalogue, confusions, likelihoods),
        )

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        """Every camera seen in ``picture``, with its maker as far as the evidence shows.

        ``min_score`` replaces the shipped threshold of the detector. The answer depends on the picture, the
        models and the settings alone; only ``timing`` varies.

        Raises:
            ModelError: ``model_broken`` if a model fails on this picture.
        """
        with self.loop.account():
            return self._photo(picture, min_score)

    def _photo(self, picture: Picture, min_score: float | None) -> PhotoReport:
        started = time.perf_counter()
        least = self._thresholds.detect_score if min_score is None else min_score
        housings = self._finder.find(picture.pixels, least)
        detected = time.perf_counter()
        texts = self._reader.read(picture.pixels, housings, self._settings, self._lettering.certain)
        cameras = tuple(
            self._camera(picture.pixels, housing, text) for housing, text in zip(housings, texts, strict=True)
        )
        display = self._recorder.display([picture.pixels], housings, recorded=False)
        marks = self._marks(picture.pixels, housings, display)
        done = time.perf_counter()
        return PhotoReport(
            source=picture.source,
            cameras=cameras,
            marks=marks,
            models=self.models,
            thresholds={"detect": self._thresholds.detect_score},
            timing=Timing(
                decode=picture.decode_ms,
                detect=1000 * (detected - started),
                recognise=1000 * (done - detected),
                total=picture.decode_ms + 1000 * (done - started),
            ),
            recorded_by=self._recorded_by([*self._recorder.written(picture.tags), *display.evidence]),
            osd=display.osd,
        )

    def look(
        self,
        frames: Sequence[Frame],
        exchange: Exchange | None,
        info: StreamInfo | None,
        *,
        read_osd: bool = True,
        find_cameras: bool = False,
    ) -> StreamLook:
        """What one look at a stream shows of the camera that records it; ``frames`` oldest first, of one
        size; there may be none. ``find_cameras`` also looks for cameras in the newest one.

        Raises:
            ModelError: ``model_broken`` if a model fails on these frames.
        """
        heard = None if exchange is None else self._recorder.heard(exchange)
        sent = [] if info is None else self._recorder.sent(info.user_data)
        with self.loop.account():
            cameras = self._seen(frames[-1].pixels) if find_cameras and frames else ()
            display = self._display(frames, cameras) if read_osd and frames else OsdFinding()
        return StreamLook(
            evidence=(*(heard.evidence if heard else ()), *sent, *display.evidence),
            osd=display.osd,
            clock=display.clock,
            overlay_by=display.overlay_by,
            intermediary=heard.intermediary if heard else None,
            cameras=cameras,
        )

    def weigh(self, evidence: Sequence[Evidence]) -> Identification:
        """Who made the camera that all this evidence is about."""
        return fusion.identify(evidence, self._catalogue, self._likelihoods, self._thresholds)

    def _recorded_by(self, evidence: Sequence[Evidence]) -> Identification | None:
        """None where nothing tells of the camera that took a photo."""
        weighed = self.weigh(evidence)
        return None if weighed.verdict is Verdict.UNDETERMINED else weighed

    def _display(self, frames: Sequence[Frame], cameras: Sequence[Camera]) -> OsdFinding:
        seen = [Housing(camera.box, camera.score) for camera in cameras]
        newest = frames[-1]
        same = [frame.pixels for frame in frames if frame.pixels.shape == newest.pixels.shape]
        return self._recorder.display(same, seen, recorded=True, received=newest.taken)

    def _seen(self, pixels: Pixels) -> tuple[Camera, ...]:
        housings = self._finder.find(pixels, self._thresholds.detect_score)
        texts = self._reader.read(pixels, housings, self._settings, self._lettering.certain)
        pairs = zip(housings, texts, strict=True)
        return tuple(self._camera(pixels, housing, text) for housing, text in pairs)

    def _camera(self, pixels: Pixels, housing: Housing, text: HousingText) -> Camera:
        evidence = self._evidence(pixels, housing, text)
        identification = fusion.identify(evidence, self._catalogue, self._likelihoods, self._thresholds)
        return Camera(housing.box, housing.score, housing.form_factor, identification, text.reading)

    def _evidence(self, pixels: Pixels, housing: Housing, text: HousingText) -> list[Evidence]:
        """Of lettering, marks and codes."""
        if text.reading is not Reading.READ:
            return []
        lettering = self._lettering.evidence(text.lines)
        matches = match_marks(pixels, text.lines, self._embedder, self._gallery)
        return [
            *lettering,
            *evidence_from_marks(matches, self._catalogue, self._likelihoods, self._thresholds, lettering),
            *evidence_from_codes(_codes_on(pixels, housing), self._catalogue, self._likelihoods),
        ]

    def _marks(self, pixels: Pixels, housings: Sequence[Housing], display: OsdFinding) -> tuple[Mark, ...]:
        """Makers' names on what is no camera and not of the ``display``: a sign, a carton, a shop front."""
        shown = [Housing(evidence.box, 1.0) for evidence in display.evidence if evidence.box is not None]
        if not self._settings.scene_text_side:
            return ()
        lines = self._reader.scan(pixels, self._settings.scene_text_side)
        elsewhere = [line for line in lines if not on_a_housing(line, [*housings, *shown])]
        scores = {line.box: line.score for line in elsewhere}
        return tuple(
            Mark(evidence.box, scores[evidence.box], evidence.value, evidence.brand)
            for evidence in self._lettering.evidence(elsewhere)
            if evidence.box is not None
        )


def _codes_on(pixels: Pixels, housing: Housing) -> list[Code]:
    box = housing.box.clipped(pixels.shape[1], pixels.shape[0])
    if box is None:
        return []
    x0, y0 = int(box.x0), int(box.y0)
    return find_codes(np.ascontiguousarray(pixels[y0 : int(box.y1), x0 : int(box.x1)]), x0, y0)


def identify_photo(path: str | Path, settings: Settings | None = None) -> PhotoReport:
    """The report on the photo at ``path``; loads the models at the first call and keeps them.

    Raises:
        PhotoError: if the file cannot be decoded within the limits.
        ModelError: if a model cannot be used.
        CamidError: ``settings_invalid``.
    """
    settings = settings or load_settings()
    return _loaded(settings).photo(read(Path(path), settings))


_identifiers: dict[Settings, Identifier] = {}


def _loaded(settings: Settings) -> Identifier:
    if settings not in _identifiers:
        _identifiers.clear()
        _identifiers[settings] = Identifier.load(settings)
    return _identifiers[settings]
