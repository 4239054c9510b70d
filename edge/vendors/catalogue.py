"""Loads the catalogue of makers, once a process.

The data are ``catalogue.toml`` (brands and who builds them), ``advisories.toml`` and ``rules.toml`` (model
numbers) beside this file; ``docs/reference/catalogue.md`` explains every field. Adding a vendor is data,
never code. Everything is checked here: a fact without a date, a source or a known maker never reaches an
answer.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from edge.vendors.facts import (
    AdvisoryFact,
    Brand,
    Catalogue,
    ModelRule,
    Reach,
    Relation,
    RelationKind,
    Script,
    Wordmark,
    normalise_model,
)
from edge.vendors.parsing import FILES, parse_catalogue, read_toml

__all__ = [
    "AdvisoryFact",
    "Brand",
    "Catalogue",
    "ModelRule",
    "Reach",
    "Relation",
    "RelationKind",
    "Script",
    "Wordmark",
    "load_catalogue",
    "normalise_model",
]


def load_catalogue(path: Path | None = None) -> Catalogue:
    """The catalogue in ``path`` (a folder with the three files), default the shipped one.

    Raises:
        CamidError: ``settings_invalid`` if an entry is wrong, naming the file, the entry and the fault.
    """
    return _load((path or Path(__file__).parent).resolve())


@lru_cache(maxsize=4)
def _load(folder: Path) -> Catalogue:
    return parse_catalogue({name: read_toml(folder / name) for name in FILES})
