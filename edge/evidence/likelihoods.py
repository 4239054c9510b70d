"""Fitted likelihood ratios and thresholds, read from ``likelihoods.toml`` and ``thresholds.toml``.

Nothing here is a number of our choosing: each table carries how many observations it was fitted on, when,
and the command that wrote it. A file that lacks one of these is refused.
"""

from __future__ import annotations

import math
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType

from edge.domain import OTHER_MAKER
from edge.errors import ErrorCode, ModelError
from edge.settings import DetectorSize

LIKELIHOODS_FILE = "likelihoods.toml"
THRESHOLDS_FILE = "thresholds.toml"


@dataclass(frozen=True, slots=True)
class Step:
    """From the score ``at_least`` upwards the log likelihood ratio is ``value`` (natural log), fitted on
    ``n`` observations in that range."""

    at_least: float
    value: float
    n: int


@dataclass(frozen=True, slots=True)
class LikelihoodTable:
    """A step function from a score to a log likelihood ratio that never falls as the score rises.

    Raises:
        ValueError: if the steps are not rising, or a value is not finite.
    """

    name: str
    steps: tuple[Step, ...]
    n: int
    date: str
    command: str

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"table {self.name!r} has no steps")
        if not all(math.isfinite(s.at_least) and math.isfinite(s.value) for s in self.steps):
            raise ValueError(f"table {self.name!r} holds a value that is not finite")
        for lower, upper in zip(self.steps, self.steps[1:], strict=False):
            if upper.at_least <= lower.at_least or upper.value < lower.value:
                raise ValueError(f"table {self.name!r} falls, or repeats a step, at {upper.at_least}")

    def value(self, score: float) -> float:
        """The log likelihood ratio of ``score``; 0 (says nothing) below the lowest step."""
        index = bisect_right([s.at_least for s in self.steps], score)
        return self.steps[index - 1].value if index else 0.0


@dataclass(frozen=True, slots=True)
class Prior:
    """How often each platform is met before anything is seen. ``unlisted`` is that of a platform which the
    file does not list; ``other`` that of a maker which the catalogue does not know.

    Raises:
        ValueError: if a probability is not in 0..1, or together they pass 1.
    """

    platforms: Mapping[str, float]
    other: float
    unlisted: float
    n: int
    date: str
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "platforms", MappingProxyType(dict(self.platforms)))
        values = (*self.platforms.values(), self.other, self.unlisted)
        if not all(0.0 < p < 1.0 for p in values):
            raise ValueError("every prior must lie between 0 and 1")
        if sum(self.platforms.values()) + self.other > 1.0 + 1e-6:
            raise ValueError("the priors add up to more than 1")
        if OTHER_MAKER in self.platforms:
            raise ValueError(f"{OTHER_MAKER!r} is no platform")

    def of(self, platform: str) -> float:
        return self.platforms.get(platform, self.unlisted)

    def with_enrolled(self, makers: Iterable[str]) -> Prior:
        """The prior once a user has said that ``makers`` are met here: each as often as the rarest listed
        one, and at most half of what other makers had. It is taken from those, so no posterior of another
        platform changes."""
        new = [maker for maker in makers if maker not in self.platforms]
        if not new or not self.platforms:
            return self
        each = min(*self.platforms.values(), self.other / 2 / len(new))
        platforms = {**self.platforms, **dict.fromkeys(new, each)}
        return replace(self, platforms=platforms, other=self.other - each * len(new))


