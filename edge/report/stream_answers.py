"""Cameras in, answers out: validates them, shows how far it is, writes the files that were asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import simplejpeg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from edge.domain import Pixels
from edge.errors import EXIT_DONE, EXIT_INPUT, CamidError, ErrorCode
from edge.report.picture_files import annotated_paths, write_file, write_picture
from edge.report.sentence import Names
from edge.report.stream_contract import StreamV1, stream_contract
from edge.report.stream_html import stream_html
from edge.streams.camera_list import Credentials, make_target, password_in, read_cameras
from edge.streams.findings import StreamReport, Target
from edge.streams.look import snapshot
from edge.streams.state import Expectation
from edge.streams.validate import Validator

PASSWORD_VARIABLE = "CAMID_STREAM_PASSWORD"
EXIT_CHECK_FAILED = 1


@dataclass(frozen=True, slots=True)
class Answered:
    """One camera's answer, and its picture as JPEG if one came."""

    stream: StreamV1
    jpeg: bytes | None
    reachable: bool


def login_of(user: str | None, password_file: Path | None, ask: Callable[[str], str] | None) -> Credentials:
    """The password comes from the file, else from the environment, else it is asked for (``ask``, with the
    question) where a user name is given: so none need stand in the process list.

    Raises:
        CamidError: ``not_readable`` for the file.
    """
    if password_file is not None:
        return Credentials(user, password_in(password_file))
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None and user is not None and ask is not None:
        password = ask(f"Password of {user}")
    return Credentials(user, password)


def targets_of(
    sources: Sequence[str],
    camera_list: Path | None,
    expect: Expectation,
    login: Credentials,
    onvif_port: int | None,
) -> tuple[Target, ...]:
    """Raises CamidError: ``bad_request`` for an address, an entry of the list, or no camera at all."""
    given = [make_target(one, expect=expect, login=login, onvif_port=onvif_port) for one in sources]
    listed: Sequence[Target] = ()
    if camera_list is not None:
        listed = read_cameras(camera_list, expect=expect, login=login, onvif_port=onvif_port)
    if not given and not listed:
        raise CamidError(ErrorCode.BAD_REQUEST, "No camera is named: give an address, or --list FILE.")
    return (*given, *listed)


def snapshot_paths(out: str, targets: Sequence[Target]) -> list[Path]:
    """The file of each camera's snapshot: ``{name}`` in ``out`` is its name, letters and digits alone.

    Raises:
        ValueError: as ``annotated_paths``.
    """
    return annotated_paths(out, [Path(f"{_file_name(target.name)}.source") for target in targets])


def answers(
    targets: Sequence[Target],
    seconds: float,
    validator: Validator,
    progress: Callable[[int], None] = lambda _: None,
    snapshots: Sequence[Path] | None = None,
) -> Iterator[Answered]:
    """The answers in the order of ``targets``; by then the snapshot of each is written, if asked for."""
    reports = validator.validate_all(targets, seconds, progress)
    for number, report in enumerate(reports):
        if snapshots is not None and report.observation.snapshot is not None:
            write_picture(_decoded(report.observation.snapshot), snapshots[number])
        yield _answered(report)


def write_html(path: Path, answered: Sequence[Answered], names: Names, version: str) -> None:
    """Raises CamidError: ``not_writable``."""
    pages = [(one.stream, _shrunk(one.jpeg) if one.jpeg is not None else None) for one in answered]
    text = stream_html(pages, names, datetime.now().astimezone(), version)
    write_file(path, text.encode("utf-8"))


def exit_code(answered: Sequence[Answered]) -> int:
    """3 if a camera could not be reached, else 1 if a check failed, else 0."""
    if not all(one.reachable for one in answered):
        return EXIT_INPUT
    return EXIT_DONE if all(one.stream.passed for one in answered) else EXIT_CHECK_FAILED


@contextmanager
def progress_bar(count: int) -> Iterator[Callable[[int], None]]:
    """A bar on the standard error output while several cameras are watched, if that is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("Validating cameras"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=count < 2 or not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=count)
        yield lambda done: bar.update(task, completed=done)


def _answered(report: StreamReport) -> Answered:
    return Answered(stream_contract(report), report.observation.snapshot, report.reachable)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", re.sub(r"^\w+://", "", name)).strip(".-") or "camera"


def _decoded(jpeg: bytes) -> Pixels:
    return cast(Pixels, simplejpeg.decode_jpeg(jpeg, "BGR"))


def _shrunk(jpeg: bytes) -> bytes:
    """For a page that is printed and mailed."""
    return snapshot(_decoded(jpeg), width=960)
