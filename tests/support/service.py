"""A real service for tests: uvicorn on loopback in a thread, real SQLite, a stand-in for the models."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from PIL import Image, ImageDraw
from pydantic import SecretStr

from edge.domain import (
    Advisory,
    Box,
    Camera,
    Candidate,
    Evidence,
    EvidenceKind,
    FormFactor,
    Identification,
    Mark,
    PhotoReport,
    Picture,
    Pixels,
    Reading,
    Strength,
    Timing,
    Verdict,
)
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.service.access_tokens import TokenFile
from edge.service.auth import load_or_make_token
from edge.service.data_dir import DataDir
from edge.service.engine import Load
from edge.service.server import Server, listen, serve
from edge.service.streaming import Streaming
from edge.settings import Settings, load_settings
from edge.vision.loop import InferenceLoop
from tests.support.monitor import StandInMonitor
from tests.support.pictures import jpeg

TOKEN = "a-token-for-tests"
SMALL_PHOTO = (96, 64)


def make_settings(data_dir: Path, **overrides: object) -> Settings:
    given: dict[str, object] = {
        "data_dir": data_dir,
        "token": SecretStr(TOKEN),
        "port": 0,
        # Tests send many wrong tokens; those of the limits set them.
        "rate_wrong_tokens": 0,
        "wrong_token_wait_s": 0,
    }
    return load_settings(**{**given, **overrides})


def photo(seed: int = 0, width: int = SMALL_PHOTO[0], height: int = SMALL_PHOTO[1]) -> bytes:
    """A small JPEG, another one for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return jpeg(np.kron(pixels, np.ones((8, 8, 1), np.uint8)))


def street(width: int = 1600, height: int = 1000) -> Pixels:
    """A drawn house front with three cameras and a sign, where `report_on` says that they are."""
    image = Image.new("RGB", (width, height), (196, 205, 212))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, int(0.8 * height), width, height), fill=(120, 118, 112))
    for column in range(5):
        left = int((0.06 + 0.19 * column) * width)
        draw.rectangle(
            (left, int(0.42 * height), left + int(0.1 * width), int(0.66 * height)), fill=(78, 98, 118)
        )
    for x0, y0, x1, y1 in (box.as_tuple() for box in _boxes(width, height)):
        draw.rounded_rectangle(
            (x0, y0, x1, y1), radius=(y1 - y0) / 3, fill=(242, 242, 240), outline=(90, 90, 90)
        )
        draw.ellipse((x1 - (y1 - y0) * 0.8, y0 + 6, x1 - 6, y1 - 6), fill=(25, 25, 30))
    sign = _sign(width, height).as_tuple()
    draw.rectangle(sign, fill=(250, 220, 60), outline=(0, 0, 0), width=3)
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _boxes(width: int, height: int) -> tuple[Box, Box, Box]:
    return (
        Box(0.10 * width, 0.15 * height, 0.25 * width, 0.27 * height),
        Box(0.48 * width, 0.20 * height, 0.57 * width, 0.28 * height),
        Box(0.86 * width, 0.12 * height, 0.89 * width, 0.15 * height),
    )


def _sign(width: int, height: int) -> Box:
    return Box(0.62 * width, 0.46 * height, 0.78 * width, 0.58 * height)


def report_on(picture: Picture, value: str = "HIKVISION") -> PhotoReport:
    """One camera of each verdict and one sign, in places that depend on the size of the picture only."""
    first, second, third = _boxes(picture.width, picture.height)
    lettering = Box(
        first.x0 + first.width / 4, first.y0 + first.height / 4, first.x1 - first.width / 3, first.y1
    )
    read = Evidence(
        EvidenceKind.WORDMARK, value, lettering, Strength.STRONG, {"hikvision": 7.1}, brand="hikvision"
    )
    look = Evidence(
        EvidenceKind.LOOK,
        "turret with a ring",
        None,
        Strength.WEAK,
        {"dahua": 1.2},
        note="shape alone never names",
    )
    advisory = Advisory(
        subject="hikvision",
        kind="equipment_authorisation_ban",
        jurisdiction="US",
        date="2022-11-25",
        text="New equipment gets no authorisation: the maker is on a national list.",
        source="https://www.fcc.gov/supplychain/coveredlist",
        strength=Strength.STRONG,
        as_of="2026-11-28",
    )
    named = Identification(
        Verdict.IDENTIFIED, "hikvision", "hikvision", 0.9871, evidence=(read,), advisories=(advisory,)
    )
    perhaps = Identification(
        Verdict.CANDIDATES,
        confidence=0.6,
        candidates=(Candidate("dahua", "dahua", 0.6), Candidate(None, "uniview", 0.2)),
        evidence=(look,),
    )
    return PhotoReport(
        source=picture.source,
        cameras=(
            Camera(first, 0.93, FormFactor.BULLET, named, Reading.READ),
            Camera(second, 0.81, FormFactor.TURRET, perhaps, Reading.READ),
            Camera(third, 0.55, None, Identification.undetermined(), Reading.TOO_SMALL),
        ),
        marks=(Mark(_sign(picture.width, picture.height), 0.8, "ALARM " + value, None),),
        models={"detector": "3c" * 32},
        thresholds={"detect": 0.42},
        timing=Timing(picture.decode_ms, 1.0, 2.0, picture.decode_ms + 3.0),
    )


