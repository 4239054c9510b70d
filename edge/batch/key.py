"""What an answer depends on beside the picture, as one hash: rows of another hash are other answers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from edge.settings import Settings
from edge.vision.manifest import load_manifest

_FITTED = ("likelihoods.toml", "thresholds.toml", "confusions.toml")
_CATALOGUE = Path(__file__).resolve().parents[1] / "vendors"
CHANGING = frozenset(
    {
        "max_photo_bytes",
        "max_photo_pixels",
        "min_photo_side",
        "tile_overlap",
        "max_tiles",
        "max_candidates",
        "max_cameras",
        "max_read_crops",
        "max_read_pixels",
        "scene_text_side",
        "min_read_side",
        "osd_search_side",
        "max_osd_lines",
    }
)
"""Settings that change what is said about a photo; a test asks of each new setting whether it does."""


def answer_key(settings: Settings, min_score: float | None = None) -> str:
    """SHA-256, hexadecimal, over the models, the fitted numbers, the catalogue and the settings that change
    an answer. Providers and threads do not.

    Raises:
        ModelError: ``model_missing`` or ``model_broken``, if the manifest cannot be read.
    """
    manifest = load_manifest(settings.models_dir)
    parts = {
        "models": {name: entry.sha256 for name, entry in manifest.entries.items()},
        "fitted": {name: _sha256(settings.models_dir / name) for name in _FITTED},
        "catalogue": {path.name: _sha256(path) for path in sorted(_CATALOGUE.glob("*.toml"))},
        "limits": {name: getattr(settings, name) for name in sorted(CHANGING)},
        "min_score": min_score,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
