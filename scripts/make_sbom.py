"""Writes what ships as a bill of materials (CycloneDX 1.6, JSON): ``make sbom``.

Distributions of ``requirements.lock`` with licence and checksums, the libraries inside their wheels for this
platform, models, vendored libraries. Its time is that of ``SOURCE_DATE_EPOCH`` where that is set.
"""

from __future__ import annotations

import argparse
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from scripts.supply.files import parts
from scripts.supply.lock import read_lock
from scripts.supply.sbom import sbom


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    moment = datetime.fromtimestamp(float(os.environ.get("SOURCE_DATE_EPOCH", time.time())), UTC)
    text = sbom(read_lock(), parts(), moment)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text)
    print(options.out)


if __name__ == "__main__":
    main()
