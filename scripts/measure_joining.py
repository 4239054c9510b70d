"""What photos of one camera say joined, against what the better one says alone.

    python -m scripts.measure_joining --data ../shared/data

Three kinds of joins of the dev pictures of products: all and every two pictures of one model, which is what
a person joins; two pictures of one maker and form, mostly of other models, which stand in for more sides; and
two of different makers, a mistake by which no new name may come up, and none may stay where both were named.
Graded as in ``scripts.evaluate``. Single answers are kept under ``runs/joining``, keyed by the pictures, the
models and the code that looks at them.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.domain import Box, Verdict
from edge.evidence.likelihoods import load_likelihoods, load_thresholds
from edge.media.photo import read
from edge.report.contract import CameraV1, IdentificationV1, camera_contract
from edge.settings import Settings, load_settings
from edge.sightings.joining import Weighing, joined
from edge.vendors.catalogue import load_catalogue
from scripts.evaluation.cases import PRODUCTS, Case, load_cases
from scripts.evaluation.naming import Outcome, grade
from scripts.evaluation.observations import Seen, fingerprint
from scripts.evaluation.shares import Share
from scripts.training.command import described
from scripts.training.sources import rows

CHECKOUT = Path(__file__).resolve().parents[1]
LOOKING = ("media", "vision", "evidence", "vendors")
"""Parts of the package on which single answers depend."""
RANK = {
    Outcome.WRONG: 0,
    Outcome.UNDETERMINED: 1,
    Outcome.CANDIDATES: 2,
    Outcome.PLATFORM: 3,
    Outcome.RIGHT: 4,
}
MISTAKES = 2000


@dataclass(frozen=True, slots=True)
class Side:
    """One picture of a product; ``camera`` is None where none was found."""

    case: Case
    model: str | None
    camera: CameraV1 | None


@dataclass(slots=True)
class Tally:
    """``below`` and ``newly_wrong`` list the joins that went wrong, by their files."""

    joins: int = 0
    better: int = 0
    below: list[str] = field(default_factory=list)
    newly_wrong: list[str] = field(default_factory=list)

    def report(self, title: str) -> str:
        kept = self.joins - len(self.below)
        lines = [
            f"{title}: {self.joins} joins",
            f"  at least the better single answer {Share(kept, self.joins)}",
            f"  better than it                    {Share(self.better, self.joins)}",
            f"  wrong where no single answer was  {Share(len(self.newly_wrong), self.joins)}",
        ]
        return "\n".join(lines + [f"    {one}" for one in (self.below + self.newly_wrong)[:20]])


@dataclass(slots=True)
class Mistakes:
    """``invented``: a name that no photo held for possible; ``kept``: a name though both had one."""

    joins: int = 0
    both_named: int = 0
    invented: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def report(self, title: str) -> str:
        lines = [
            f"{title}: {self.joins} joins",
            f"  a name that neither held possible {Share(len(self.invented), self.joins)}",
            f"  one name stays, both had one      {Share(len(self.kept), self.both_named)}",
        ]
        return "\n".join(lines + [f"    {one}" for one in (self.invented + self.kept)[:20]])


class Answers:
    """Single answers on disk, one JSON line each, so that an interrupted run goes on where it stopped."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        keys = [fingerprint(settings.models_dir, CHECKOUT / "edge" / part) for part in LOOKING]
        self._path = folder / f"{hashlib.sha256(''.join(keys).encode()).hexdigest()[:16]}.jsonl"
        self._settings = settings
        self._known: dict[str, CameraV1 | None] = {}
        if self._path.is_file():
            for line in self._path.read_text("utf-8").splitlines():
                self._take(line)

    def of(self, cases: Sequence[Case]) -> Iterator[CameraV1 | None]:
        """The surest camera of each picture."""
        missing = [case for case in cases if case.path.name not in self._known]
        if missing:
            self._ask(missing)
        return (self._known[case.path.name] for case in cases)

    def _ask(self, cases: Sequence[Case]) -> None:
        from edge.identify import Identifier  # noqa: PLC0415 - loads the models

        identifier = Identifier.load(self._settings)
        for done, case in enumerate(cases, start=1):
            report = identifier.photo(read(case.path, self._settings))
            cameras = [camera_contract(camera) for camera in report.cameras]
            self._keep(case.path.name, max(cameras, key=lambda one: one.score, default=None))
            if done % 20 == 0 or done == len(cases):
                print(f"{done}/{len(cases)}", file=sys.stderr, flush=True)

    def _keep(self, name: str, camera: CameraV1 | None) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        row = {"file": name, "camera": camera.model_dump(mode="json") if camera else None}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self._known[name] = camera

    def _take(self, line: str) -> None:
        try:
            row = json.loads(line)
            camera = CameraV1.model_validate(row["camera"]) if row["camera"] else None
        except ValueError:
            return  # the line that was being written when the run was cut off
        self._known[row["file"]] = camera


