"""The second look at each candidate of the detector: is it a camera at all, and of which form.

The detector sees a candidate at the scale of its tile and must be fast on every tile; this network sees the
few candidates enlarged and with their surroundings. Its logit and the detector's are combined by a logistic
calibration fitted on held-out training pictures (``[housing.parameters]`` in ``models/manifest.toml``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.domain import Box, FormFactor, Housing, Pixels
from edge.errors import ErrorCode, ModelError
from edge.settings import Settings
from edge.vision.crops import surroundings
from edge.vision.loop import InferenceLoop
from edge.vision.manifest import ModelEntry, load_manifest
from edge.vision.runtime import Session, open_session
from edge.vision.sizes import detector_size

MIN_FORM_PROBABILITY = 0.5
"""Below it the form factor stays open."""
_BATCH = 8


@dataclass(frozen=True, slots=True)
class Calibration:
    """Score = sigmoid(detector · logit of the detector's score + verifier · logit of this network + bias)."""

    detector: float
    verifier: float
    bias: float

    def score(self, detector: NDArray[np.float32], verifier: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated scores (N) from the detector's scores (N, 0..1) and this network's logits (N)."""
        chance = np.clip(detector.astype(np.float64), 1e-6, 1 - 1e-6)
        logit = np.log(chance / (1 - chance))
        total: NDArray[np.float64] = self.detector * logit + self.verifier * verifier + self.bias
        return 1 / (1 + np.exp(-np.clip(total, -60, 60)))


class Verifier:
    """The network over one session; ``side`` is that of its square input in pixels, ``forms`` names its
    second output."""

    def __init__(
        self, session: Session, *, side: int, forms: Sequence[str], calibration: Calibration
    ) -> None:
        self._session = session
        self._side = side
        self._forms = tuple(FormFactor(form) for form in forms)
        self._calibration = calibration

    def verify(self, pixels: Pixels, found: Sequence[Housing]) -> list[Housing]:
        """``found`` with calibrated scores and form factors, best first."""
        checked: list[Housing] = []
        for first in range(0, len(found), _BATCH):
            batch = found[first : first + _BATCH]
            logits, forms = self._run(pixels, [housing.box for housing in batch])
            before = np.array([housing.score for housing in batch], np.float32)
            scores = self._calibration.score(before, logits)
            checked += [
                Housing(housing.box, float(score), self._form(row))
                for housing, score, row in zip(batch, scores, forms, strict=True)
            ]
        return sorted(checked, key=lambda housing: (-housing.score, housing.box.as_tuple()))

    def _run(self, pixels: Pixels, boxes: Sequence[Box]) -> list[NDArray[np.float32]]:
        crops = np.stack([surroundings(pixels, box, self._side) for box in boxes])
        return self._session.run({self._session.inputs[0].name: crops})

    def _form(self, probabilities: NDArray[np.float32]) -> FormFactor | None:
        best = int(probabilities.argmax())
        return self._forms[best] if probabilities[best] >= MIN_FORM_PROBABILITY else None


def load_verifier(settings: Settings, threads: int, loop: InferenceLoop | None = None) -> Verifier:
    """The shipped network.

    Raises:
        ModelError: see ``open_session``; ``model_broken`` if its parameters in the manifest are no good.
    """
    entry = load_manifest(settings.models_dir).entry("housing")
    detector, verifier, bias = _numbers(entry, f"calibration_{detector_size(settings)}", 3)
    forms = entry.parameters.get("forms")
    if not isinstance(forms, list) or not set(forms) <= set(FormFactor):
        raise _faulty(entry, "forms")
    return Verifier(
        open_session(entry, settings, threads=threads, loop=loop),
        side=entry.integer("input"),
        forms=forms,
        calibration=Calibration(detector, verifier, bias),
    )


def _numbers(entry: ModelEntry, name: str, count: int) -> Iterable[float]:
    values = entry.parameters.get(name)
    if not isinstance(values, list) or len(values) != count or not all(isinstance(v, float) for v in values):
        raise _faulty(entry, name)
    return values


def _faulty(entry: ModelEntry, name: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_BROKEN, f"The manifest's parameter {name} of {entry.name} is no good.")
