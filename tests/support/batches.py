"""Archives for tests of batches over HTTP, and models that a test can hold up in the middle of one."""

from __future__ import annotations

import io
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from edge.domain import PhotoReport, Picture
from tests.support.service import Service, StandIn, photo, wait_for

BATCHES = "/api/v1/batches"
HELD = "held"
"""Begins the names of pictures that wait for `HoldingStandIn.release`."""


@dataclass
class HoldingStandIn(StandIn):
    """Holds up each picture whose name begins with `HELD` until `release` is set."""

    release: threading.Event = field(default_factory=threading.Event)
    holding: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        if picture.source.name.startswith(HELD):
            self.holding.release()
            assert self.release.wait(30), "the test never released the pictures"
        return super().photo(picture, min_score)


def make_folder(root: Path, photos: int = 6, first: int = 0, name: str = "{:03d}.jpg") -> Path:
    """``photos`` of which each is another."""
    root.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + photos):
        (root / name.format(number)).write_bytes(photo(number))
    return root


def make_zip(photos: int = 4) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(photos):
            archive.writestr(f"in/{number}.jpg", photo(100 + number))
    return buffer.getvalue()


def start(client: httpx.Client, folder: Path | str, **fields: object) -> str:
    answer = client.post(BATCHES, json={"folder": str(folder), **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def send(client: httpx.Client, archive: bytes, **parameters: str) -> httpx.Response:
    headers = {"Content-Type": "application/octet-stream"}
    return client.post(BATCHES, content=archive, params=parameters, headers=headers)


def state(client: httpx.Client, batch: str) -> str:
    return str(read(client, batch)["state"])


def read(client: httpx.Client, batch: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{BATCHES}/{batch}").json()
    return found


def until(client: httpx.Client, batch: str, wanted: str = "done") -> dict[str, Any]:
    """The batch once its state is ``wanted``."""
    wait_for(lambda: state(client, batch) == wanted)
    return read(client, batch)


def places(client: httpx.Client, batch: str) -> list[str]:
    """Of the photos in which cameras were found, each once."""
    found = client.get(f"{BATCHES}/{batch}/cameras", params={"limit": 1000}).json()["cameras"]
    return sorted({one["place"] for one in found})


def out(service: Service, batch: str) -> Path:
    return service.data_dir / "batches" / batch / "out"
