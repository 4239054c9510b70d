"""The lock files pin what the project asks for, and only from the public index."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
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


def test_the_wheel_is_the_same_whenever_and_by_whomever_it_is_built(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("edge", "models"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    first = _wheel_digest(source, tmp_path / "first")
    for path in source.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o600)
    assert _wheel_digest(source, tmp_path / "second") == first


def _wheel_digest(source: Path, folder: Path) -> str:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return hashlib.sha256(next(folder.glob("*.whl")).read_bytes()).hexdigest()
