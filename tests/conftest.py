"""What holds for every test: no settings of the machine it runs on, the same random examples each time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_TESTS_OWN = {"CAMID_SHARED_DATA"}

settings.register_profile(
    "steady", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _no_foreign_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither variables nor a settings file of this machine reach a test."""
    for name in os.environ:
        if name.startswith("CAMID_") and name not in _TESTS_OWN:
            monkeypatch.delenv(name)
    monkeypatch.setenv("CAMID_CONFIG", str(Path("no-such-folder") / "camid.toml"))
