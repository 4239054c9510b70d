"""Runs one batch in the service: the local engine with the models that photos use, told to be considerate.

All its calls of models are on one account of the inference loop, so that a photo gets as much of the machine
as the whole batch; and no picture of it begins while somebody waits for a photo (``edge.service.courtesy``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from edge.domain import PhotoReport, Picture
from edge.errors import CamidError
from edge.service.batch_results import counts_of
from edge.service.batch_sources import plan
from edge.service.batch_state import Progress
from edge.service.courtesy import Courtesy
from edge.settings import Settings
from edge.vision.loop import InferenceLoop

if TYPE_CHECKING:
    from edge.batch.control import Control
    from edge.batch.settle import Totals

_ACCOUNT = "batch"
_TELL_EVERY_S = 0.5


class BatchIdentifier(Protocol):
    """What is needed of ``edge.identify.Identifier``."""

    @property
    def loop(self) -> InferenceLoop: ...

    @property
    def models(self) -> Mapping[str, str]: ...

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport: ...


class ConsiderateIdentifier:
    """Identifies when nobody waits for a photo, all on one account."""

    def __init__(self, identifier: BatchIdentifier, courtesy: Courtesy) -> None:
        self._identifier = identifier
        self._courtesy = courtesy

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        self._courtesy.stand_back()
        with self._identifier.loop.turn(_ACCOUNT):
            return self._identifier.photo(picture, min_score)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be classified, and where the answers go; ``label`` is what ``path`` is called in them."""

    path: Path
    label: str
    folder: Path
    min_score: float | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What every batch is run with."""

    identifier: BatchIdentifier
    settings: Settings
    courtesy: Courtesy


Tell = Callable[[Progress], None]
Run = Callable[[Job, Means, "Control", Tell], Progress]
"""Runs a job until it is done or stopped; what it returns is where it stands then."""


def run_job(job: Job, means: Means, control: Control, tell: Tell) -> Progress:
    """Classifies what is not done yet. ``tell`` hears how far it is, now and then.

    Raises:
        CamidError: what ends the run; what was committed stands, and the next run goes on from there.
    """
    from edge.batch.copies import Copies  # noqa: PLC0415
    from edge.batch.engine import LocalEngine, photos_at_once  # noqa: PLC0415
    from edge.batch.key import answer_key  # noqa: PLC0415
    from edge.batch.output import Output  # noqa: PLC0415
    from edge.media.countries import country_at  # noqa: PLC0415

    settings = means.settings
    with Output(job.folder, answer_key(settings, job.min_score), means.identifier.models) as output:
        count = _Count(job, settings, control)
        engine = LocalEngine(
            ConsiderateIdentifier(means.identifier, means.courtesy),
            output,
            settings,
            workers=photos_at_once(settings),
            min_score=job.min_score,
            country=lambda facts: country_at(facts.gps.latitude, facts.gps.longitude) if facts.gps else None,
            keep=Copies(job.folder, annotated=False, crops=True),
            progress=_Teller(counts_of(job.folder), count, tell),
            control=control,
            rest=means.identifier.loop.rest,
        )
        try:
            engine.run(plan(job.path, job.label, settings))
            undone = output.undone()
            if undone:  # copies whose original has changed and which the plan had passed by then
                engine.run(one for one in plan(job.path, job.label, settings) if one.place in undone)
        finally:
            count.end()
        unreadable = output.finish()
    settled = _settled(engine.totals)
    files = count.files if control.stopped else settled
    return replace(counts_of(job.folder), files=files, settled=settled, unreadable=unreadable)


class _Teller:
    """Adds what this run did to what earlier ones had done, and tells it at most twice a second."""

    def __init__(self, before: Progress, count: _Count, tell: Tell) -> None:
        self._before = before
        self._count = count
        self._tell = tell
        self._next = 0.0

    def __call__(self, totals: Totals) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _TELL_EVERY_S
            self._tell(self._progress(totals))

    def _progress(self, totals: Totals) -> Progress:
        before = self._before
        return Progress(
            files=self._count.files,
            settled=_settled(totals),
            photos=before.photos + totals.photos,
            frames=before.frames + totals.frames,
            videos=before.videos + totals.videos,
            duplicates=before.duplicates + totals.duplicates,
            unreadable=totals.failed,
            cameras=before.cameras + totals.cameras,
            identified=before.identified + totals.identified,
            rate=totals.rate,
        )


class _Count:
    """The number of files, counted beside the work; None until it is known."""

    def __init__(self, job: Job, settings: Settings, control: Control) -> None:
        self.files: int | None = None
        self._ended = False
        self._control = control
        self._thread = Thread(target=self._run, args=(job, settings), name="batch-count", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended = True
        self._thread.join()

    def _run(self, job: Job, settings: Settings) -> None:
        files = 0
        with suppress(CamidError, OSError):
            for _ in plan(job.path, job.label, settings):
                files += 1
                if self._ended or self._control.stopped:
                    return
            self.files = files


def _settled(totals: Totals) -> int:
    return totals.photos + totals.videos + totals.duplicates + totals.failed + totals.kept
