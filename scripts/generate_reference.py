"""Writes the part of the reference that is made from the code into ``docs/reference/generated``.

python -m scripts.generate_reference            # write
python -m scripts.generate_reference --check    # write nothing; exit code 1 names what is stale
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from scripts.reference.commands import commands_page
from scripts.reference.errors import errors_page
from scripts.reference.http import http_page
from scripts.reference.rows import rows_page
from scripts.reference.schema import schema_json, schema_page, stream_schema_page
from scripts.reference.settings import settings_page

FOLDER = Path(__file__).parents[1] / "docs/reference/generated"

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "commands.md": commands_page,
        "settings.md": settings_page,
        "http.md": http_page,
        "schema.md": schema_page,
        "camid-1.schema.json": schema_json,
        "stream-schema.md": stream_schema_page,
        "rows.md": rows_page,
        "errors.md": errors_page,
    }
)


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of the files in ``folder`` that the code would write otherwise, or not at all."""
    extra = {path.name for path in folder.iterdir()} - PAGES.keys()
    return sorted(extra | {name for name, made in PAGES.items() if _read(folder / name) != made()})


def write(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in PAGES.items():
        (folder / name).write_text(made(), encoding="utf-8")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    if not parser.parse_args().check:
        write()
    elif found := stale():
        raise SystemExit(f"Stale: {', '.join(found)}. `make reference` writes them anew.")


if __name__ == "__main__":
    main()
