"""What the running service consists of, as the routers get it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fastapi import Request

from edge.service.batching import Batching
from edge.service.data_dir import DataDir
from edge.service.engine import Engine
from edge.service.events import Events
from edge.service.map_tiles import TileFile
from edge.service.metrics import Metrics
from edge.service.names import LiveNames
from edge.service.pictures import Pictures
from edge.service.room import check_room
from edge.service.sendings import Sendings
from edge.service.store import Store
from edge.service.validation import Validations
from edge.service.watched import WatchedStreams
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Parts:
    settings: Settings
    data: DataDir
    store: Store
    engine: Engine
    pictures: Pictures
    metrics: Metrics
    names: LiveNames
    streams: WatchedStreams
    events: Events
    validations: Validations
    batching: Batching
    tiles: TileFile | None = None
    exporting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while reviews are exported: each takes a model and a copy of the photos."""
    sendings: Sendings = field(default_factory=Sendings)

    def check_ready(self) -> None:
        """Raises: CamidError: why no new work can be taken now."""
        self.engine.check_ready()
        self.check_keeping()

    def check_keeping(self) -> None:
        """Raises: CamidError: why nothing new can be kept: database damaged, disk full or read-only."""
        self.store.check()
        check_room(self.data.root, self.settings)

    @property
    def catalogue(self) -> Catalogue:
        """The makers that are known now."""
        return self.names.catalogue


def parts(request: Request) -> Parts:
    found: Parts = request.app.state.parts
    return found
