"""Lives through 24 hours of the service in minutes: ``python -m scripts.simulate_day``.

The real service, its server, database, models, logs and limits, under a clock that is set forward; the
monitor of streams is a stand-in. Every hour brings uploads (repeated, broken off, unreadable ones among
them), results and pictures that are read, pages, lists, scrapes of the metrics, wrong tokens from ever new
addresses, tokens made and revoked, and people who listen to events, one of whom never reads. Photos are
kept for three hours and log files are small, so that all that is bounded comes to its bound early. It fails
where memory or disk grow by 5 % from the first quarter of the time after the warm-up (a third) to the last,
where descriptors or threads grow at all, or where an answer was not to be expected.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from scripts.operation.day import Day, Hour, live
from scripts.operation.guests import Mix

_HEAD = "hour  memory MB  descriptors  threads  photos kB  database kB  logs kB"


def row(number: int, hour: Hour) -> str:
    used = hour.used
    sizes = f"{hour.photos / 1024:9.0f}  {hour.database / 1024:11.0f}  {hour.logs / 1024:7.0f}"
    return f"{number:4}  {used.rss_mb:9.1f}  {used.descriptors:11}  {used.threads:7}  {sizes}"


def verdict(day: Day) -> list[str]:
    lines = [
        f"{one.name}: {one.first:.1f} → {one.last:.1f} {one.unit} ({one.growth:+.1%}), "
        f"{one.slope:+.3f} an hour"
        for one in day.trends
    ]
    return [*lines, *day.surprises, "passed" if day.passed else "FAILED"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--uploads", type=int, default=12, help="photos an hour, beside odd ones")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="an empty folder for log and data")
    options = parser.parse_args()
    start, seen = (time.monotonic(), time.process_time()), list[Hour]()

    def tell(hour: Hour) -> None:
        seen.append(hour)
        print(row(len(seen), hour), flush=True)

    with tempfile.TemporaryDirectory() as made:
        folder = options.out or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        print(_HEAD)
        day = live(
            folder, hours=options.hours, mix=Mix(uploads=options.uploads), seed=options.seed, told=tell
        )
    print("\n".join(verdict(day)))
    took = f"{time.monotonic() - start[0]:.0f} s, {time.process_time() - start[1]:.0f} of processor"
    print(f"{options.hours} hours in {took}")
    sys.exit(0 if day.passed else 1)


if __name__ == "__main__":
    main()
