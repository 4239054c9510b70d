"""What an evidence pack is made of."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain import Picture
from edge.media.c2pa import Credentials
from edge.report.contract import PhotoV1


@dataclass(frozen=True, slots=True)
class PackOptions:
    """What a pack gives away beside what it must."""

    original: bool = False
    """The photo's own file, as it is: with its faces and all its metadata."""
    position: bool = False
    """Where the photo was taken."""


@dataclass(frozen=True, slots=True)
class PackPhoto:
    """One photo and the answer about it; ``data`` is its file, ``answered_at`` when a service answered."""

    data: bytes
    picture: Picture
    answer: PhotoV1
    answered_at: str | None = None


@dataclass(frozen=True, slots=True)
class Crop:
    """A piece of the picture: a member of the pack, and as JPEG."""

    name: str
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows of a photo; ``blurred`` counts faces, None where none were searched.

    ``size`` is in bytes. ``cameras``, ``evidence`` (of each camera, None without a box) and ``marks`` are in
    the answer's order.
    """

    answer: PhotoV1
    size: int
    answered_at: str | None
    folder: str
    original: str | None
    annotated: bytes
    cameras: tuple[Crop, ...]
    evidence: tuple[tuple[Crop | None, ...], ...]
    marks: tuple[Crop, ...]
    blurred: int | None
    credentials: Credentials | None
    credentials_searched: bool


@dataclass(frozen=True, slots=True)
class Packed:
    """``manifest`` is the SHA-256 of the manifest, which stands for everything in the pack."""

    photos: int
    files: int
    blurred: int | None
    manifest: str
