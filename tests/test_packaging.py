"""The lock files pin what the project asks for, and only from the public index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", re.MULTILINE)


def _pins(name: str) -> dict[str, str]:
    return dict(_PIN.findall((ROOT / name).read_text()))


RUN, DEV = _pins("requirements.lock"), _pins("requirements-dev.lock")


@pytest.mark.parametrize(
    ("asked", "pins"),
    [
        (PROJECT["project"]["dependencies"], RUN),
        (PROJECT["dependency-groups"]["build"], RUN),
        (PROJECT["project"]["dependencies"], DEV),
        (PROJECT["dependency-groups"]["dev"], DEV),
    ],
)
def test_what_is_asked_for_is_pinned(asked: list[str], pins: dict[str, str]) -> None:
    for requirement in map(Requirement, asked):
        pinned = pins.get(canonicalize_name(requirement.name))
        assert pinned is not None, f"{requirement.name} is missing: run `make lock`"
        assert requirement.specifier.contains(pinned, prereleases=True), f"{requirement}: run `make lock`"


def test_the_development_lock_only_adds_to_the_run_time_lock() -> None:
    assert RUN.items() <= DEV.items()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_place_and_hashes_everything(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"://|file:|^-|@ |\s/", text, re.MULTILINE)
    for block in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("name", ["torch", "opencv-python", "opencv-contrib-python", "onnxruntime-gpu"])
def test_what_would_be_heavy_or_clash_is_not_locked(name: str) -> None:
    assert name not in DEV
