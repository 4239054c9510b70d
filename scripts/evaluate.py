"""Accuracy on the dev sets of the shared data: detection and vendor figures with 95 % intervals.

    python -m scripts.evaluate                         # all sets, as Markdown tables
    python -m scripts.evaluate --sets products --json
    python -m scripts.evaluate --osd                   # displays of osd/dev (evaluate_osd has more)
    python -m scripts.evaluate --ratchet               # the sixty pictures of the ratchet against its limits
    python -m scripts.evaluate --ratchet --write       # record what is measured now

It asks ``edge.identify.Identifier`` as a user would. Answers are kept under ``runs/evaluate``, keyed by the
picture, the models and the code, so that an interrupted run goes on where it stopped; ``--fresh`` forgets
them. The dev sets are for measuring only: nothing may be tuned on them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

from edge.errors import EXIT_DONE, EXIT_INPUT, EXIT_MODEL, CamidError
from edge.settings import Settings, load_settings
from edge.vendors.catalogue import load_catalogue
from scripts import evaluate_osd
from scripts.evaluation import ratchet as ratchets
from scripts.evaluation.cases import SETS, Case, load_cases
from scripts.evaluation.observations import Kept, Observation, Observer, fingerprint
from scripts.evaluation.summary import as_json, as_markdown, summarise

CHECKOUT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if not options.data.is_dir():
        print(f"No shared data at {options.data}: give --data or set CAMID_SHARED_DATA.", file=sys.stderr)
        return EXIT_INPUT
    try:
        if options.osd:
            return evaluate_osd.main(["--frames", str(options.data / "osd" / "dev")])
        return _ratchet(options) if options.ratchet or options.draw else _evaluate(options)
    except CamidError as error:
        print(error, file=sys.stderr)
        return error.outcome.exit_code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    shared = os.environ.get("CAMID_SHARED_DATA", str(CHECKOUT.parent / "shared" / "data"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    parser.add_argument("--jobs", type=int, default=1, help="processes, with one thread each beyond 1")
    parser.add_argument("--fresh", action="store_true", help="forget the answers that were kept")
    parser.add_argument("--ratchet", action="store_true", help="only the sixty pictures of the ratchet")
    parser.add_argument("--write", action="store_true", help="with --ratchet: record what is measured")
    parser.add_argument("--osd", action="store_true", help="only on-screen displays")
    parser.add_argument("--draw", action="store_true", help="choose the pictures of the ratchet again")
    parser.add_argument("--data", type=Path, default=Path(shared), help="the shared data")
    parser.add_argument(
        "--runs", type=Path, default=CHECKOUT / "runs" / "evaluate", help="where answers are kept"
    )
    return parser.parse_args(arguments)


def _evaluate(options: argparse.Namespace) -> int:
    cases = load_cases(options.data, tuple(options.sets))
    settings = load_settings()
    kept = Kept(options.runs, fingerprint(settings.models_dir, CHECKOUT / "edge"), fresh=options.fresh)
    missing = [case for case in cases if kept.get(case) is None]
    for done, (case, observation) in enumerate(_observe(missing, settings, options.jobs), start=1):
        kept.put(case, observation)
        _progress(done, len(missing), case)
    results = [(case, seen) for case in cases if (seen := kept.get(case)) is not None]
    summary = summarise(results, load_catalogue())
    print(json.dumps(as_json(summary), indent=1) if options.json else as_markdown(summary))
    return EXIT_DONE


def _observe(cases: Sequence[Case], settings: Settings, jobs: int) -> Iterator[tuple[Case, Observation]]:
    if not cases:
        return
    if jobs <= 1:
        observer = Observer.load(settings)
        yield from ((case, observer.observe(case)) for case in cases)
        return
    alone = settings.model_copy(update={"threads": 1})
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        work = pool.map(_observe_one, cases, [alone] * len(cases), chunksize=4)
        yield from zip(cases, work, strict=True)


def _observe_one(case: Case, settings: Settings) -> Observation:
    return _observer(settings).observe(case)


@lru_cache(maxsize=1)
def _observer(settings: Settings) -> Observer:
    """One a process."""
    return Observer.load(settings)


def _progress(done: int, total: int, case: Case) -> None:
    if done == total or done % 10 == 0:
        print(f"{time.strftime('%H:%M:%S')} {done}/{total} {case.set}", file=sys.stderr, flush=True)


def _ratchet(options: argparse.Namespace) -> int:
    if options.draw:
        ratchets.save_ratchet(ratchets.draw(options.data))
    if not options.ratchet:
        return EXIT_DONE
    from edge.identify import Identifier  # noqa: PLC0415 - loads the models

    settings = load_settings()
    ratchet = ratchets.load_ratchet()
    cases = ratchets.ratchet_cases(ratchet, options.data)
    counts = ratchets.count(cases, Identifier.load(settings), settings, load_catalogue())
    faults = ratchet.faults(counts)
    print(json.dumps({**asdict(counts), "faults": faults}, indent=1))
    if options.write:
        ratchets.save_ratchet(replace(ratchet, record=counts))
        return EXIT_DONE
    return EXIT_MODEL if faults else EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
