"""Picture in, report out: the one place where the stages meet.

The command line, the service and every batch call ``Identifier``; none has a path of its own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from edge.advice import advise
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
    TextLine,
    Timing,
    Verdict,
)
from edge.domain_streams import Exchange, Frame, StreamInfo, StreamLook
from edge.evidence import fusion
from edge.evidence.codes import Code, evidence_from_codes, find_codes
from edge.evidence.likelihoods import Thresholds, load_thresholds
from edge.evidence.mark import evidence_from_marks
from edge.evidence.off_housing import on_the_housing
from edge.evidence.osd import OsdFinding
from edge.makers import KnownMakers, Makers
from edge.media.memory import hold_little
from edge.media.photo import read
from edge.recorder import on_a_housing, osd_reader
from edge.settings import Settings, load_settings
from edge.vision.display_marks import load_display_marks
from edge.vision.embedding import Embedder, load_mark_embedder
from edge.vision.finder import HousingFinder, load_finder
from edge.vision.gallery import match_marks
from edge.vision.loop import InferenceLoop
from edge.vision.runtime import load_loop
from edge.vision.sizes import detector_size
from edge.vision.text import HousingText, TextReader, load_text_models


class Identifier:
    """All models of one process, loaded once; for any number of threads, whose calls meet in ``loop``."""

    def __init__(
        self,
        finder: HousingFinder,
        reader: TextReader,
        embedder: Embedder,
        makers: KnownMakers,
        thresholds: Thresholds,
        settings: Settings,
        loop: InferenceLoop,
    ) -> None:
        self.loop = loop
        self._finder = finder
        self._reader = reader
        self._embedder = embedder
        self._makers = makers
        self._thresholds = thresholds
        self._detect = thresholds.detect(detector_size(settings))
        self._settings = settings

    @property
    def models(self) -> Mapping[str, str]:
        """The name of each model, and ``enrolled`` where the user's gallery holds anything, to a sha256."""
        return self._makers.current().models

    @classmethod
    def load(
        cls, settings: Settings, *, call_threads: int | None = None, follow_gallery: bool = True
    ) -> Self:
        """Verifies and loads every model and warms it up.

        ``call_threads`` is how many threads one call takes, the detector's apart: None, all cores, answers
        one picture soonest; 1 keeps the cores full where several are worked on at a time. With
        ``follow_gallery`` makers that are enrolled later are known at once, else not.

        Raises:
            ModelError: naming the file that is missing, altered or cannot be run.
        """
        hold_little()  # before the models: what they leave behind while loading would stay for good
        thresholds, loop = load_thresholds(settings.models_dir), load_loop(settings)
        detector, recogniser = load_text_models(settings, loop, call_threads)
        embedder = load_mark_embedder(settings, call_threads, loop)
        makers = KnownMakers(
            settings,
            embedder,
            osd_reader(detector, recogniser, settings),
            load_display_marks(settings, call_threads, loop),
            follow=follow_gallery,
        )
        return cls(
            load_finder(settings, loop, call_threads),
            TextReader(detector, recogniser),
            embedder,
            makers,
            thresholds,
            settings,
            loop,
        )

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        """Every camera seen in ``picture``, with its maker as far as the evidence shows.

        ``min_score`` replaces the shipped threshold of the detector. The answer depends on the picture, the
        models, the settings and what is enrolled alone; only ``timing`` varies.

        Raises:
            ModelError: ``model_broken`` if a model fails on this picture.
        """
        with self.loop.account():
            return self._photo(picture, min_score)

    def _photo(self, picture: Picture, min_score: float | None) -> PhotoReport:
        started = time.perf_counter()
        makers = self._makers.current()
        least = self._detect if min_score is None else min_score
        housings = self._finder.find(picture.pixels, least)
        detected = time.perf_counter()
        scene = self._scene(picture.pixels)
        cameras = self._cameras(picture.pixels, housings, makers, scene)
        display = makers.recorder.display([picture.pixels], housings, recorded=False)
        marks = _marks(scene, housings, display, makers)
        done = time.perf_counter()
        return PhotoReport(
            source=picture.source,
            cameras=cameras,
            marks=marks,
            models=makers.models,
            thresholds={"detect": self._detect},
            timing=Timing(
                decode=picture.decode_ms,
                detect=1000 * (detected - started),
                recognise=1000 * (done - detected),
                total=picture.decode_ms + 1000 * (done - started),
            ),
            recorded_by=self._recorded_by([*makers.recorder.written(picture.tags), *display.evidence]),
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
        stream: str | None = None,
    ) -> StreamLook:
        """What one look at a stream shows of the camera that records it; ``frames`` oldest first, of one
        size; there may be none. ``find_cameras`` also looks for cameras in the newest one. ``stream`` names
        the stream: an earlier look at it that is still under way is called off.

        Raises:
            ModelError: ``model_broken`` if a model fails on these frames.
            StaleError: a later look at the same ``stream`` called this one off.
        """
        makers = self._makers.current()
        heard = None if exchange is None else makers.recorder.heard(exchange)
        sent = [] if info is None else makers.recorder.sent(info.user_data)
        with self.loop.account() if stream is None else self.loop.turn(stream, newest_wins=True):
            cameras = self._seen(frames[-1].pixels, makers) if find_cameras and frames else ()
            display = _display(frames, cameras, makers) if read_osd and frames else OsdFinding()
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
        makers = self._makers.current()
        return fusion.identify(evidence, makers.catalogue, makers.likelihoods, self._thresholds)

    def _recorded_by(self, evidence: Sequence[Evidence]) -> Identification | None:
        """None where nothing tells of the camera that took a photo."""
        if not evidence:
            return None
        weighed = self.weigh(evidence)
        return None if weighed.verdict is Verdict.UNDETERMINED else weighed

    def _seen(self, pixels: Pixels, makers: Makers) -> tuple[Camera, ...]:
        return self._cameras(pixels, self._finder.find(pixels, self._detect), makers)

    def _scene(self, pixels: Pixels) -> list[TextLine]:
        """Lettering anywhere in the picture."""
        side = self._settings.scene_text_side
        return self._reader.scan(pixels, side) if side else []

    def _cameras(
        self, pixels: Pixels, housings: Sequence[Housing], makers: Makers, scene: Sequence[TextLine] = ()
    ) -> tuple[Camera, ...]:
        texts = self._reader.read(pixels, housings, self._settings, makers.lettering.certain)
        own = [
            replace(text, lines=tuple(on_the_housing(text.lines, housing.box, scene)))
            for housing, text in zip(housings, texts, strict=True)
        ]
        pairs = zip(housings, own, strict=True)
        return tuple(self._camera(pixels, housing, text, makers) for housing, text in pairs)

    def _camera(self, pixels: Pixels, housing: Housing, text: HousingText, makers: Makers) -> Camera:
        evidence = self._evidence(pixels, housing, text, makers)
        identification = fusion.identify(
            evidence, makers.catalogue, makers.likelihoods, self._thresholds, housing.score
        )
        advice = advise(pixels, housing, text, evidence, identification, self._thresholds.advice_promise)
        return Camera(housing.box, housing.score, housing.form_factor, identification, text.reading, advice)

    def _evidence(
        self, pixels: Pixels, housing: Housing, text: HousingText, makers: Makers
    ) -> list[Evidence]:
        """Of lettering, marks and codes."""
        if text.reading is not Reading.READ:
            return []
        catalogue, likelihoods = makers.catalogue, makers.likelihoods
        lettering = makers.lettering.evidence(text.lines)
        matches = match_marks(pixels, text.lines, self._embedder, makers.gallery)
        return [
            *lettering,
            *evidence_from_marks(matches, catalogue, likelihoods, self._thresholds, lettering),
            *evidence_from_codes(_codes_on(pixels, housing), catalogue, likelihoods),
        ]


def _marks(
    scene: Sequence[TextLine], housings: Sequence[Housing], display: OsdFinding, makers: Makers
) -> tuple[Mark, ...]:
    """Makers' names on what is no camera and not of the ``display``: a sign, a carton, a shop front."""
    shown = [Housing(evidence.box, 1.0) for evidence in display.evidence if evidence.box is not None]
    elsewhere = [line for line in scene if not on_a_housing(line.box, [*housings, *shown])]
    scores = {line.box: line.score for line in elsewhere}
    return tuple(
        Mark(evidence.box, scores[evidence.box], evidence.value, evidence.brand)
        for evidence in makers.lettering.evidence(elsewhere)
        if evidence.box is not None
    )


def _display(frames: Sequence[Frame], cameras: Sequence[Camera], makers: Makers) -> OsdFinding:
    seen = [Housing(camera.box, camera.score) for camera in cameras]
    newest = frames[-1]
    same = [frame.pixels for frame in frames if frame.pixels.shape == newest.pixels.shape]
    return makers.recorder.display(same, seen, recorded=True, received=newest.taken)


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
