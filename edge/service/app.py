"""The application: its parts put together, opened and closed in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.requests import ClientDisconnect

from edge.errors import CamidError
from edge.report.sentence import display_names
from edge.service import health, page, photos, vendors
from edge.service.auth import Token, load_or_make_token
from edge.service.data_dir import DataDir
from edge.service.engine import Engine, Load, PhotoIdentifier
from edge.service.metrics import Metrics
from edge.service.middleware import Surroundings
from edge.service.parts import Parts
from edge.service.pictures import Pictures
from edge.service.problems import install_problem_handlers
from edge.service.store import Store
from edge.settings import Settings
from edge.vendors.catalogue import load_catalogue

_ABOUT = """Which surveillance cameras are in a picture, and who made them. Every address under `/api`, and
`/metrics`, wants the header `Authorization: Bearer TOKEN`. Every error has the form
`{"error": {"code", "message"}}`."""


def load_identifier(settings: Settings) -> PhotoIdentifier:
    """The real models, warm. Imported here, beside the event loop: the address answers sooner."""
    from edge.identify import Identifier  # noqa: PLC0415

    return Identifier.load(settings)


def create_app(
    settings: Settings,
    load: Load = load_identifier,
    *,
    opened: tuple[DataDir, Token] | None = None,
    on_load_failure: Callable[[CamidError], None] | None = None,
) -> FastAPI:
    """The service as an ASGI application.

    ``load`` makes the identifier; ``on_load_failure`` hears of it if that fails. The data directory and its
    token are those of ``settings`` unless they are open already; the application closes them at its end.

    Raises:
        CamidError: ``settings_invalid`` for a data directory, token or catalogue that cannot be used.
    """
    catalogue = load_catalogue()
    metrics = Metrics()
    with ExitStack() as stack:
        data, token = opened or _open(settings)
        stack.enter_context(data)
        store = stack.enter_context(closing(Store(data)))
        engine = stack.enter_context(closing(Engine(settings, load, metrics)))
        names = display_names(catalogue)
        pictures = Pictures(engine, settings, names)
        stack.callback(pictures.forget)
        parts = Parts(settings, data, store, engine, pictures, metrics, names)
        app = FastAPI(
            title="Camid",
            version="1",
            description=_ABOUT,
            docs_url=None,
            redoc_url=None,
            lifespan=_lifespan(engine, on_load_failure, stack.pop_all()),
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        )
    app.state.parts = parts
    app.state.token = token
    app.state.vendors = vendors.vendors_answer(catalogue)
    _furnish(app, metrics)
    return app


def _open(settings: Settings) -> tuple[DataDir, Token]:
    data = DataDir(settings.data_dir)
    try:
        return data, load_or_make_token(settings, data).token
    except BaseException:
        data.close()
        raise


def _furnish(app: FastAPI, metrics: Metrics) -> None:
    app.add_middleware(Surroundings, metrics=metrics)
    install_problem_handlers(app)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    for router in (photos.router, vendors.router, health.router, page.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=page.PAGES / "static"), name="static")


def _lifespan(
    engine: Engine, on_load_failure: Callable[[CamidError], None] | None, resources: ExitStack
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        with resources:
            warming = asyncio.create_task(_warm(engine, on_load_failure))
            yield
            engine.stop()
            # Loading cannot be broken off; the event loop waits for it like for a photo.
            await warming
            await asyncio.to_thread(engine.close)

    return lifespan


async def _warm(engine: Engine, on_load_failure: Callable[[CamidError], None] | None) -> None:
    failure = await engine.warm()
    if failure is not None and on_load_failure is not None:
        on_load_failure(failure)


async def _on_disconnect(request: Request, error: Exception) -> Response:
    """Nobody is left to read this; it only keeps a broken-off upload from counting as a defect."""
    del request, error
    return Response(status_code=400)
