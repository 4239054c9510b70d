"""Who was taken for whom: matrices of form factors and of makers, as counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.vendors.catalogue import Catalogue
from scripts.evaluation.cases import MARKS, NEGATIVES, PRODUCTS, SCENES, Case
from scripts.evaluation.matching import match
from scripts.evaluation.naming import Graded, Outcome, grade_picture, grade_scene
from scripts.evaluation.observations import Observation
from scripts.evaluation.shares import Share

OPEN = "(open)"
"""No answer."""
NO_NAME = "(no name)"
NO_CAMERA = "(no camera)"


@dataclass(frozen=True, slots=True)
class Confusion:
    """``counts`` maps (label, answer) to a number of cameras."""

    counts: Counter[tuple[str, str]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Confusion:
        return cls(Counter(pairs))

    @property
    def labels(self) -> list[str]:
        return sorted({label for label, _ in self.counts})

    @property
    def answers(self) -> list[str]:
        """In the order of the labels, then what is no label."""
        said = {answer for _, answer in self.counts}
        return [name for name in self.labels if name in said] + sorted(said - set(self.labels))

    @property
    def right(self) -> Share:
        hits = sum(n for (label, answer), n in self.counts.items() if label == answer)
        return Share(hits, sum(self.counts.values()))

    @property
    def right_of_answered(self) -> Share:
        answered = {pair: n for pair, n in self.counts.items() if pair[1] != OPEN}
        hits = sum(n for (label, answer), n in answered.items() if label == answer)
        return Share(hits, sum(answered.values()))

    def rows(self) -> list[list[str]]:
        """One a label: its name, then the counts in the order of ``answers``, empty for none."""
        return [
            [label, *(str(self.counts.get((label, answer), "")) for answer in self.answers)]
            for label in self.labels
        ]


def forms(results: Sequence[tuple[Case, Observation]]) -> Confusion:
    """Of the cameras of scenes that were found and whose form factor a person could tell."""
    pairs = []
    for case, observation in results:
        if case.set != SCENES:
            continue
        truths = [truth for truth in case.truths if truth.box is not None]
        ranked = sorted(observation.cameras, key=lambda seen: -seen.score)
        scored = match([truth.box for truth in truths if truth.box is not None], ranked)
        for seen, hit in zip(ranked, scored, strict=True):
            label = None if hit.truth is None else truths[hit.truth].form
            if label is not None:
                pairs.append((label, seen.form or OPEN))
    return Confusion.of(pairs)


def makers(results: Sequence[tuple[Case, Observation]], catalogue: Catalogue) -> Confusion:
    """Of every camera and product; a right answer by its label's name, no answer as ``OPEN``."""
    graded = [
        one
        for case, seen in results
        for one in (
            [grade_picture(case, seen, catalogue)]
            if case.set in (PRODUCTS, MARKS)
            else grade_scene(case, seen, catalogue)
        )
        if case.set in (PRODUCTS, SCENES, NEGATIVES)
    ]
    return Confusion.of((_label(one), _answer(one)) for one in graded)


def _label(graded: Graded) -> str:
    if graded.truth is None:
        return NO_CAMERA
    return graded.truth.sub_brand or graded.truth.vendor or NO_NAME


def _answer(graded: Graded) -> str:
    if graded.outcome is Outcome.RIGHT:
        return _label(graded)
    return graded.said or OPEN