def of_one_model(sides: Iterable[Side]) -> Iterator[Sequence[Side]]:
    """All pictures of each model together, and, where there are more than two, every two of them."""
    groups: dict[object, list[Side]] = defaultdict(list)
    for side in sides:
        if side.model is not None:
            groups[(side.case.truths[0].vendor, side.case.truths[0].sub_brand, side.model)].append(side)
    for group in groups.values():
        if len(group) > 1:
            yield group
        if len(group) > 2:
            yield from itertools.combinations(group, 2)


def of_one_maker(sides: Sequence[Side]) -> Iterator[Sequence[Side]]:
    for one, other in itertools.combinations(sides, 2):
        a, b = one.case.truths[0], other.case.truths[0]
        alike = a.names == b.names and a.form == b.form and a.form is not None
        if alike and (one.model is None or one.model != other.model):
            yield one, other


def of_two_makers(sides: Sequence[Side], count: int, seed: int) -> Iterator[Sequence[Side]]:
    pairs = [
        (one, other)
        for one, other in itertools.combinations(sides, 2)
        if one.case.truths[0].names.isdisjoint(other.case.truths[0].names)
    ]
    yield from random.Random(seed).sample(pairs, min(count, len(pairs)))


def measure(joins: Iterable[Sequence[Side]], weighing: Weighing) -> Tally:
    """Pictures in which no camera was found are left out of their join."""
    tally = Tally()
    for sides, cameras in _seen(joins):
        answer = joined(cameras, weighing)
        singles = [_grade(c.identification, s, weighing) for s, c in zip(sides, cameras, strict=True)]
        own, best = _grade(answer, sides[0], weighing), max(map(RANK.__getitem__, singles))
        what = f"{_files(sides)}: {own} from {', '.join(singles)}"
        tally.joins += 1
        tally.better += RANK[own] > best
        if RANK[own] < best:
            tally.below.append(what)
        if own is Outcome.WRONG and Outcome.WRONG not in singles:
            tally.newly_wrong.append(what)
    return tally


def measure_mistakes(joins: Iterable[Sequence[Side]], weighing: Weighing) -> Mistakes:
    mistakes = Mistakes()
    for sides, cameras in _seen(joins):
        singles = [camera.identification for camera in cameras]
        answer = joined(cameras, weighing)
        what = f"{_files(sides)}: brand {answer.brand}, platform {answer.platform}"
        both = all(one.verdict is Verdict.IDENTIFIED for one in singles)
        both &= len({one.platform or one.brand for one in singles}) > 1
        mistakes.joins += 1
        mistakes.both_named += both
        if both and answer.verdict is Verdict.IDENTIFIED:
            mistakes.kept.append(what)
        if not _held(answer, singles):
            mistakes.invented.append(what)
    return mistakes


def _seen(joins: Iterable[Sequence[Side]]) -> Iterator[tuple[list[Side], list[CameraV1]]]:
    for join in joins:
        found = [(side, side.camera) for side in join if side.camera is not None]
        if len(found) > 1:
            yield [side for side, _ in found], [camera for _, camera in found]


def _files(sides: Sequence[Side]) -> str:
    return " ".join(side.case.path.name for side in sides)


def _grade(answer: IdentificationV1, side: Side, weighing: Weighing) -> Outcome:
    seen = Seen(Box(0, 0, 1, 1), 1.0, answer.verdict, answer.brand, answer.platform)
    return grade(seen, side.case.truths[0], weighing.catalogue)


def _held(answer: IdentificationV1, singles: Sequence[IdentificationV1]) -> bool:
    """Whether each name of the joined answer is that of a single one, or among its candidates."""
    names = {n for one in singles for n in (one.brand, one.platform)}
    names |= {n for one in singles for c in one.candidates for n in (c.brand, c.platform)}
    return {answer.brand, answer.platform} <= {None, *names}


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the shared data")
    parser.add_argument("--runs", type=Path, default=CHECKOUT / "runs" / "joining")
    parser.add_argument("--seed", type=int, default=1)
    options: argparse.Namespace = parser.parse_args()
    settings = load_settings()
    cases = load_cases(options.data, (PRODUCTS,))
    models: Mapping[str, object] = {str(r["file"]): r["model"] for r in rows(options.data / "products/dev")}
    cameras = Answers(options.runs, settings).of(cases)
    sides = [
        Side(case, str(model) if (model := models[case.path.name]) else None, camera)
        for case, camera in zip(cases, cameras, strict=True)
    ]
    likelihoods, thresholds = load_likelihoods(settings.models_dir), load_thresholds(settings.models_dir)
    weighing = Weighing(load_catalogue(), likelihoods, thresholds)
    found = sum(side.camera is not None for side in sides)
    print(f"{found} of {len(sides)} pictures with a camera")
    print(measure(of_one_model(sides), weighing).report("one model from several sides"))
    print(measure(of_one_maker(sides), weighing).report("one maker and form"))
    mistakes = of_two_makers(sides, MISTAKES, options.seed)
    print(measure_mistakes(mistakes, weighing).report("two makers, joined by mistake"))


if __name__ == "__main__":
    main()
