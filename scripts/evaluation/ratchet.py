"""Sixty fixed pictures with floors and ceilings, so that accuracy cannot fall unseen.

``tests/e2e/ratchet.json`` names the pictures (they lie in the shared data and are never committed) and the
limits. The draw is seeded and blind to what Camid answers; only pictures of at most a megapixel enter it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from edge.media.photo import read
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue
from scripts.evaluation.cases import MARKS, NEGATIVES, PRODUCTS, SCENES, SETS, Case, load_cases
from scripts.evaluation.matching import match
from scripts.evaluation.naming import Graded, Outcome, grade_picture, grade_scene
from scripts.evaluation.observations import Observation, PhotoIdentifier, Seen

RATCHET = Path(__file__).resolve().parents[2] / "tests" / "e2e" / "ratchet.json"
DRAW: Mapping[str, int] = {SCENES: 22, NEGATIVES: 12, PRODUCTS: 22, MARKS: 4}
SEED = 7
MAX_PIXELS = 1_000_000
SLACK = 1
"""By how much a count may miss its record: another processor rounds otherwise. Not for wrong names."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Found cameras and false boxes are of scenes and negatives, names of all pictures."""

    cameras_found: int = 0
    named_right: int = 0
    named_wrong: int = 0
    false_boxes: int = 0


@dataclass(frozen=True, slots=True)
class Ratchet:
    """``record`` is what was measured when it was last written, None before that."""

    pictures: tuple[tuple[str, str], ...]
    record: Counts | None

    def faults(self, counts: Counts) -> list[str]:
        """What fell behind the record, in words."""
        if self.record is None:
            return []
        floor, ceiling = "is below the floor of", "is above the ceiling of"
        checks = [
            ("cameras_found", floor, self.record.cameras_found - SLACK),
            ("named_right", floor, self.record.named_right - SLACK),
            ("named_wrong", ceiling, self.record.named_wrong),
            ("false_boxes", ceiling, self.record.false_boxes + SLACK),
        ]
        found = asdict(counts)
        return [
            f"{name} = {found[name]} {verb} {limit}"
            for name, verb, limit in checks
            if (found[name] < limit if verb is floor else found[name] > limit)
        ]


def load_ratchet(path: Path = RATCHET) -> Ratchet:
    stored = json.loads(path.read_text(encoding="utf-8"))
    record = stored["record"]
    pictures = tuple((name, file) for name, files in stored["pictures"].items() for file in files)
    return Ratchet(pictures, None if record is None else Counts(**record))


def save_ratchet(ratchet: Ratchet, path: Path = RATCHET) -> None:
    pictures = {name: [file for own, file in ratchet.pictures if own == name] for name in DRAW}
    record = None if ratchet.record is None else asdict(ratchet.record)
    text = json.dumps({"record": record, "pictures": pictures}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def draw(data: Path) -> Ratchet:
    """Sixty pictures of the dev sets; takes away the record, for it was of other pictures."""
    chosen: list[tuple[str, str]] = []
    for name, count in DRAW.items():
        small = sorted(c.path.name for c in load_cases(data, (name,)) if _pixels(c.path) <= MAX_PIXELS)
        chosen += [(name, file) for file in sorted(random.Random(SEED).sample(small, count))]
    return Ratchet(tuple(chosen), None)


def _pixels(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.width * picture.height


def ratchet_cases(ratchet: Ratchet, data: Path) -> list[Case]:
    """Raises KeyError if the shared data lacks one of the pictures."""
    known = {(case.set, case.path.name): case for case in load_cases(data, tuple(SETS))}
    return [known[picture] for picture in ratchet.pictures]


def count(
    cases: Sequence[Case], identifier: PhotoIdentifier, settings: Settings, catalogue: Catalogue
) -> Counts:
    """What Camid finds and names on ``cases``, as a user gets it."""
    found = false = 0
    outcomes: list[Outcome] = []
    for case in cases:
        report = identifier.photo(read(case.path, settings))
        seen = Observation(tuple(map(Seen.of, report.cameras)), (), report.thresholds["detect"])
        mounted = case.set in (SCENES, NEGATIVES)
        if mounted:
            boxes = [truth.box for truth in case.truths if truth.box is not None]
            hits = [scored.truth is not None for scored in match(boxes, seen.cameras)]
            found += sum(hits)
            false += len(hits) - sum(hits) if case.complete else 0
        graded: list[Graded] = (
            grade_scene(case, seen, catalogue) if mounted else [grade_picture(case, seen, catalogue)]
        )
        outcomes += [g.outcome for g in graded]
    return Counts(found, outcomes.count(Outcome.RIGHT), outcomes.count(Outcome.WRONG), false)
