"""A batch in a process of its own, to have its memory watched.

``python -m scripts.batch_bench.child files FOLDER OUT`` classifies the folder with a stand-in for the models,
everything else, exports and summary included, being the real thing. ``… large FOLDER OUT MINUTES`` classifies
the photos of the folder over and over with the real models, each time as new content, until the time is up.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from unittest.mock import patch

import cv2
from rich.console import Console

from edge.batch.command import BatchOptions, run_batch
from edge.batch.control import Control
from edge.batch.engine import LocalEngine, photos_at_once
from edge.batch.engines import country_of
from edge.batch.output import Output
from edge.batch.summary import write_summary
from edge.domain import PhotoReport, Picture
from edge.identify import Identifier
from edge.media.archive import Entry
from edge.report.catalogue import in_force
from edge.report.sentence import display_names
from edge.settings import load_settings
from edge.vendors.catalogue import load_catalogue
from edge.vision.loop import InferenceLoop
from scripts.batch_bench.archive import numbered
from tests.support.service import report_on


class StandIn:
    """Three cameras in every photo."""

    loop = InferenceLoop(1)

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        del min_score
        return report_on(picture)


def files(folder: Path, out: Path) -> None:
    options = BatchOptions((str(folder),), out, csv=True, jsonl=True, geojson=True)
    with patch.object(Identifier, "load", lambda *_, **__: StandIn()):
        end = run_batch(options, load_settings(), Console(stderr=True))
    write_summary(
        out, display_names(load_catalogue()), datetime.now().astimezone(), "bench", in_force(load_settings())
    )
    print(f"{end.totals.photos} photos", file=sys.stderr)


def large(folder: Path, out: Path, minutes: float) -> None:
    cv2.setNumThreads(1)
    settings, control = load_settings(), Control()
    identifier = Identifier.load(settings, call_threads=1)
    timer = threading.Timer(60 * minutes, control.stop)
    timer.daemon = True
    timer.start()
    with Output(out, "0" * 64, identifier.models) as output:
        engine = LocalEngine(
            identifier,
            output,
            settings,
            workers=photos_at_once(settings),
            country=country_of,
            control=control,
            rest=identifier.loop.rest,
        )
        started = time.monotonic()
        totals = engine.run(_endless(sorted(folder.glob("*/*.jpg"))))
        output.finish()
    seconds = time.monotonic() - started
    print(f"{totals.photos} photos of 12 megapixels in {seconds:.0f} s", file=sys.stderr)


def _endless(paths: list[Path]) -> Iterator[Entry]:
    for number in count():
        path = paths[number % len(paths)]
        read = partial(_as_new, path, number)
        yield Entry(f"{path}!/{number}", path.stat().st_size, number, read)


def _as_new(path: Path, number: int) -> bytes:
    return numbered(path.read_bytes(), number)


def main(kind: str, folder: str, out: str, *more: str) -> None:
    if kind == "files":
        files(Path(folder), Path(out))
    else:
        large(Path(folder), Path(out), float(more[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
