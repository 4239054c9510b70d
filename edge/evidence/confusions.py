"""How OCR misreads the lettering of cameras: learnt costs of single confusions, and whole readings of a
brand's mark that came up again and again (Dahua's logo as ``@lhua``). Read from ``confusions.toml``, which
``scripts/fit_confusions.py`` writes from training pictures.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from edge.errors import ErrorCode, ModelError

CONFUSIONS_FILE = "confusions.toml"
BEFORE, AFTER = "^", "$"

_TRADE_SIGNS = str.maketrans("", "", "™®©℠")
_BREAKS = re.compile(r"[\s|/\\,;:()\[\]{}<>\"“”、，。·•]+")


def fold(text: str) -> str:
    """Letters and digits only, in one case and width, with ``@``, which is how round logos are read."""
    folded = unicodedata.normalize("NFKC", text.translate(_TRADE_SIGNS)).casefold()
    return "".join(c for c in folded if c.isalnum() or c == "@")


def tokens(text: str) -> list[str]:
    """Folded words of a line; hyphens and dots do not part words (``tp-link`` is one)."""
    return [folded for word in _BREAKS.split(text) if (folded := fold(word))]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A folded reading under which a brand's mark was met in ``n`` training pictures, and in no other's."""

    text: str
    n: int


@dataclass(frozen=True, slots=True)
class Confusions:
    """Costs from 0 (as good as right) to 1 (never seen); what is not listed costs 1.

    ``substitutions`` has keys ``true + read``; ``insertions`` are of characters that are not in the mark (key
    ``BEFORE``: any before its first letter, where a logo stands and is read as letters; ``AFTER``: any behind
    its last), ``deletions`` of characters of the mark that were not read.
    """

    substitutions: Mapping[str, float]
    insertions: Mapping[str, float]
    deletions: Mapping[str, float]
    spellings: Mapping[str, tuple[Spelling, ...]]

    def __post_init__(self) -> None:
        for name in ("substitutions", "insertions", "deletions", "spellings"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        for costs in (self.substitutions, self.insertions, self.deletions):
            if not all(0.0 <= cost <= 1.0 for cost in costs.values()):
                raise ValueError("every cost must lie in 0..1")

    def similarity(self, read: str, true: str) -> float:
        """1 − weighted edit distance (Wagner and Fischer 1974) / length of ``true``, at least 0."""
        if read == true:
            return 1.0
        if not true or abs(len(read) - len(true)) > len(true):
            return 0.0
        return max(0.0, 1.0 - self._distance(read, true) / len(true))

    def _distance(self, read: str, true: str) -> float:
        before, after = self.insertions.get(BEFORE, 1.0), self.insertions.get(AFTER, 1.0)
        row = [0.0]
        for char in read:
            row.append(row[-1] + min(before, self.insertions.get(char, 1.0)))
        for position, expected in enumerate(true, start=1):
            extra = after if position == len(true) else 1.0
            dropped = self.deletions.get(expected, 1.0)
            above, row = row, [row[0] + dropped]
            for column, char in enumerate(read, start=1):
                changed = 0.0 if char == expected else self.substitutions.get(expected + char, 1.0)
                row.append(
                    min(
                        above[column - 1] + changed,
                        above[column] + dropped,
                        row[column - 1] + min(extra, self.insertions.get(char, 1.0)),
                    )
                )
        return row[-1]


NO_CONFUSIONS = Confusions({}, {}, {}, {})


def load_confusions(models_dir: Path) -> Confusions:
    """Raises:
    ModelError: ``model_missing`` or ``model_broken``.
    """
    path = models_dir / CONFUSIONS_FILE
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        return Confusions(
            substitutions=_costs(document["substitutions"]),
            insertions=_costs(document["insertions"]),
            deletions=_costs(document["deletions"]),
            spellings={
                brand: tuple(Spelling(str(text), int(n)) for text, n in readings.items())
                for brand, readings in document["spellings"].items()
            },
        )
    except FileNotFoundError:
        raise ModelError(ErrorCode.MODEL_MISSING, f"{CONFUSIONS_FILE} is missing.") from None
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(ErrorCode.MODEL_BROKEN, f"{CONFUSIONS_FILE}: {error}.") from None


def _costs(raw: Mapping[str, object]) -> dict[str, float]:
    return {str(key): float(str(cost)) for key, cost in raw.items()}
