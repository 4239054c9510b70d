"""Kills the service while many clients send photos: ``python -m scripts.kill_service``.

300 photos go from 20 clients to a ``camid serve`` of its own process, with the real models and SQLite, which
is killed (-9) at 50 moments that the seed gives: while photos are in the models, between two, and while it
starts. A client tries again until its photo is acknowledged. It fails where

- an acknowledged photo has no result afterwards, another one, or not its bytes, or has two,
- a 503 has no ``Retry-After``, or another error is answered,
- a photo is never acknowledged, bytes are left over, or the database is not sound.

Before the kills it measures how long one photo takes: from one client at a time, and from all at once.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from scripts.operation.killing import Plan, Report, run


def lines(report: Report) -> list[str]:
    plan = report.plan
    return [
        f"{report.acknowledged} of {plan.photos} photos from {plan.clients} clients acknowledged, "
        f"{report.kills} kills, {report.seconds:.0f} s",
        f"lost {len(report.lost)}, twice {len(report.twice)}, unasked {report.unasked}, "
        f"left over {report.left_over}, database {'sound' if report.sound else 'DAMAGED'}",
        f"tries without an answer {report.broken}, 503 {report.refused} "
        f"({report.silent} without Retry-After)",
        f"95th percentile of one photo: idle {report.idle_s:.2f} s, {plan.clients} clients at once "
        f"{report.loaded_s:.2f} s, while it is killed {report.killed_s:.2f} s",
        *report.wrong,
        "passed" if report.passed else "FAILED",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--calm", type=int, default=60, help="photos of each measurement without kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="an empty folder for log and data")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.out or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        plan = Plan(options.photos, options.clients, options.kills, options.calm, options.seed)
        report = run(plan, folder)
    print("\n".join(lines(report)))
    sys.exit(0 if report.passed else 1)


if __name__ == "__main__":
    main()
