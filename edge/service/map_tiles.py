"""Tiles of a map from a local PMTiles file (version 3, raster), and where a page gets them else.

Format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

from __future__ import annotations

import logging
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pmtiles.reader import Reader
from pmtiles.tile import Compression, HeaderDict, MagicNumberNotFound, SpecVersionUnsupported, TileType

from edge.errors import CamidError, ErrorCode
from edge.settings import Settings

MAX_READ_BYTES = 8 * 1024 * 1024
"""Of one tile or directory; more is no tile of a map but a damaged file."""
_KINDS = {
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
    TileType.AVIF: "image/avif",
}
_DAMAGE = (OSError, EOFError, ValueError, OverflowError, IndexError, zlib.error)
_log = logging.getLogger("edge.service")


@dataclass(frozen=True, slots=True)
class Tile:
    """``kind`` is its media type."""

    data: bytes
    kind: str


class TileFile:
    """May be asked from any thread: it reads at places and keeps none.

    Raises:
        CamidError: ``settings_invalid`` for a file that cannot be read, or holds no raster tiles.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise _invalid(f"it cannot be opened: {error.strerror}") from None
        self._reader = Reader(self._read)  # type: ignore[no-untyped-call]
        try:
            self._header: HeaderDict = self._reader.header()  # type: ignore[no-untyped-call]
            _check(self._header)
        except (MagicNumberNotFound, SpecVersionUnsupported, *_DAMAGE):
            self.close()
            raise _invalid("it is no PMTiles file of version 3") from None
        except BaseException:
            self.close()
            raise

    @property
    def zooms(self) -> tuple[int, int]:
        return self._header["min_zoom"], self._header["max_zoom"]

    def get(self, z: int, x: int, y: int) -> Tile | None:
        """None where the file has no tile, or is damaged there, which is logged."""
        if x >= 1 << z or y >= 1 << z:
            return None
        try:
            data: bytes | None = self._reader.get(z, x, y)  # type: ignore[no-untyped-call]
        except _DAMAGE as error:
            _log.warning("The file of map tiles is damaged: %s", type(error).__name__)
            return None
        return Tile(data, _KINDS[self._header["tile_type"]]) if data else None

    def close(self) -> None:
        os.close(self._file)

    def _read(self, offset: int, length: int) -> bytes:
        if not 0 <= length <= MAX_READ_BYTES:
            raise ValueError("a length that no tile has")
        return os.pread(self._file, length, offset)


@dataclass(frozen=True, slots=True)
class MapSource:
    """What a page shows under its dots: tiles of this service (``file``), of a server (``url``), or none."""

    url: str | None
    file: bool
    attribution: str
    min_zoom: int
    max_zoom: int


def map_source(settings: Settings, tiles: TileFile | None) -> MapSource:
    if tiles is not None:
        return MapSource(None, True, settings.map_attribution, *tiles.zooms)
    return MapSource(settings.map_tiles_url, False, settings.map_attribution, 0, settings.map_max_zoom)


def tile_origin(settings: Settings) -> str | None:
    """From where a browser has to be allowed to load tiles."""
    if settings.map_tiles_url is None:
        return None
    parts = urlsplit(settings.map_tiles_url)
    return f"{parts.scheme}://{parts.netloc}"


def open_tiles(settings: Settings) -> TileFile | None:
    """Raises: CamidError: ``settings_invalid``."""
    if settings.map_tiles_file is None:
        return None
    if settings.map_tiles_url is not None:
        raise CamidError(
            ErrorCode.SETTINGS_INVALID, "map_tiles_file, map_tiles_url: a map has one of them, not both."
        )
    return TileFile(settings.map_tiles_file)


def _check(header: HeaderDict) -> None:
    if header["tile_type"] not in _KINDS:
        raise _invalid("it holds no pictures (PNG, JPEG, WebP or AVIF), but vectors or what is unknown")
    if header["tile_compression"] not in (Compression.NONE, Compression.UNKNOWN):
        raise _invalid("its tiles are compressed once more, which no browser shows")
    if header["internal_compression"] is not Compression.GZIP:
        raise _invalid("its directories are not compressed by gzip")


def _invalid(why: str) -> CamidError:
    return CamidError(ErrorCode.SETTINGS_INVALID, f"map_tiles_file: {why}.")
