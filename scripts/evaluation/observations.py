"""What Camid answered about one picture, and the file that keeps the answers of an interrupted run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from edge.domain import Box, Camera, Identification, PhotoReport, Picture, Verdict
from edge.media.photo import read
from edge.settings import Settings
from scripts.evaluation.cases import NEGATIVES, PRODUCTS, SCENES, Case, load_cases

FLOOR_SCORE = 0.01
"""Score from which detections enter the precision-recall curve."""


class PhotoIdentifier(Protocol):
    """What is needed of ``edge.identify.Identifier``."""

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A camera of an answer. ``likely`` are the platforms that it names or gives as candidates, with their
    probabilities; a brand without a known platform stands under its own id."""

    box: Box
    score: float
    verdict: Verdict = Verdict.UNDETERMINED
    brand: str | None = None
    platform: str | None = None
    form: str | None = None
    likely: tuple[tuple[str, float], ...] = ()

    @property
    def named(self) -> bool:
        return self.brand is not None or self.platform is not None

    @classmethod
    def of(cls, camera: Camera) -> Self:
        said = camera.identification
        form = camera.form_factor
        word = None if form is None else str(form)
        return cls(camera.box, camera.score, said.verdict, said.brand, said.platform, word, _likely(said))


def _likely(said: Identification) -> tuple[tuple[str, float], ...]:
    named = said.platform or said.brand
    if named is not None:
        return ((named, said.confidence),)
    return tuple((candidate.platform, candidate.probability) for candidate in said.candidates)


@dataclass(frozen=True, slots=True)
class Observation:
    """``cameras`` is the answer as a user gets it; ``detections`` are all boxes from ``FLOOR_SCORE`` on,
    without reading, for the curve (scenes and negatives only)."""

    cameras: tuple[Seen, ...]
    detections: tuple[Seen, ...]
    threshold: float

    def as_json(self) -> dict[str, object]:
        return {
            "cameras": [_seen_json(seen) for seen in self.cameras],
            "detections": [_seen_json(seen) for seen in self.detections],
            "threshold": self.threshold,
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        cameras, detections = (tuple(_seen(item) for item in row[key]) for key in ("cameras", "detections"))
        return cls(cameras, detections, row["threshold"])


def _seen_json(seen: Seen) -> list[object]:
    box = [round(value, 2) for value in seen.box.as_tuple()]
    return [box, round(seen.score, 5), seen.verdict, seen.brand, seen.platform, seen.form, seen.likely]


def _seen(row: list[Any]) -> Seen:
    # ValueError for a row of before forms and candidates were kept: it is measured again.
    box, score, verdict, brand, platform, form, likely = row
    return Seen(
        Box(*box), score, Verdict(verdict), brand, platform, form, tuple((name, p) for name, p in likely)
    )


class Observer:
    """Asks Camid about pictures, by the public path only.

    ``blind`` is the same identifier with a reading budget of nothing: it gives the scores below the
    threshold, which the curve needs, without reading crops that no user would have had read.
    """

    def __init__(self, identifier: PhotoIdentifier, blind: PhotoIdentifier, settings: Settings) -> None:
        self._identifier = identifier
        self._blind = blind
        self._settings = settings

    @classmethod
    def load(cls, settings: Settings) -> Self:
        from edge.identify import Identifier  # noqa: PLC0415 - loads the models

        blind = settings.model_copy(update={"max_read_crops": 0})
        return cls(Identifier.load(settings), Identifier.load(blind), settings)

    def observe(self, case: Case) -> Observation:
        picture = read(case.path, self._settings)
        if case.set not in (SCENES, NEGATIVES):
            return self._answer(picture, ())
        scan = self._blind.photo(picture, FLOOR_SCORE)
        threshold = scan.thresholds["detect"]
        detections = tuple(Seen.of(camera) for camera in scan.cameras)
        if not any(seen.score >= threshold for seen in detections):
            return Observation((), detections, threshold)  # no camera, so nothing to name
        return self._answer(picture, detections)

    def _answer(self, picture: Picture, detections: tuple[Seen, ...]) -> Observation:
        report = self._identifier.photo(picture)
        cameras = tuple(Seen.of(camera) for camera in report.cameras)
        return Observation(cameras, detections, report.thresholds["detect"])


def fingerprint(models_dir: Path, package: Path) -> str:
    """A digest of everything an answer depends on beside the picture: the models' files and Camid's code."""
    digest = hashlib.sha256()
    for file in sorted(_files(models_dir, package)):
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(models_dir: Path, package: Path) -> Iterable[Path]:
    yield from (f for f in models_dir.rglob("*") if f.is_file() and f.suffix not in {".md", ".log", ".jsonl"})
    yield from (f for f in package.rglob("*") if f.suffix in {".py", ".toml"} and "_models" not in f.parts)


class Kept:
    """Answers on disk, one JSON line each, so that an interrupted run goes on where it stopped."""

    def __init__(self, folder: Path, key: str, *, fresh: bool = False) -> None:
        self.path = folder / f"{key[:16]}.jsonl"
        self._rows: dict[str, Observation] = {}
        if fresh:
            self.path.unlink(missing_ok=True)
        if self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                self._take(line)

    def _take(self, line: str) -> None:
        try:
            row = json.loads(line)
            self._rows[row["case"]] = Observation.from_json(row)
        except ValueError:
            return  # the line that was being written when the run was cut off

    def get(self, case: Case) -> Observation | None:
        return self._rows.get(_key(case))

    def put(self, case: Case, observation: Observation) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        row = {"case": _key(case), "file": case.path.name, **observation.as_json()}
        torn = self.path.is_file() and not self.path.read_bytes().endswith(b"\n")
        with self.path.open("a", encoding="utf-8") as file:
            file.write(("\n" if torn else "") + json.dumps(row) + "\n")
        self._rows[_key(case)] = observation


def kept_answers(answers: Path, data: Path) -> list[tuple[Case, Observation]]:
    """What a file of ``Kept`` holds of scenes, negatives and products of ``data``, in the labels' order."""
    kept = Kept(answers.parent, answers.stem)
    cases = load_cases(data, (SCENES, NEGATIVES, PRODUCTS))
    return [(case, seen) for case in cases if (seen := kept.get(case)) is not None]


def _key(case: Case) -> str:
    return f"{case.set}:{hashlib.sha256(case.path.read_bytes()).hexdigest()}"
