"""What an answer depends on beside the picture, as one hash: rows of another hash are other answers."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from edge.makers import gallery_digest
from edge.settings import Settings
from edge.vendors.installed import in_use
from edge.vendors.own import own_gallery
from edge.vision.sizes import models_in_use

_FITTED = ("likelihoods.toml", "thresholds.toml", "confusions.toml")
_NEUTRAL = re.compile(
    r"host|port|data_dir|token|models_dir|detector|provider|threads|loop_batch|min_free_bytes|wrong_token_wait_s|lan"
    r"|max_(archive_depth|decode_seconds|decoders|photos_per_request|queued_photos|request_bytes)"
    r"|max_(connections|streams|validation|event|protocol).*"
    r"|(audit|batch|catalogue|connection|discover|event|keep|lan|log|map|mqtt|onvif|pairing|phone|protocol"
    r"|rate|stream|tls|upload)_.*"
)
"""Settings that say nothing about a photo, and ``detector``, which decides the models that are in use. Every
other one is part of the key: if a new one is forgotten here, a batch is classified again for nothing; the
other way round its rows would be mixed."""


def answer_key(settings: Settings, min_score: float | None = None) -> str:
    """SHA-256, hexadecimal, over the models, the fitted numbers, the catalogue, the user's own gallery and
    the settings that change an answer. Providers and threads do not.

    Raises:
        ModelError: see ``models_in_use``.
    """
    names = type(settings).model_fields
    parts: dict[str, object] = {
        "models": dict(models_in_use(settings)),
        "fitted": {name: _sha256(settings.models_dir / name) for name in _FITTED},
        "catalogue": in_use(settings.data_dir).facts.digest,
        "limits": settings.model_dump(mode="json", exclude={n for n in names if _NEUTRAL.fullmatch(n)}),
        "min_score": min_score,
    }
    if (enrolled := gallery_digest(own_gallery(settings))) is not None:
        parts["enrolled"] = enrolled
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
