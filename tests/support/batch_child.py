"""A batch in a process of its own, to be killed: ``python -m tests.support.batch_child ARCHIVE OUT``.

The identifier is a stand-in; everything else is the real thing.
"""

from __future__ import annotations

import sys
from pathlib import Path

from edge.batch.engine import LocalEngine
from edge.batch.output import Output
from edge.domain import PhotoReport, Picture
from edge.errors import CamidError
from edge.media.archive import walk
from edge.settings import load_settings
from tests.support.service import report_on


class StandIn:
    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        del min_score
        return report_on(picture)


def main(archive: str, out: str) -> int:
    settings = load_settings(batch_part_rows=4, video_gap_s=0.1)
    try:
        with Output(Path(out), "ab" * 32, {"detector": "cd" * 32}) as output:
            print("begun", flush=True)
            LocalEngine(StandIn(), output, settings, workers=2).run(walk([archive], settings))
            output.finish()
    except CamidError as error:
        print(error.code, flush=True)
        return error.outcome.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
