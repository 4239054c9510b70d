"""Files that ship and are no source text: models by their manifests, the rest by ``files.toml``."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.vision.manifest import MANIFEST_NAME, ModelEntry, load_manifest
from scripts.supply.lock import ROOT

LISTED = Path(__file__).with_name("files.toml")
SHIPPED = ("edge", "models")
"""The folders that the wheel holds."""
_OURS = frozenset({".py", ".md", ".toml", ".html", ".css", ".js", ".json", ".txt", ".typed", ".log"})
"""Text that we wrote; below ``vendor/`` nothing is."""
_MADE = "__pycache__"


@dataclass(frozen=True, slots=True)
class ShippedFile:
    """``name``: its path in the repository, or what lies in a wheel; ``sha256``: as it is listed."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """Files of one origin and licence; ``model``: weights or what goes with them."""

    name: str
    version: str | None
    licence: str
    source: str
    model: bool
    files: tuple[ShippedFile, ...]


def parts(root: Path = ROOT) -> tuple[Part, ...]:
    """Everything that ``files.toml`` and the manifests of the models list."""
    return (*_listed(root), *_models(root))


def _listed(root: Path) -> Iterator[Part]:
    for name, entry in tomllib.loads(LISTED.read_text()).items():
        files = tuple(ShippedFile(path, root / path, sha256) for path, sha256 in entry["files"].items())
        yield Part(name, entry.get("version"), entry["licence"], entry["source"], False, files)


def _models(root: Path) -> Iterator[Part]:
    for folder in (root / "models", root / "models" / "faces"):
        yield from (_model(entry, root) for entry in load_manifest(folder).entries.values())


def _model(entry: ModelEntry, root: Path) -> Part:
    inside = entry.path.is_relative_to(root)
    name = entry.path.relative_to(root).as_posix() if inside else entry.path.name
    return Part(
        entry.name, None, entry.licence, entry.source, True, (ShippedFile(name, entry.path, entry.sha256),)
    )


def faults(listed: tuple[Part, ...], root: Path = ROOT) -> Iterator[str]:
    """What is listed and is not so, and what ships and is not listed."""
    files = {file.name: file for part in listed for file in part.files}
    for part in listed:
        if not part.licence.strip() or not part.source.strip():
            yield f"{part.name}: licence or source is missing"
    for file in files.values():
        yield from _fault(file)
    for path in sorted(to_be_listed(root) - set(files)):
        yield f"{path}: ships and is not listed: enter origin, licence and sha256 in {LISTED.name}"


def _fault(file: ShippedFile) -> Iterator[str]:
    if not file.path.is_file():
        yield f"{file.name}: is listed and is not there"
    elif (found := hashlib.sha256(file.path.read_bytes()).hexdigest()) != file.sha256:
        yield f"{file.name}: sha256 is {found}, not as listed"


def to_be_listed(root: Path = ROOT) -> set[str]:
    """Paths of the files that ship and are not plainly text of ours."""
    found = (path for folder in SHIPPED for path in (root / folder).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix() for path in found if not _is_ours(path)}


def _is_ours(path: Path) -> bool:
    if _MADE in path.parts:
        return True
    return "vendor" not in path.parts and (path.suffix in _OURS or path.name == MANIFEST_NAME)
