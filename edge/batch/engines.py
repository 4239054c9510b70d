"""The engines behind ``camid batch``: this machine, or Ray; the same plan, the same core, the same output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import cv2

from edge.batch.classify import Keep
from edge.batch.control import Control
from edge.batch.engine import LocalEngine, photos_at_once
from edge.batch.key import answer_key
from edge.batch.output import Output
from edge.batch.plan import Plan
from edge.batch.ray_cluster import cluster
from edge.batch.ray_engine import Pool, RayEngine
from edge.batch.settle import Totals
from edge.batch.worker import WorkerSpec
from edge.errors import CamidError, ErrorCode, ModelError
from edge.identify import Identifier
from edge.media.countries import country_at
from edge.media.facts import PhotoFacts
from edge.media.remote import shown
from edge.settings import Settings
from edge.vision.runtime import usable_cores
from edge.vision.sizes import detector_size

_SECRETS = ("token", "mqtt_url", "mqtt_username", "mqtt_password")
"""Settings that no worker needs; the answers do not depend on them."""


class Engine(Protocol):
    def run(self, plan: Plan) -> Totals: ...


@dataclass(frozen=True, slots=True)
class Work:
    """What every engine is given. ``progress`` hears of every file that came to its end."""

    plan: Plan
    output: Output
    settings: Settings
    min_score: float | None = None
    keep: Keep | None = None
    progress: Callable[[Totals], None] | None = None
    control: Control | None = None


def run_here(work: Work, identifier: Identifier, workers: int | None = None) -> Totals:
    """Raises: CamidError: ``store_full``; the models' errors. What was committed stands."""
    engine = LocalEngine(
        identifier,
        work.output,
        work.settings,
        workers=workers or photos_at_once(work.settings),
        min_score=work.min_score,
        country=country_of,
        keep=work.keep,
        progress=work.progress,
        control=work.control,
        rest=identifier.loop.rest,
    )
    return _run(engine, work)


def run_on_ray(work: Work, pool: Pool, address: str | None = None) -> Totals:
    """On the cluster at ``address``, or on one of this machine that begins and ends with the batch, with a
    worker for each core unless ``pool`` says otherwise.

    Raises:
        CamidError: ``extra_missing``, ``bad_request`` without such a cluster or with a login in a URL,
            ``store_full``, the models' errors, those of a worker with other models among them. What was
            committed stands.
    """
    if any(shown(source) != source for source in work.plan.sources):
        raise CamidError(
            ErrorCode.BAD_REQUEST,
            "A login in a URL is not sent to other processes: give it to the workers' environment.",
        )
    cores = max(usable_cores(work.settings), (pool.workers or 1) * pool.cpus)
    if address is None and pool.workers is None:
        pool = Pool(max(1, cores // pool.cpus), pool.cpus, pool.gpus, pool.with_content)
    work = _without_secrets(work, pool)
    with cluster(address, cores):
        engine = RayEngine(_spec(work), work.output, pool, progress=work.progress, control=work.control)
        return _run(engine, work)


def _run(engine: Engine, work: Work) -> Totals:
    totals = engine.run(work.plan)
    undone = work.output.undone()
    if undone:  # copies whose original has changed and which the plan had passed by then
        totals = engine.run(work.plan.only(undone))
    return totals


def _without_secrets(work: Work, pool: Pool) -> Work:
    told = {"threads": pool.cpus, "detector": detector_size(work.settings), **dict.fromkeys(_SECRETS)}
    settings = work.settings.model_copy(update=told)
    return replace(work, settings=settings, plan=replace(work.plan, settings=settings))


def _spec(work: Work) -> WorkerSpec:
    load = partial(_load, answer_key(work.settings, work.min_score), work.min_score)
    return WorkerSpec(work.settings, load, work.min_score, country_of, work.keep)


def _load(key: str, min_score: float | None, settings: Settings) -> Identifier:
    """Raises: ModelError: ``model_altered`` where this machine would answer otherwise."""
    if answer_key(settings, min_score) != key:
        raise ModelError(
            ErrorCode.MODEL_ALTERED,
            "A worker of the cluster has other models, another catalogue or another version of Camid.",
        )
    cv2.setNumThreads(1)  # as the local engine does: pictures are worked on side by side
    return Identifier.load(settings, call_threads=1, follow_gallery=False)


def country_of(facts: PhotoFacts) -> str | None:
    return country_at(facts.gps.latitude, facts.gps.longitude) if facts.gps else None
