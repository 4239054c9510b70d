"""Batches on a Ray of their own, in a process of their own, for Ray leaves threads and children behind:
``python -m tests.support.ray_child ARCHIVE RUN...``, a run given as JSON (``Run``)."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from edge.batch.output import Output
from edge.batch.plan import Plan
from edge.batch.ray_cluster import cluster
from edge.batch.ray_engine import Pool, RayEngine
from edge.batch.settle import Totals
from edge.batch.worker import WorkerSpec
from edge.errors import CamidError
from edge.settings import Settings
from tests.support.batch_answers import KEY, StandIn, small_parts


@dataclass(frozen=True, slots=True)
class Run:
    """One batch into ``out``: ``deadly`` and ``marker`` as in ``StandIn``; ``killed_after`` so many files
    this whole process dies; ``error`` is the code of what every model raises."""

    out: str
    deadly: str = ""
    marker: str | None = None
    killed_after: int | None = None
    send_content: bool = False
    fails: bool = False

    def json(self) -> str:
        return json.dumps(asdict(self))


def main(archive: str, *runs: str) -> None:
    with cluster(None, 2):
        for run in runs:
            try:
                totals = _run(archive, Run(**json.loads(run)))
            except CamidError as error:
                print(json.dumps({"error": error.code}), flush=True)
            else:
                print(json.dumps(asdict(totals)), flush=True)


def _run(archive: str, run: Run) -> Totals:
    plan = Plan((archive,), small_parts())
    model = StandIn(run.deadly, Path(run.marker) if run.marker else None, run.fails)
    spec = WorkerSpec(plan.settings, partial(_load, model))
    with Output(Path(run.out), KEY, {"detector": "cd" * 32}) as output:
        pool = Pool(2, with_content=run.send_content)
        totals = RayEngine(spec, output, pool, progress=partial(_die, run.killed_after)).run(plan)
        output.finish()
    return totals


def _load(model: StandIn, settings: Settings) -> StandIn:
    del settings
    return model


def _die(after: int | None, totals: Totals) -> None:
    if after is not None and totals.photos >= after:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
