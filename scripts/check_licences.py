"""Checks the licence of everything that ships: ``make licences``, and a test.

- Every distribution of ``requirements.lock`` that is for this platform is installed in the pinned version and
  has, by its own metadata, a licence of those that are allowed; MPL-2.0 must be named in ``NOTICE``.
- Every wheel with a library under the GPL or LGPL inside stands in ``NOTICE`` with its version, and no wheel
  holds a library that ``scripts/supply/libraries.toml`` does not know.
- Models, vendored libraries and other files that ship have a licence, a source and the sha256 that is listed;
  nothing ships that is not listed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain

from scripts.supply import files
from scripts.supply.licences import ALLOWED, TO_BE_NAMED, Installed, installed, parts_of
from scripts.supply.lock import ROOT, Pin, read_lock

_NOTICE = ROOT / "NOTICE"


def problems() -> Iterator[str]:
    """Everything that is wrong, one line each."""
    notice = _NOTICE.read_text()
    yield from chain.from_iterable(_of_pin(pin, notice) for pin in read_lock() if pin.is_for_here)
    yield from files.faults(files.parts())


def _of_pin(pin: Pin, notice: str) -> Iterator[str]:
    found = installed(pin.name)
    if found is None or found.version != pin.version:
        yield f"{pin.name} {pin.version} is not installed: make dev"
        return
    yield from of_licence(found, notice)
    yield from of_libraries(found, notice)


def of_licence(found: Installed, notice: str) -> Iterator[str]:
    """Whether its licence is known, allowed, and named where it must be."""
    if found.licence is None:
        yield f"{found.name}: its metadata tells no licence that is known"
        return
    for part in parts_of(found.licence):
        if part not in ALLOWED | TO_BE_NAMED:
            yield f"{found.name}: {found.licence} is not allowed"
        elif part in TO_BE_NAMED and found.name not in notice:
            yield f"{found.name}: {part} must be named in NOTICE"


def of_libraries(found: Installed, notice: str) -> Iterator[str]:
    """Whether the libraries inside its wheel are known, and named where they must be."""
    for library in found.libraries:
        if library.licence is None:
            yield f"{found.name}: its wheel holds {library.name}, which libraries.toml does not know"
    copyleft = [library.name for library in found.libraries if library.copyleft]
    if copyleft and f"{found.name} {found.version}" not in notice:
        yield f"{found.name} {found.version}: NOTICE does not name it, and it holds {', '.join(copyleft)}"


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    found = list(problems())
    if found:
        sys.exit("\n".join(found))
    pins = sum(pin.is_for_here for pin in read_lock())
    listed = sum(len(part.files) for part in files.parts())
    print(f"{pins} distributions and {listed} files: all licences known and allowed")


if __name__ == "__main__":
    main()