@dataclass(frozen=True, slots=True)
class Likelihoods:
    prior: Prior
    tables: Mapping[str, LikelihoodTable]

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))

    def value(self, table: str, score: float) -> float:
        """Log likelihood ratio (natural, against "other maker") of ``score`` by the table named ``table``.

        Raises:
            ModelError: ``model_broken``, if the file holds no such table.
        """
        if table not in self.tables:
            raise ModelError(ErrorCode.MODEL_BROKEN, f"{LIKELIHOODS_FILE} has no table {table!r}.")
        return self.tables[table].value(score)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Decision limits, probabilities unless said; a name ``a_b`` is key ``b`` of table ``[a]`` in the file.

    ``detect_nano``, ``detect_small``: least score of a housing that is told, with the detector of that size.
    ``identify_posterior``: least posterior of a named platform. ``identify_conflict``: the same where
    identifying evidence also speaks for another platform. ``identify_support``: least log likelihood ratio
    that identifying evidence alone must bring. ``identify_housing``: least score of a housing whose maker is
    named, so that a name on what may as well be a sign or a recorder stays a candidate. ``candidates_min``:
    least posterior of a candidate.
    ``mark_similarity``: least cosine of a gallery match that is evidence at all. ``advice_promise``: least
    posterior of all candidates together from which a better photo is promised to tell the maker.

    Raises:
        ValueError: if a value lies outside its range.
    """

    detect_nano: float
    detect_small: float
    identify_posterior: float
    identify_conflict: float
    identify_support: float
    identify_housing: float
    candidates_min: float
    mark_similarity: float
    advice_promise: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            most = math.inf if field.name == "identify_support" else 1.0
            if not 0.0 <= value <= most:
                raise ValueError(f"{field.name} is out of range: {value!r}")
        if self.identify_posterior <= 0.5:
            raise ValueError("identify_posterior must pass 0.5, or two platforms could both be named")
        if self.identify_conflict < self.identify_posterior:
            raise ValueError("identify_conflict must not be laxer than identify_posterior")

    def detect(self, size: DetectorSize) -> float:
        """The least score of a housing that is told, with the detector of this size."""
        return self.detect_nano if size == "nano" else self.detect_small


def load_likelihoods(models_dir: Path) -> Likelihoods:
    """Raises:
    ModelError: ``model_missing`` or ``model_broken``.
    """
    document = _read_toml(models_dir / LIKELIHOODS_FILE)
    try:
        prior = _prior(document["prior"])
        return Likelihoods(prior, {name: _table(name, raw) for name, raw in document["tables"].items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(LIKELIHOODS_FILE, error) from None


def load_thresholds(models_dir: Path) -> Thresholds:
    """Raises:
    ModelError: ``model_missing`` or ``model_broken``; also for an unknown key, which may be a misspelt one.
    """
    document = _read_toml(models_dir / THRESHOLDS_FILE)
    try:
        flat = {f"{table}_{key}": _number(v) for table, keys in document.items() for key, v in keys.items()}
        return Thresholds(**flat)
    except (TypeError, ValueError, AttributeError) as error:
        raise _broken(THRESHOLDS_FILE, error) from None


def _read_toml(path: Path) -> dict[str, dict[str, object]]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ModelError(ErrorCode.MODEL_MISSING, f"{path.name} is missing.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(path.name, error) from None


def _broken(name: str, error: Exception) -> ModelError:
    fault = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
    return ModelError(ErrorCode.MODEL_BROKEN, f"{name}: {fault}.")


def _prior(raw: Mapping[str, object]) -> Prior:
    platforms = raw["platforms"]
    if not isinstance(platforms, dict):
        raise TypeError("prior.platforms is no table")
    return Prior(
        platforms={name: _number(p) for name, p in platforms.items()},
        other=_number(raw["other"]),
        unlisted=_number(raw["unlisted"]),
        n=_count(raw["n"]),
        date=str(raw["date"]),
        source=str(raw["source"]),
    )


def _table(name: str, raw: object) -> LikelihoodTable:
    if not isinstance(raw, dict) or not isinstance(raw.get("steps"), list):
        raise TypeError(f"table {name!r} has no list of steps")
    steps = tuple(Step(_number(s["at_least"]), _number(s["value"]), _count(s["n"])) for s in raw["steps"])
    return LikelihoodTable(name, steps, _count(raw["n"]), str(raw["date"]), str(raw["command"]))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r} is no count")
    return value