@dataclass
class StandIn:
    """In the place of the models: answers `report_on`, waits at `gate`, raises `error` if there is one."""

    error: Exception | None = None
    value: str | None = None
    """What the first camera bears; by default the hash of the picture, so that mixed-up answers show."""
    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    at_once: int = 0
    most_at_once: int = 0
    loop: InferenceLoop = field(default_factory=lambda: InferenceLoop(1))
    models: dict[str, str] = field(default_factory=lambda: {"detector": "3c" * 32})

    def __post_init__(self) -> None:
        self.gate.set()

    def load(self, _settings: Settings) -> StandIn:
        return self

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        del min_score
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.release()
        try:
            assert self.gate.wait(30), "the test never opened the gate"
            if self.error is not None:
                raise self.error
            return report_on(picture, self.value or picture.source.sha256)
        finally:
            self.at_once -= 1


@dataclass(frozen=True)
class Service:
    url: str
    data_dir: Path
    models: StandIn
    server: Server
    monitor: StandInMonitor

    def client(self, token: str | None = TOKEN, timeout: float = 30) -> httpx.Client:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=timeout, trust_env=False)

    def send(self, *files: tuple[str, bytes]) -> httpx.Response:
        with self.client() as client:
            return client.post("/api/v1/photos", files=[("photo", one) for one in files])

    def token(self, name: str, *scopes: str) -> str:
        """A new named token."""
        with TokenFile(make_settings(self.data_dir)) as tokens:
            return tokens.create(name, scopes, None).text

    def stored(self) -> set[str]:
        """The hashes of the kept originals."""
        return {file.name for file in (self.data_dir / "photos").glob("??/*")}

    def received(self) -> list[Path]:
        return list((self.data_dir / "incoming").iterdir())


@contextmanager
def running(
    settings: Settings,
    models: StandIn | None = None,
    load: Load | None = None,
    streaming: Streaming | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Iterator[Service]:
    """A service that answers; it has ended and given everything back when the block ends."""
    models, monitor = models or StandIn(), StandInMonitor()
    listener = listen(settings)
    data = DataDir(settings.data_dir)
    token = load_or_make_token(settings, data).token
    server = Server(settings, load or models.load, (data, token), streaming or monitor.streaming, clock)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    host, port = listener.getsockname()[:2]
    service = Service(f"http://{host}:{port}", settings.data_dir, models, server, monitor)
    try:
        wait_for(lambda: server.started)
        if load is None:
            wait_for(lambda: is_ready(service))
        yield service
    finally:
        models.gate.set()
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the service does not end"


def is_ready(service: Service) -> bool:
    with service.client(token=None) as client:
        return client.get("/readyz").status_code == 200


def wait_for(condition: object, seconds: float = 20) -> None:
    """Returns as soon as ``condition()`` holds; fails after ``seconds``."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def metric(service: Service, line: str) -> float:
    """The value of a sample such as ``camid_photos_total{outcome="done"}``; 0 where it is not there yet."""
    with service.client() as client:
        text = client.get("/metrics").text
    for row in text.splitlines():
        if row.startswith(line + " "):
            return float(row.rpartition(" ")[2])
    return 0.0


def main(data_dir: str, port: str) -> None:
    """A service of its own process with a made token: ``python -m tests.support.service DATA_DIR PORT``."""
    serve(make_settings(Path(data_dir), token=None, port=int(port)), StandIn().load)


if __name__ == "__main__":
    main(*sys.argv[1:])
