"""``camid doctor``: what is wrong with a machine, how fast it is, and which settings fit it."""

from __future__ import annotations

import ctypes
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import onnxruntime as ort
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Table

from edge.errors import EXIT_DONE, EXIT_MODEL, EXIT_USAGE, CamidError
from edge.libc import function
from edge.media.hardware import hardware
from edge.media.sandbox import sandbox
from edge.operation.backup import DATABASE, schema_of
from edge.report.catalogue import CatalogueStateV1, in_force
from edge.service.room import check_room
from edge.service.store import SCHEMA_VERSION
from edge.settings import DetectorSize, Settings
from edge.vision.cores import affinity_cores, available_cores, cgroup_folders, cgroup_quota
from edge.vision.manifest import load_manifest, read_verified
from edge.vision.runtime import choose_providers

_TIME_ERROR = 5
"""What adjtimex(2) returns while nothing keeps the clock right."""
SMALL_BYTES = 2 * 1024**3
_LEAST_BYTES = 900 * 1000**2
"""A machine of "1 GB" shows somewhat less."""
_ROOMY_BYTES = 1024**3
_RUNS = 3
_VIEW_SIDE, _READ_SIDE = 640, 416


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Check(BaseModel):
    """One thing that was looked at. ``advice`` is empty where there is nothing to do."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: State
    found: str
    advice: str = ""


class Measured(BaseModel):
    """``detector`` is the size that this machine runs. Milliseconds: of a view of the detector in which there
    is nothing, and of reading one word, the median of three runs. ``rss_bytes`` is what this process takes
    with the models loaded."""

    model_config = ConfigDict(frozen=True)

    detector: DetectorSize
    load_ms: float
    view_ms: float
    reading_ms: float
    rss_bytes: int


class Doctor(BaseModel):
    """``settings`` are proposed: set them where they differ from yours."""

    model_config = ConfigDict(frozen=True)

    format: Literal["camid-doctor/1"] = "camid-doctor/1"
    checks: tuple[Check, ...]
    measured: Measured | None
    settings: Mapping[str, str]

    @property
    def exit_code(self) -> int:
        """That of the worst fault; warnings are none."""
        faults = {one.name for one in self.checks if one.state is State.FAULT}
        if faults & {"models", "provider"}:
            return EXIT_MODEL
        return EXIT_USAGE if faults else EXIT_DONE


def examine(settings: Settings, *, measure: bool = True) -> Doctor:
    """Everything about this machine; ``measure`` loads the models, unless they are at fault."""
    checks = tuple(_checks(settings))
    usable = not any(one.state is State.FAULT and one.name in ("models", "provider") for one in checks)
    return Doctor(
        checks=checks,
        measured=_measure(settings) if measure and usable else None,
        settings=proposed(available_cores(), memory_bytes()),
    )


def proposed(cores: int, memory: int) -> dict[str, str]:
    """Settings that fit so many cores and bytes of memory; those whose default fits are left out."""
    if memory >= SMALL_BYTES:
        return {} if cores > 1 else {"CAMID_STREAM_LOOKERS": "2"}
    return {
        "CAMID_DETECTOR": "nano",
        "CAMID_MAX_PHOTO_PIXELS": "24000000",
        "CAMID_MAX_TILES": "60",
        "CAMID_MAX_QUEUED_PHOTOS": "4",
        "CAMID_MAX_STREAMS": "16",
        "CAMID_STREAM_LOOKERS": "1",
        "CAMID_STREAM_MAX_PIXELS": "9000000",
        "CAMID_BATCH_AHEAD_BYTES": "33554432",
    }


def memory_bytes(root: Path = Path("/")) -> int:
    """What this process may use: the machine's memory, or less where its cgroup (v2) says so."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_limit(folder / "memory.max") for folder in cgroup_folders("memory", root))
    return min([total, *(one for one in limits if one is not None)])


