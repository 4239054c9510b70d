"""Which folders a batch over HTTP may read, and what its files are called there.

A path is resolved, with every link on the way, before it is compared with the roots, so neither ``..`` nor a
link leads out; what lies inside is walked without following links (``edge.media.archive``). Files are called
by their place inside the source: no path of the machine stands in a row that the client did not give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from edge.errors import CamidError, ErrorCode
from edge.media.archive import Found, Skipped, walk
from edge.settings import Settings

NO_ROOTS = "No folder of this machine may be read: the setting batch_roots is empty."


def resolve_source(given: str, settings: Settings, data_dir: Path) -> Path:
    """The folder or file that ``given`` leads to: an absolute path, or one inside a root.

    Raises:
        CamidError: ``path_not_allowed`` outside the roots (whether or not anything is there), or where the
            service keeps its own; ``not_readable`` where there is nothing.
    """
    roots = [root.resolve() for root in settings.batch_roots]
    if not roots:
        raise CamidError(ErrorCode.PATH_NOT_ALLOWED, NO_ROOTS)
    inside = [path for root in roots if _is_in(path := _resolved(root, given), roots)]
    if not inside:
        raise CamidError(ErrorCode.PATH_NOT_ALLOWED, f"{given} is outside the folders that may be read.")
    found = next((path for path in inside if _is_there(path)), None)
    if found is None:
        raise CamidError(ErrorCode.NOT_READABLE, f"There is no {given}.")
    _check(found, given, data_dir.resolve())
    return found


def _resolved(root: Path, given: str) -> Path:
    try:
        return (root / given).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name that is too long, a NUL
        return Path("/")


def _is_in(path: Path, roots: list[Path]) -> bool:
    return path != Path("/") and any(path.is_relative_to(root) for root in roots)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _check(path: Path, given: str, own: Path) -> None:
    if path.is_relative_to(own) or own.is_relative_to(path):
        raise CamidError(ErrorCode.PATH_NOT_ALLOWED, f"{given} holds the service's own data.")
    if not (path.is_dir() or path.is_file()):
        raise CamidError(ErrorCode.NOT_READABLE, f"{given} is neither a folder nor a file.")
    if not str(path).isprintable():
        # Rows escape such names; the beginning of a place could not be told from the rest.
        raise CamidError(ErrorCode.NOT_READABLE, f"{given} leads to a name that is no printable text.")


def plan(path: Path, label: str, settings: Settings) -> Iterator[Found]:
    """Every file at ``path``, in the order of the walk. Those of a folder are called by their path in it, the
    members of an archive ``label!/member``."""
    start = str(path)
    inside = f"{start}/" if path.is_dir() else None
    for one in walk([start], settings):
        if inside is not None and one.place.startswith(inside):
            place = one.place.removeprefix(inside)
        else:
            place = label + one.place.removeprefix(start)
        if isinstance(one, Skipped):
            yield replace(one, place=place, message=one.message.replace(start, label))
        else:
            yield replace(one, place=place)
