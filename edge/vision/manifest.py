"""``models/manifest.toml``: which model files exist and the sha256 that each must have.

A model file is read once; the bytes that were hashed are the bytes that are used, so nothing can be swapped
between the check and the load.
"""

from __future__ import annotations

import hashlib
import importlib.util
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from edge.errors import ErrorCode, ModelError

MANIFEST_NAME = "manifest.toml"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model as the manifest describes it. ``size`` is in bytes; ``parameters`` holds what the code that
    runs the model must know (input side in pixels, classes)."""

    name: str
    path: Path
    sha256: str
    size: int
    licence: str
    source: str
    command: str
    parameters: Mapping[str, Any]

    def integer(self, parameter: str) -> int:
        """A whole-number parameter.

        Raises:
            ModelError: ``model_broken`` if the manifest has none of that name.
        """
        value = self.parameters.get(parameter)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ModelError(
                ErrorCode.MODEL_BROKEN, f"The manifest gives model {self.name} no whole number {parameter!r}."
            )
        return value


@dataclass(frozen=True, slots=True)
class Manifest:
    path: Path
    entries: Mapping[str, ModelEntry]

    def entry(self, name: str) -> ModelEntry:
        """The entry of the model called ``name``.

        Raises:
            ModelError: ``model_missing`` if the manifest lists no such model.
        """
        try:
            return self.entries[name]
        except KeyError:
            raise ModelError(ErrorCode.MODEL_MISSING, f"{self.path} lists no model {name!r}.") from None


def load_manifest(models_dir: Path) -> Manifest:
    """Reads ``models_dir/manifest.toml``; the model files themselves are not touched.

    Raises:
        ModelError: ``model_missing`` if there is no manifest, ``model_broken`` if it is not well formed.
    """
    path = models_dir / MANIFEST_NAME
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(ErrorCode.MODEL_MISSING, f"{path} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        raise ModelError(ErrorCode.MODEL_BROKEN, f"{path} is not valid TOML ({error}).") from None
    entries = {name: _entry(models_dir, path, name, table) for name, table in tables.items()}
    return Manifest(path, MappingProxyType(entries))


def read_verified(entry: ModelEntry) -> bytes:
    """The content of the model file, proven to be the one that the manifest names.

    Raises:
        ModelError: ``model_missing`` if the file cannot be read, ``model_altered`` if size or sha256 differ.
    """
    try:
        with entry.path.open("rb") as file:
            content = file.read(entry.size + 1)
    except OSError as error:
        raise ModelError(
            ErrorCode.MODEL_MISSING, f"The model file {entry.path} cannot be read ({error.strerror})."
        ) from None
    if len(content) != entry.size or hashlib.sha256(content).hexdigest() != entry.sha256:
        raise ModelError(
            ErrorCode.MODEL_ALTERED, f"The model file {entry.path} does not match its manifest entry."
        )
    return content


def _entry(models_dir: Path, manifest: Path, name: str, table: object) -> ModelEntry:
    match table:
        case {"file": str(file), "sha256": str(sha256), "size": int(size), **rest} if (
            _is_sha256(sha256) and size > 0
        ):
            pass
        case _:
            raise ModelError(
                ErrorCode.MODEL_BROKEN,
                f"{manifest}: model {name!r} needs file, sha256 (64 hex digits) and size.",
            )
    parameters = rest.get("parameters", {})
    if not isinstance(parameters, dict):
        raise ModelError(ErrorCode.MODEL_BROKEN, f"{manifest}: {name}.parameters must be a table.")
    package = rest.get("package")
    folder = models_dir if package is None else _package_folder(str(package))
    return ModelEntry(
        name=name,
        path=_inside(folder, file, manifest),
        sha256=sha256,
        size=size,
        licence=str(rest.get("licence", "")),
        source=str(rest.get("source", "")),
        command=str(rest.get("command", "")),
        parameters=MappingProxyType(parameters),
    )


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def _inside(folder: Path, file: str, manifest: Path) -> Path:
    relative = PurePosixPath(file)
    if relative.is_absolute() or ".." in relative.parts:
        raise ModelError(ErrorCode.MODEL_BROKEN, f"{manifest}: the file {file!r} lies outside its folder.")
    return folder / relative


def _package_folder(package: str) -> Path:
    """Where an installed package lies, found without importing it; a path that does not exist if it is
    absent, so that only the use of its models fails."""
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec is None or spec.origin is None:
        return Path(f"{package} (package not installed)")
    return Path(spec.origin).parent
