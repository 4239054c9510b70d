"""Tiles of a map for tests: a PMTiles file of drawn ones, and a tile server that counts what is asked."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer


def tile_png(zoom: int = 0) -> bytes:
    """Green, another one for each zoom."""
    file = io.BytesIO()
    Image.new("RGB", (256, 256), (40, 160, 90 + zoom)).save(file, "PNG")
    return file.getvalue()


def write_tiles(
    path: Path,
    max_zoom: int = 2,
    kind: TileType = TileType.PNG,
    compression: Compression = Compression.NONE,
) -> None:
    """A file with all tiles of the world down to ``max_zoom``."""
    with path.open("wb") as file:
        writer = Writer(file)  # type: ignore[no-untyped-call]
        for z in range(max_zoom + 1):
            ids = sorted(zxy_to_tileid(z, x, y) for x in range(1 << z) for y in range(1 << z))
            for one in ids:
                writer.write_tile(one, tile_png(z))  # type: ignore[no-untyped-call]
        header = {"tile_type": kind, "tile_compression": compression, "min_zoom": 0, "max_zoom": max_zoom}
        writer.finalize(header, {})  # type: ignore[no-untyped-call]


@dataclass
class TileServer:
    url: str
    asked: list[str] = field(default_factory=list)
    referrers: set[str | None] = field(default_factory=set)


@contextmanager
def tile_server() -> Iterator[TileServer]:
    """On loopback; answers every request with one tile."""
    tile = tile_png()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            found.referrers.add(self.headers.get("Referer"))
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(tile)))
            self.end_headers()
            self.wfile.write(tile)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = TileServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
