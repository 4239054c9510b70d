"""``camid batch``: the plan, the engine, the progress, the exports."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import cv2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edge.batch.contact import write_contact_sheets
from edge.batch.copies import Copies
from edge.batch.engines import Work, run_here, run_on_ray
from edge.batch.exports import write_csv, write_geojson, write_jsonl
from edge.batch.key import answer_key
from edge.batch.output import Output
from edge.batch.plan import Plan
from edge.batch.ray_engine import Pool
from edge.batch.settle import Totals
from edge.batch.summary import write_summary
from edge.identify import Identifier
from edge.media.remote import check_url, is_url
from edge.report.catalogue import in_force
from edge.report.sentence import Names, display_names
from edge.settings import Settings
from edge.vendors.own import known_catalogue
from edge.vision.sizes import models_in_use

_LINE_EVERY = 100
"""Files between two lines of progress where there is no terminal."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """``shard`` is (i, n): the i-th of n disjoint parts of the plan, from 1; ``since_ns`` leaves out files
    that were last changed before, in nanoseconds since 1970. ``address``, ``gpus`` (of each worker) and
    ``send_content`` (workers do not see the files) are for the engine on Ray."""

    sources: tuple[str, ...]
    output: Path
    min_score: float | None = None
    shard: tuple[int, int] = (1, 1)
    since_ns: int | None = None
    csv: bool = False
    jsonl: bool = False
    geojson: bool = False
    annotate: bool = False
    contact_sheets: bool = False
    summary: bool = False
    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    workers: int | None = None
    gpus: float = 0
    send_content: bool = False

    def plan(self, settings: Settings) -> Plan:
        return Plan(self.sources, settings, self.shard, self.since_ns)


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """``without_crop`` cameras are on no contact sheet: an earlier run kept no crop of them."""

    totals: Totals
    unreadable: int
    without_crop: int = 0


def run_batch(options: BatchOptions, settings: Settings, console: Console) -> BatchEnd:
    """Classifies everything that is not done yet, then writes the exports.

    Raises:
        CamidError: what ends the run; what was committed stands.
    """
    for source in filter(is_url, options.sources):
        check_url(source)
    plan, key = options.plan(settings), answer_key(settings, options.min_score)
    identifier = _load(settings) if options.engine == "local" else None
    with Output(options.output, key, models_in_use(settings)) as output:
        with _progress(_Count(plan), console) as tell:
            work = Work(plan, output, settings, options.min_score, _copies(options, settings), tell)
            if identifier is not None:
                totals = run_here(work, identifier, options.workers)
            else:
                totals = run_on_ray(work, _pool(options, settings), options.address)
        unreadable = output.finish()
    _export(options)
    return BatchEnd(totals, unreadable, _pages(options, settings))


def _load(settings: Settings) -> Identifier:
    """Pictures are worked on side by side: threads inside one of them would only compete."""
    cv2.setNumThreads(1)
    return Identifier.load(settings, call_threads=1, follow_gallery=False)


def _pool(options: BatchOptions, settings: Settings) -> Pool:
    """Many workers of one core leave fewer cores idle than few of many."""
    return Pool(options.workers, settings.threads or 1, options.gpus, options.send_content)


def _copies(options: BatchOptions, settings: Settings) -> Copies | None:
    crops = options.contact_sheets or options.summary
    if not (options.annotate or crops):
        return None
    return Copies(options.output, annotated=options.annotate, crops=crops, names=_names(settings))


def _names(settings: Settings) -> Names:
    return display_names(known_catalogue(settings))


def _pages(options: BatchOptions, settings: Settings) -> int:
    """Writes contact sheets and summary; returns how many cameras have no crop."""
    names, missing = _names(settings), 0
    if options.contact_sheets:
        missing = write_contact_sheets(options.output, names).missing
    if options.summary:
        made = datetime.now().astimezone()
        write_summary(options.output, names, made, version("camid"), in_force(settings))
    return missing


def _export(options: BatchOptions) -> None:
    if options.csv:
        write_csv(options.output, options.output / "cameras.csv")
    if options.jsonl:
        write_jsonl(options.output, options.output / "cameras.jsonl")
    if options.geojson:
        write_geojson(options.output, options.output / "cameras.geojson")


class _Count:
    """The number of files of the plan, counted beside the work; None until it is known."""

    def __init__(self, plan: Plan) -> None:
        self.files: int | None = None
        self._given_up = False
        if plan.on_disk:
            threading.Thread(target=self._run, args=(plan,), daemon=True).start()

    def stop(self) -> None:
        self._given_up = True

    def _run(self, plan: Plan) -> None:
        files = 0
        for _ in plan:
            files += 1
            if self._given_up:
                return
        self.files = files


@contextmanager
def _progress(count: _Count, console: Console) -> Iterator[Callable[[Totals], None]]:
    """A bar on a terminal, else a line now and then; both on the standard error output."""
    if not console.is_terminal:
        yield lambda totals: _line(totals, count.files)
        count.stop()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("photos", total=None, rate=0.0)
        yield lambda totals: bar.update(
            task,
            total=count.files,
            completed=_settled(totals),
            rate=totals.rate,
            description=f"{totals.cameras} cameras",
        )
    count.stop()


def _line(totals: Totals, total: int | None) -> None:
    settled = _settled(totals)
    if settled % _LINE_EVERY == 0 or settled == total:
        print(
            f"{settled} of {total or 'many'} files, {totals.cameras} cameras, {totals.identified} named, "
            f"{totals.failed} unreadable, {totals.rate:.1f} photos/s",
            file=sys.stderr,
            flush=True,
        )


def _settled(totals: Totals) -> int:
    return totals.photos + totals.videos + totals.duplicates + totals.failed + totals.kept


def shard_of(text: str) -> tuple[int, int]:
    """``2/8`` as (2, 8).

    Raises:
        ValueError: if it is no such pair.
    """
    number, _, shards = text.partition("/")
    if not (number.isdecimal() and shards.isdecimal() and 1 <= int(number) <= int(shards) <= 100_000):
        raise ValueError("a shard is given as i/n, 1 ≤ i ≤ n")
    return int(number), int(shards)
