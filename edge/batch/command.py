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
from zlib import crc32

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edge.batch.contact import write_contact_sheets
from edge.batch.copies import Copies
from edge.batch.engine import LocalEngine
from edge.batch.exports import write_csv, write_geojson, write_jsonl
from edge.batch.key import answer_key
from edge.batch.output import Output
from edge.batch.query import Query, ask
from edge.batch.settle import Totals
from edge.batch.summary import write_summary
from edge.identify import Identifier
from edge.media.archive import Found, Skipped, walk
from edge.media.countries import country_at
from edge.media.facts import PhotoFacts
from edge.report.sentence import display_names
from edge.settings import Settings
from edge.vendors.catalogue import load_catalogue
from edge.vision.runtime import usable_cores

_ALL = "SELECT * FROM cameras ORDER BY place, camera"
_LINE_EVERY = 100
"""Files between two lines of progress where there is no terminal."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """``shard`` is (i, n): the i-th of n disjoint parts of the plan, from 1; ``since_ns`` leaves out files
    that were last changed before, in nanoseconds since 1970."""

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
    key = answer_key(settings, options.min_score)
    identifier = Identifier.load(settings)
    with Output(options.output, key, identifier.models) as output:
        with _progress(_Count(options, settings), console) as tell:
            engine = LocalEngine(
                identifier,
                output,
                settings,
                workers=usable_cores(settings) + 1,
                min_score=options.min_score,
                country=_country,
                keep=_copies(options),
                progress=tell,
            )
            totals = engine.run(_plan(options, settings))
            undone = output.undone()
            if undone:  # copies whose original has changed and which the plan had passed by then
                totals = engine.run(one for one in _plan(options, settings) if one.place in undone)
        unreadable = output.finish()
    _export(options)
    return BatchEnd(totals, unreadable, _pages(options))


def _plan(options: BatchOptions, settings: Settings) -> Iterator[Found]:
    number, shards = options.shard
    for one in walk(options.sources, settings):
        old = options.since_ns is not None and one.modified_ns < options.since_ns
        if old and not isinstance(one, Skipped):
            continue
        if crc32(one.place.encode("utf-8", "backslashreplace")) % shards == number - 1:
            yield one


def _country(facts: PhotoFacts) -> str | None:
    return country_at(facts.gps.latitude, facts.gps.longitude) if facts.gps else None


def _copies(options: BatchOptions) -> Copies | None:
    crops = options.contact_sheets or options.summary
    if not (options.annotate or crops):
        return None
    return Copies(options.output, annotated=options.annotate, crops=crops)


def _pages(options: BatchOptions) -> int:
    """Writes contact sheets and summary; returns how many cameras have no crop."""
    names, missing = display_names(load_catalogue()), 0
    if options.contact_sheets:
        missing = write_contact_sheets(options.output, names).missing
    if options.summary:
        write_summary(options.output, names, datetime.now().astimezone(), version("camid"))
    return missing


def _export(options: BatchOptions) -> None:
    if options.csv:
        write_csv(ask(options.output, Query(_ALL)), options.output / "cameras.csv")
    if options.jsonl:
        write_jsonl(ask(options.output, Query(_ALL)), options.output / "cameras.jsonl")
    if options.geojson:
        write_geojson(options.output, options.output / "cameras.geojson")


class _Count:
    """The number of files of the plan, counted beside the work; None until it is known."""

    def __init__(self, options: BatchOptions, settings: Settings) -> None:
        self.files: int | None = None
        self._given_up = False
        self._thread = threading.Thread(target=self._run, args=(options, settings), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._given_up = True

    def _run(self, options: BatchOptions, settings: Settings) -> None:
        files = 0
        for _ in _plan(options, settings):
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
