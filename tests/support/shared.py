"""Where the shared research data lies; tests that need it skip where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_data() -> Path:
    """The folder of the shared data: ``CAMID_SHARED_DATA``, else ``../shared/data`` beside the checkout.

    Skips the calling test where neither is there.
    """
    named = os.environ.get("CAMID_SHARED_DATA")
    folder = Path(named) if named else _BESIDE_THE_CHECKOUT
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set CAMID_SHARED_DATA to its folder")
    return folder
