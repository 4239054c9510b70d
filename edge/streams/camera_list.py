"""A list of cameras to validate, as CSV or TOML: one camera a row, the same names in both.

``url`` is needed. ``name``, ``user``, ``password``, ``password_file`` (beside the list, unless absolute),
``vendor``, ``model``, ``firmware`` and ``onvif_port`` are not.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edge.errors import CamidError, ErrorCode
from edge.media.address import StreamAddress, parse_source
from edge.streams.findings import Target
from edge.streams.state import NOTHING_EXPECTED, Expectation

MAX_BYTES = 4 * 1024 * 1024
MAX_CAMERAS = 10_000

_KEYS = frozenset(
    {"url", "name", "user", "password", "password_file", "vendor", "model", "firmware", "onvif_port"}
)

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Credentials:
    """For cameras whose own row or URL has none. Never in ``repr``."""

    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return "Credentials(…)"


NO_CREDENTIALS = Credentials()


def make_target(
    source: str,
    *,
    name: str | None = None,
    expect: Expectation = NOTHING_EXPECTED,
    own: Credentials = NO_CREDENTIALS,
    login: Credentials = NO_CREDENTIALS,
    onvif_port: int | None = 80,
) -> Target:
    """The target that an address or a video file names. ``own`` credentials count before those in the
    address, and these before ``login``.

    Raises:
        CamidError: ``bad_request``.
    """
    address = parse_source(source, username=own.user, password=own.password)
    if isinstance(address, StreamAddress):
        address = _with_login(address, login)
    return Target(name or address.redacted, address, expect, onvif_port)


def read_cameras(
    path: Path,
    *,
    expect: Expectation = NOTHING_EXPECTED,
    login: Credentials = NO_CREDENTIALS,
    onvif_port: int | None = 80,
) -> tuple[Target, ...]:
    """The cameras of a list; what a row leaves open is as given here.

    Raises:
        CamidError: ``not_readable`` for the file, ``bad_request`` naming the row that is wrong.
    """
    rows = _toml_rows(path) if path.suffix.lower() == ".toml" else _csv_rows(path)
    targets = []
    for place, row in rows:
        try:
            targets.append(_target(row, path.parent, expect, login, onvif_port))
        except CamidError as error:
            raise CamidError(error.code, f"{path.name}, {place}: {error.message}") from None
        if len(targets) > MAX_CAMERAS:
            raise _bad(f"{path.name} lists more than {MAX_CAMERAS} cameras.")
    if not targets:
        raise _bad(f"{path.name} lists no camera.")
    return tuple(targets)


def password_in(path: Path) -> str:
    """The first line of a password file.

    Raises:
        CamidError: ``not_readable``.
    """
    return _text(path, 64 * 1024).split("\n", 1)[0].rstrip("\r")


def _target(
    row: Row, folder: Path, expect: Expectation, login: Credentials, onvif_port: int | None
) -> Target:
    unknown = sorted(row.keys() - _KEYS)
    if unknown:
        raise _bad(f"{unknown[0][:40]!r} is no field of a camera: {', '.join(sorted(_KEYS))}.")
    if not row.get("url"):
        raise _bad("The field url is missing.")
    return make_target(
        row["url"],
        name=row.get("name"),
        expect=Expectation(
            row.get("vendor", expect.vendor),
            row.get("model", expect.model),
            row.get("firmware", expect.firmware),
        ),
        own=Credentials(row.get("user"), _password(row, folder)),
        login=login,
        onvif_port=_port(row["onvif_port"]) if "onvif_port" in row else onvif_port,
    )


def _with_login(address: StreamAddress, login: Credentials) -> StreamAddress:
    """The address with what it lacks; a password goes nowhere without a user name."""
    username = address.username if address.username is not None else login.user
    if username is None:
        return address
    password = address.password if address.password is not None else login.password
    return replace(address, username=username, password=password)


def _password(row: Row, folder: Path) -> str | None:
    if "password_file" in row:
        return password_in(folder / row["password_file"])
    return row.get("password")


def _port(text: str) -> int | None:
    if not text.isdecimal() or int(text) > 65535:
        raise _bad("onvif_port must lie in 0 to 65535; 0 asks no ONVIF service.")
    return int(text) or None


def _csv_rows(path: Path) -> Iterable[tuple[str, Row]]:
    lines = _text(path, MAX_BYTES).splitlines()
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
    try:
        for raw in reader:
            place = f"line {reader.line_num}"
            if None in raw:
                raise _bad(f"{path.name}, {place}: There are more fields than headings.")
            row = {key.strip().lower(): (value or "").strip() for key, value in raw.items()}
            if any(row.values()):
                yield place, {key: value for key, value in row.items() if value}
    except csv.Error as error:
        raise _bad(f"{path.name}, line {reader.line_num}: {error}.") from None


def _toml_rows(path: Path) -> Iterable[tuple[str, Row]]:
    text = _text(path, MAX_BYTES)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(f"{path.name} is no TOML: {error}.") from None
    cameras = document.get("camera")
    if set(document) != {"camera"} or not isinstance(cameras, list):
        raise _bad(f"{path.name} must hold tables [[camera]] and nothing else.")
    for number, camera in enumerate(cameras, start=1):
        if not isinstance(camera, dict):
            raise _bad(f"{path.name}: camera {number} is no table.")
        yield f"camera {number}", {key: str(value) for key, value in camera.items()}


def _text(path: Path, limit: int) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise _bad(f"{path.name} is larger than {limit} bytes.")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise CamidError(ErrorCode.NOT_READABLE, f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise _bad(f"{path.name} is no UTF-8 text.") from None


def _bad(message: str) -> CamidError:
    return CamidError(ErrorCode.BAD_REQUEST, message)
