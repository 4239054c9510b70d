"""Which catalogue is used: the shipped one, or the one that ``camid catalogue update`` put into the data
directory.

There the folder ``catalogue`` holds signed files, named by their sha256, and ``state.json``, which says which
of them counts and which did before. It alone is replaced, at once: a kill leaves the old state or the new.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.disk import write_private
from edge.errors import CamidError, ErrorCode
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vendors.protocol_rules import load_protocol_rules
from edge.vendors.signed import Facts, digest_of, files_in, trusted

SHIPPED = Path(__file__).parent
FOLDER, STATE = "catalogue", "state.json"
_Digest = Field(pattern=r"^[0-9a-f]{64}$")
_log = logging.getLogger("edge.catalogue")


class Origin(StrEnum):
    SHIPPED = "shipped"
    INSTALLED = "installed"
    FALLBACK = "fallback"
    """Shipped, for the installed one is damaged."""


class Entry(BaseModel):
    """An installed file by its sha256. ``over`` is the shipped catalogue (its digest) that it was put over
    although it is no newer: it counts as long as that one is shipped."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    file: str = _Digest
    over: str | None = None


class InstalledState(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    current: Entry | None = None
    previous: Entry | None = None


@dataclass(frozen=True, slots=True)
class InUse:
    """``fault`` says what is wrong with the installed catalogue where the shipped one stands in for it."""

    facts: Facts
    origin: Origin
    fault: str = ""


@lru_cache(maxsize=1)
def shipped() -> Facts:
    """Raises: CamidError: ``settings_invalid``."""
    return Facts(load_catalogue(), load_protocol_rules(), digest_of(files_in(SHIPPED)))


@lru_cache(maxsize=8)
def in_use(data_dir: Path) -> InUse:
    """The newer one of the shipped catalogue and the installed one, as it was when this process asked first:
    all that a process answers rests on the same facts. ``in_use.cache_clear()`` looks anew.
    """
    found = look(data_dir)
    if found.fault:
        _log.error("The shipped catalogue is used: %s", found.fault)
    return found


def look(data_dir: Path) -> InUse:
    """What would be used if a process began now."""
    try:
        entry = read_state(data_dir).current
        facts = None if entry is None else read_installed(data_dir, entry)
    except CamidError as error:
        return InUse(shipped(), Origin.FALLBACK, error.message)
    if entry is None or facts is None or not counts(facts, entry):
        return InUse(shipped(), Origin.SHIPPED)
    if (missing := lacking(facts.catalogue)) is not None:  # it was installed under an earlier Camid
        return InUse(shipped(), Origin.FALLBACK, missing)
    return InUse(facts, Origin.INSTALLED)


def lacking(catalogue: Catalogue) -> str | None:
    """What a catalogue lacks for this Camid: the models, the table of MAC addresses and answers that are kept
    speak of the shipped makers by id."""
    missing = set(shipped().catalogue.brands) - set(catalogue.brands)
    return f"The catalogue lacks '{min(missing)}', which this Camid can name." if missing else None


def counts(facts: Facts, entry: Entry) -> bool:
    """Whether an installed catalogue goes before the shipped one."""
    return facts.catalogue.version > shipped().catalogue.version or entry.over == shipped().digest


def read_state(data_dir: Path) -> InstalledState:
    """Raises: CamidError: ``not_a_catalogue`` where the file is damaged."""
    path = data_dir / FOLDER / STATE
    try:
        return InstalledState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return InstalledState()
    except (OSError, ValidationError) as error:
        raise _damaged(STATE) from error


def write_state(data_dir: Path, state: InstalledState) -> None:
    write_private(data_dir / FOLDER / STATE, state.model_dump_json(indent=1).encode())


def place_of(data_dir: Path, digest: str) -> Path:
    return data_dir / FOLDER / f"{digest}.camid"


def read_installed(data_dir: Path, entry: Entry) -> Facts:
    """Raises: CamidError: ``not_a_catalogue`` where the file is missing, altered or of another Camid."""
    path = place_of(data_dir, entry.file)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _damaged(path.name) from error
    if hashlib.sha256(data).hexdigest() != entry.file:
        raise _damaged(path.name)
    return trusted(data)


def _damaged(name: str) -> CamidError:
    return CamidError(ErrorCode.NOT_A_CATALOGUE, f"The installed catalogue is damaged: {name}.")