def _limit(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _checks(settings: Settings) -> Iterator[Check]:
    yield _cores()
    yield _memory(memory_bytes())
    yield _checked("provider", lambda: _provider(settings))
    yield _checked("hardware decode", lambda: _hardware(settings))
    yield _checked("decoders", _decoders)
    yield _checked("disk", lambda: _disk(settings))
    yield _checked("database", lambda: _database(settings.data_dir / DATABASE))
    yield clock_check(clock_is_kept(), time.time(), settings.data_dir)
    yield _checked("models", lambda: _models(settings))
    yield catalogue_check(in_force(settings))


def _checked(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except CamidError as error:
        return Check(name=name, state=State.FAULT, found=error.message, advice=error.outcome.advice)


def _cores() -> Check:
    quota = cgroup_quota()
    limits = "" if quota is None else f", quota {quota:g}"
    found = f"{available_cores()} usable of {os.cpu_count()} (affinity {affinity_cores()}{limits})"
    return Check(name="cores", state=State.OK, found=found)


def _memory(size: int) -> Check:
    found = f"{size / 1024**3:.2f} GiB"
    if size < _LEAST_BYTES:
        return Check(name="memory", state=State.FAULT, found=found, advice="Camid needs a machine of 1 GB.")
    if size < SMALL_BYTES:
        return Check(
            name="memory", state=State.WARNING, found=found, advice="Take the settings that are proposed."
        )
    return Check(name="memory", state=State.OK, found=found)


def _provider(settings: Settings) -> Check:
    built_in = choose_providers(settings.provider, ort.get_available_providers())
    return Check(
        name="provider", state=State.OK, found=f"{', '.join(built_in)}; ONNX Runtime {ort.__version__}"
    )


def _hardware(settings: Settings) -> Check:
    devices = hardware(settings.stream_hardware).candidates("h264")
    found = ", ".join(devices) or "none; the processor decodes video"
    return Check(name="hardware decode", state=State.OK, found=found)


def _decoders() -> Check:
    guards = sandbox().guards()
    if guards.missing:
        return Check(
            name="decoders",
            state=State.WARNING,
            found=guards.words,
            advice="Update the kernel, or let the container use it: other limits still hold.",
        )
    return Check(name="decoders", state=State.OK, found="confined by limits, seccomp and Landlock")


def _disk(settings: Settings) -> Check:
    place = settings.data_dir.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    check_room(place, settings)
    if not os.access(place, os.W_OK | os.X_OK):
        return Check(
            name="disk",
            state=State.FAULT,
            found=f"{place} cannot be written",
            advice="Correct its permissions, or choose another data_dir.",
        )
    found = f"{free / 1024**3:.1f} GiB free at {place}"
    if free < _ROOMY_BYTES:
        return Check(
            name="disk", state=State.WARNING, found=found, advice="Free some, or set keep_photos_bytes."
        )
    return Check(name="disk", state=State.OK, found=found)


def _database(database: Path) -> Check:
    if not database.is_file():
        return Check(name="database", state=State.OK, found="none yet")
    version = schema_of(database)
    if version > SCHEMA_VERSION:
        return Check(
            name="database",
            state=State.FAULT,
            found=f"schema {version}, of a newer Camid",
            advice="Install that Camid, or a later one.",
        )
    return Check(name="database", state=State.OK, found=f"sound, schema {version} of {SCHEMA_VERSION}")


def clock_is_kept() -> bool | None:
    """Whether something (NTP, PTP) keeps the kernel's clock right; None where the kernel does not say."""
    adjtimex = function("adjtimex")
    if adjtimex is None:
        return None
    answer = adjtimex(ctypes.create_string_buffer(1024))
    return None if answer < 0 else answer != _TIME_ERROR


def clock_check(kept: bool | None, now: float, data: Path) -> Check:
    """``now`` in seconds since 1970; what was written in the future betrays a clock that went back."""
    database = data / DATABASE
    written = database.stat().st_mtime if database.is_file() else 0.0
    if written > now + 3600:
        return Check(
            name="clock",
            state=State.FAULT,
            found="results were written later than now",
            advice="Set the clock: retention and the clocks of cameras are judged by it.",
        )
    if kept is False:
        return Check(
            name="clock",
            state=State.WARNING,
            found="nothing keeps it right",
            advice="Run an NTP client: the clocks of cameras are judged by this one.",
        )
    return Check(name="clock", state=State.OK, found="kept right" if kept else "the kernel does not say")


def _models(settings: Settings) -> Check:
    manifest = load_manifest(settings.models_dir)
    size = sum(len(read_verified(entry)) for entry in manifest.entries.values())
    found = f"{len(manifest.entries)} files as the manifest names them, {size / 1e6:.1f} MB"
    return Check(name="models", state=State.OK, found=found)


def catalogue_check(state: CatalogueStateV1) -> Check:
    found = f"{state.version}, {state.origin}, {state.age_days} days old"
    if state.fault is not None:
        return Check(
            name="catalogue",
            state=State.WARNING,
            found=f"{found}. {state.fault}",
            advice="Run camid catalogue update again, or camid catalogue rollback.",
        )
    if state.notice is not None:
        return Check(
            name="catalogue",
            state=State.WARNING,
            found=found,
            advice="Install a newer Camid, or a newer catalogue with camid catalogue update.",
        )
    return Check(name="catalogue", state=State.OK, found=found)


def _measure(settings: Settings) -> Measured:
    from edge.identify import Identifier  # noqa: PLC0415
    from edge.vision.detector import load_detector  # noqa: PLC0415
    from edge.vision.sizes import detector_size  # noqa: PLC0415
    from edge.vision.text import load_text_reader  # noqa: PLC0415

    start = time.perf_counter()
    Identifier.load(settings, follow_gallery=False)
    load_ms, rss = (time.perf_counter() - start) * 1000, rss_bytes()
    detector, reader = load_detector(settings, 0.5), load_text_reader(settings)
    view = np.full((_VIEW_SIDE, _VIEW_SIDE, 3), 128, np.uint8)
    housing = np.full((160, _READ_SIDE, 3), 225, np.uint8)
    cv2.putText(housing, "CAMERA", (40, 100), cv2.FONT_HERSHEY_SIMPLEX, 2.4, (30, 30, 30), 5, cv2.LINE_AA)
    return Measured(
        detector=detector_size(settings),
        load_ms=round(load_ms, 1),
        view_ms=_median_ms(lambda: detector.detect(view, tiled=False)),
        reading_ms=_median_ms(lambda: reader.scan(housing, _READ_SIDE)),
        rss_bytes=rss,
    )


def rss_bytes() -> int:
    """Resident memory of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _median_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return round(sorted(times)[_RUNS // 2], 1)


def print_report(report: Doctor, console: Console) -> None:
    table = Table("", "state", "found", "what to do", box=None)
    for check in report.checks:
        table.add_row(check.name, check.state, check.found, check.advice)
    console.print(table)
    if (measured := report.measured) is not None:
        console.print(
            f"Detector {measured.detector}; models loaded in {measured.load_ms:.0f} ms; one view "
            f"{measured.view_ms:.0f} ms, one reading {measured.reading_ms:.0f} ms; "
            f"{measured.rss_bytes / 1024**2:.0f} MiB in memory."
        )
    if report.settings:
        console.print("Proposed settings:")
        for name, value in report.settings.items():
            console.print(f"  {name}={value}")
