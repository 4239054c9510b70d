"""The application: its parts put together, opened and closed in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing, suppress

from fastapi import FastAPI, Request, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect

from edge.errors import CamidError
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.service import (
    batches,
    catalogue,
    health,
    maps,
    page,
    pairing,
    photos,
    reports,
    reviews,
    shell,
    sighting_page,
    sightings,
    streams,
    trust,
    vendors,
)
from edge.service.access_audit import Audit
from edge.service.access_limits import Limits
from edge.service.auth import Gate, Token, load_or_make_token
from edge.service.batch_metrics import BatchCollector
from edge.service.batching import Batching
from edge.service.data_dir import DataDir
from edge.service.decoder_metrics import DecoderCollector
from edge.service.engine import Engine, Load, PhotoIdentifier
from edge.service.events import Events
from edge.service.housekeeping import Housekeeping
from edge.service.loop_metrics import LoopCollector
from edge.service.map_tiles import open_tiles
from edge.service.metrics import Metrics
from edge.service.middleware import Surroundings
from edge.service.mqtt import MqttPublisher
from edge.service.names import LiveNames
from edge.service.parts import Parts
from edge.service.pictures import Pictures
from edge.service.problems import install_problem_handlers, problem_of
from edge.service.resting import Resting
from edge.service.retention import Retention
from edge.service.secrets_box import SecretsBox
from edge.service.store import Store
from edge.service.stream_metrics import StreamCollector
from edge.service.streaming import REAL, Streaming, Watching
from edge.service.validation import Validations
from edge.service.watched import WatchedStreams
from edge.settings import Settings
from edge.vendors.installed import in_use

_ABOUT = """Which surveillance cameras are in a picture or record a stream, and who made them. Every address
under `/api`, and `/metrics`, wants the header `Authorization: Bearer TOKEN`. Every error has the form
`{"error": {"code", "message"}}`."""

_FAREWELL_S = 5
"""How long a shutdown waits until the MQTT broker has taken leave."""


def load_identifier(settings: Settings) -> PhotoIdentifier:
    """The real models, warm. Imported here, beside the event loop: the address answers sooner."""
    from edge.identify import Identifier  # noqa: PLC0415

    return Identifier.load(settings)


def create_app(
    settings: Settings,
    load: Load = load_identifier,
    streaming: Streaming = REAL,
    *,
    opened: tuple[DataDir, Token] | None = None,
    on_load_failure: Callable[[CamidError], None] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> FastAPI:
    """The service as an ASGI application.

    ``load`` makes the identifier and ``streaming`` what looks at streams with it; ``on_load_failure`` hears
    if that fails. The data directory and its token are those of ``settings`` unless they are open already;
    the application closes them at its end. ``clock`` says when photos and tokens came and go, and how often
    who may ask; ``state.housekeeping`` is what is done every hour.

    Raises:
        CamidError: ``settings_invalid`` for a data directory, token, catalogue or broker that cannot be used.
    """
    metrics = Metrics()
    in_use.cache_clear()  # a catalogue that was installed while this process lived counts from now on
    with ExitStack() as stack:
        data, token = opened or _open(settings)
        stack.enter_context(data)
        store = stack.enter_context(closing(Store(data, clock)))
        engine = stack.enter_context(closing(Engine(settings, load, metrics)))
        names = LiveNames(settings)
        pictures = Pictures(engine, settings, names)
        stack.callback(pictures.forget)
        events = Events(settings.max_event_clients, most_pending=2 * settings.max_streams + 64)
        watched = WatchedStreams(store.streams, SecretsBox(data), settings, events.tell)
        stack.callback(watched.stop)
        metrics.registry.register(StreamCollector(watched, events))
        metrics.registry.register(LoopCollector(engine.loop_statistics))
        metrics.registry.register(DecoderCollector())
        mqtt = MqttPublisher(settings, watched, events, names) if settings.mqtt_url is not None else None
        validations = Validations(settings, metrics)
        stack.callback(validations.close)
        batching = Batching(store.batches, data, settings)
        stack.callback(batching.close)
        metrics.registry.register(BatchCollector(batching))
        kept = Retention(
            store.kept, settings, batching.batches.all, batching.batches.remove, clock, data.clock_mark
        )
        housekeeping = Housekeeping(store, kept)
        tiles = open_tiles(settings)
        if tiles is not None:
            stack.callback(tiles.close)
        parts = Parts(
            settings,
            data,
            store,
            engine,
            pictures,
            metrics,
            names,
            watched,
            events,
            validations,
            batching,
            tiles,
        )
        app = FastAPI(
            title="Camid",
            version="1",
            description=_ABOUT,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            lifespan=_lifespan(parts, streaming, mqtt, housekeeping, on_load_failure, stack.pop_all()),
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        )
    app.state.parts = parts
    app.state.lan = None
    app.state.housekeeping = housekeeping
    app.state.gate = Gate(token, store.tokens, Limits(settings, clock.monotonic), settings.wrong_token_wait_s)
    _furnish(app, metrics, Audit(data.root, settings, clock))
    return app


def _open(settings: Settings) -> tuple[DataDir, Token]:
    data = DataDir(settings.data_dir)
    try:
        return data, load_or_make_token(settings, data).token
    except BaseException:
        data.close()
        raise


def end_waiting(parts: Parts) -> None:
    """Begins the end: takes no new work, and lets go of clients that would wait on. May be called again."""
    parts.engine.stop()
    parts.validations.stop()
    parts.batching.stop()
    parts.events.close()


def _furnish(app: FastAPI, metrics: Metrics, audit: Audit) -> None:
    app.add_middleware(Surroundings, metrics=metrics, audit=audit)
    install_problem_handlers(app)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    nouns = (
        photos,
        reports,
        reviews,
        sightings,
        maps,
        streams,
        batches,
        vendors,
        catalogue,
        health,
        pairing,
        trust,
    )
    for one in (*nouns, page, sighting_page, shell):
        app.include_router(one.router)
    # Compressed for a phone's network; answers are not, for their length would tell what they hold.
    app.mount("/static", GZipMiddleware(shell.Assets(), minimum_size=1024), name="static")


def _lifespan(
    parts: Parts,
    streaming: Streaming,
    mqtt: MqttPublisher | None,
    housekeeping: Housekeeping,
    on_load_failure: Callable[[CamidError], None] | None,
    resources: ExitStack,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    rest = Resting(parts.engine.loop)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        with resources:
            parts.events.open()
            parts.batching.events.open()
            warming = asyncio.create_task(_warm(parts, streaming, on_load_failure))
            publishing = asyncio.create_task(mqtt.run()) if mqtt is not None else None
            tidying = asyncio.create_task(housekeeping.run())
            resting = asyncio.create_task(rest.run())
            yield
            end_waiting(parts)
            housekeeping.stop()
            rest.stop()
            # Loading cannot be broken off; the event loop waits for it like for a photo.
            await warming
            await asyncio.gather(tidying, resting)
            await asyncio.to_thread(parts.streams.stop)
            await asyncio.to_thread(parts.validations.close)
            await asyncio.to_thread(parts.batching.close)
            if publishing is not None:
                await _end(publishing)
            await asyncio.to_thread(parts.engine.close)

    return lifespan


async def _warm(
    parts: Parts, streaming: Streaming, on_load_failure: Callable[[CamidError], None] | None
) -> None:
    failure = await parts.engine.warm() or await _watch(parts, streaming)
    if failure is not None and on_load_failure is not None:
        on_load_failure(failure)


async def _watch(parts: Parts, streaming: Streaming) -> CamidError | None:
    """Begins to look at streams and to run batches; returns the error if that failed."""
    identifier, validations = parts.engine.identifier, parts.validations
    if identifier is None:
        return None
    watching = Watching(identifier, parts.settings, parts.catalogue, parts.streams.policy, validations.ending)
    try:
        validations.start(await asyncio.to_thread(streaming.validate, watching))
        await asyncio.to_thread(lambda: parts.streams.start(streaming.monitor(watching)))
        parts.batching.start(identifier, parts.engine.courtesy)
    except Exception as error:
        return problem_of(error)
    return None


async def _end(publishing: asyncio.Task[None]) -> None:
    """Waits a moment for its farewell to the broker."""
    await asyncio.wait((publishing,), timeout=_FAREWELL_S)
    publishing.cancel()
    with suppress(asyncio.CancelledError):
        await publishing


async def _on_disconnect(request: Request, error: Exception) -> Response:
    """Nobody is left to read this; it only keeps a broken-off upload from counting as a defect."""
    del request, error
    return Response(status_code=400)
