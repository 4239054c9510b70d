"""Keeps all that a process says, and searches it for passwords."""

from __future__ import annotations

import base64
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


@contextmanager
def everything_logged(path: Path) -> Iterator[None]:
    """What is logged at any level, and what native code writes to standard error, goes into ``path``."""
    path.write_bytes(b"")
    handler = logging.FileHandler(path)  # appends: two writers share the file
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.DEBUG, handlers=[handler], force=True)
    before = os.dup(2)
    with path.open("ab") as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
            logging.getLogger().removeHandler(handler)
            handler.close()


def errors_in(log: str) -> int:
    """Lines of the level ERROR or CRITICAL, and tracebacks that belong to none."""
    count, logged = 0, False
    for line in log.splitlines():
        here = " ERROR " in line or " CRITICAL " in line
        count += here or (line.startswith("Traceback ") and not logged)
        logged = here
    return count


def traces_of(logins: Iterable[tuple[str, str]], texts: Mapping[str, bytes]) -> list[str]:
    """The names of the ``texts`` in which a password stands: plain, percent-encoded, or as Basic credentials
    with its user."""
    forms = set()
    for user, password in logins:
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        forms |= {password.encode(), quote(password, safe="").encode(), basic.encode()}
    return [name for name, text in texts.items() if any(form in text for form in forms)]


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
