"""Do stated probabilities come true? Reliability and expected calibration error, of housings and of makers.

    python -m scripts.calibrate detection --held-out runs/housing/held-out-*.npz --out runs/detection.svg
    python -m scripts.calibrate makers --data ../shared/data --cache runs/readings --out runs/makers.svg
    python -m scripts.calibrate answers --answers runs/evaluate/KEY.jsonl --data ../shared/data --out dev.svg

``detection`` judges each fold of sources by weights fitted on the other folds; ``makers`` each train picture
by tables of marks fitted without its fold, with its maker known and with it taken out of catalogue and
gallery; ``answers`` judges what ``scripts.evaluate`` kept of the dev sets, with nothing fitted on them. The
diagrams are ours.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.domain import OTHER_MAKER
from edge.evidence.fusion import posterior
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from scripts.evaluation.calibration import Reliability, diagram, error_by_chance, reliability
from scripts.evaluation.cases import NEGATIVES, PRODUCTS, SCENES, Case, Truth
from scripts.evaluation.matching import match
from scripts.evaluation.observations import Observation, Seen, kept_answers
from scripts.fit_housing import calibrate, logit_of
from scripts.training.command import described


@dataclass(slots=True)
class Told:
    """Probabilities that were stated, and whether each came true."""

    stated: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)

    def add(self, stated: float, right: bool) -> None:
        self.stated.append(stated)
        self.right.append(right)

    @property
    def reliability(self) -> Reliability:
        return reliability(self.stated, self.right)

    def describe(self, title: str) -> str:
        mean, most = error_by_chance(self.stated)
        told = f"{title}: n {len(self.stated)}, error {self.reliability.error:.3f}"
        told += f" (by chance alone {mean:.3f}, at most {most:.3f})"
        bins = [f"  {one.mean:.2f} stated, {one.right} right" for one in self.reliability.bins]
        return "\n".join([told, *bins])


# --- housings, on sources that the network has not learnt from --------------------------------------------


def held_out(files: Sequence[Path]) -> dict[str, Told]:
    """By weights fitted on the other folds: photos that the detector has not learnt from, and all."""
    folds = [dict(np.load(file)) for file in files]
    everything, unseen = Told(), Told()
    for number, fold in enumerate(folds):
        rest = [_found(other) for k, other in enumerate(folds) if k != number]
        weights = calibrate(*(np.concatenate([part[k] for part in rest]) for k in range(3)))
        score, logit, camera, fresh = _found(fold, fitted=False)
        joined = weights[0] * logit_of(score) + weights[1] * logit + weights[2]
        for stated, right, new in zip(
            1 / (1 + np.exp(-np.clip(joined, -60, 60))), camera, fresh, strict=True
        ):
            everything.add(float(stated), bool(right))
            if new:
                unseen.add(float(stated), bool(right))
    return {"photos that the detector never saw": unseen, "all held-out sources": everything}


def _found(fold: dict[str, NDArray[Any]], *, fitted: bool = True) -> list[NDArray[Any]]:
    """Scores, logits, cameras and unseen of the detector's own finds; with ``fitted`` of unseen photos."""
    mask = np.asarray(fold["score"], np.float32) > 0
    if fitted:
        mask &= fold["unseen"].astype(bool)
    return [fold[name][mask] for name in ("score", "logit", "camera", "unseen")]


# --- makers, on the train products ------------------------------------------------------------------------


def train_makers(data: Path, cache: Path) -> dict[str, Told]:
    """Known makers, and makers that were taken out: of these every name is wrong."""
    from scripts import choose_threshold  # noqa: PLC0415 - reads logos, which needs the training environment

    catalogue = load_catalogue()
    known, unknown = Told(), Told()
    for case in choose_threshold.found_cases(data, cache, Settings(provider="cpu"), catalogue):
        into = known if case.known else unknown
        platforms = case.picture.platforms if case.known else frozenset[str]()
        spoken = {name for one in case.evidence for name, value in one.supports.items() if value > 0}
        for name, chance in posterior(case.evidence, case.likelihoods.prior).items():
            if name != OTHER_MAKER and name in spoken:
                into.add(chance, name in platforms)
    return {"maker in the catalogue": known, "maker taken out": unknown}


# --- what was answered about the dev sets -----------------------------------------------------------------


def answered(results: Sequence[tuple[Case, Observation]], catalogue: Catalogue) -> dict[str, Told]:
    """Housings from the shipped threshold on, all finds down to the floor, and the makers that were named or
    given as candidates."""
    shown, everything, makers = Told(), Told(), Told()
    for case, observation in results:
        if case.set in (SCENES, NEGATIVES) and case.complete:
            boxes = [truth.box for truth in case.truths if truth.box is not None]
            for scored in match(boxes, observation.detections):
                everything.add(scored.score, scored.truth is not None)
                if scored.score >= observation.threshold:
                    shown.add(scored.score, scored.truth is not None)
        for seen, truth in _with_makers(case, observation):
            for name, chance in seen.likely:
                makers.add(chance, name in _platforms(truth, catalogue))
    return {"housings told": shown, "housings, all finds": everything, "makers": makers}


def _with_makers(case: Case, observation: Observation) -> Iterator[tuple[Seen, Truth]]:
    """The answers about cameras whose maker a person knows."""
    if case.set == PRODUCTS and case.truths[0].names:
        yield from ((seen, case.truths[0]) for seen in observation.cameras[:1])
    elif case.set == SCENES:
        truths = [truth for truth in case.truths if truth.box is not None]
        ranked = sorted(observation.cameras, key=lambda seen: -seen.score)
        hits = match([truth.box for truth in truths if truth.box is not None], ranked)
        for seen, hit in zip(ranked, hits, strict=True):
            if hit.truth is not None and truths[hit.truth].names:
                yield seen, truths[hit.truth]


def _platforms(truth: Truth, catalogue: Catalogue) -> frozenset[str]:
    """The ids under which a right answer may stand."""
    own = {catalogue.brands[name].platform for name in truth.names if name in catalogue.brands}
    return frozenset(own) | truth.names


# --- command line -----------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> None:
    parser = described(__doc__)
    parser.add_argument("what", choices=("detection", "makers", "answers"))
    parser.add_argument("--held-out", type=Path, nargs="+", default=())
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, help="where to draw the diagrams, as SVG")
    options = parser.parse_args(arguments)
    told = _told(options)
    for title, one in told.items():
        print(one.describe(title))
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(diagram([(title, one.reliability) for title, one in told.items()]), "utf-8")


def _told(options: argparse.Namespace) -> dict[str, Told]:
    if options.what == "detection":
        return held_out(options.held_out)
    if options.what == "makers":
        return train_makers(options.data, options.cache)
    return answered(kept_answers(options.answers, options.data), load_catalogue())


if __name__ == "__main__":
    main()
