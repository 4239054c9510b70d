"""A real service on the "local network" of the loopback, with an authority of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from edge.lan.certificate import known_authority
from edge.service.access_tokens import TokenFile
from edge.service.auth import load_or_make_token
from edge.service.data_dir import DataDir
from edge.service.lan_side import LanSide
from edge.service.server import Server, listen, open_lan
from edge.settings import Settings
from tests.support.monitor import StandInMonitor
from tests.support.service import StandIn, wait_for

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class LanService:
    url: str
    trust_url: str
    settings: Settings
    lan: LanSide

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    def trusting(self) -> ssl.SSLContext:
        """What a device is that trusts the authority, and nothing else."""
        pem = ssl.DER_cert_to_PEM_cert(known_authority(self.data_dir).der)
        return ssl.create_default_context(cadata=pem)

    def client(self, **headers: str) -> httpx.Client:
        """Like a browser: it keeps cookies, and says that the service's own page asks if not told else."""
        said = {**SAME_ORIGIN, **headers}
        return httpx.Client(
            base_url=self.url, headers=said, verify=self.trusting(), timeout=30, trust_env=False
        )

    def code(self, name: str | None = None, scopes: tuple[str, ...] = ("upload", "read")) -> str:
        with TokenFile(self.settings) as tokens:
            return tokens.invite(name, scopes, self.settings.phone_days, self.settings.pairing_code_s).code

    @contextmanager
    def paired(
        self, name: str | None = None, scopes: tuple[str, ...] = ("upload", "read")
    ) -> Iterator[httpx.Client]:
        with self.client() as client:
            answer = client.post("/api/v1/pairing", json={"code": self.code(name, scopes)})
            assert answer.status_code == 200, answer.text
            yield client


@contextmanager
def on_the_lan(settings: Settings) -> Iterator[LanService]:
    listener, data = listen(settings), DataDir(settings.data_dir)
    lan = open_lan(settings, listener)
    token = load_or_make_token(settings, data).token
    server = Server(settings, StandIn().load, (data, token), StandInMonitor().streaming, lan=lan)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    service = LanService(lan.address.service, lan.address.trust, settings, lan)
    try:
        wait_for(lambda: server.started)
        with service.client() as client:
            wait_for(lambda: client.get("/readyz").status_code == 200)
        yield service
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the service does not end"
