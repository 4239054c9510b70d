"""The commands for archives, ``camid batch`` and ``camid query``: parse, call, print."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from edge.errors import CamidError, ErrorCode
from edge.terminal import exit_codes, say


def batch(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Folders, files, archives.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Folder for the answers.")],
    min_score: Annotated[
        float | None, typer.Option(min=0, max=1, help="Report cameras from this detector score on.")
    ] = None,
    shard: Annotated[str, typer.Option(metavar="I/N", help="Only the I-th of N disjoint parts.")] = "1/1",
    since: Annotated[
        datetime | None, typer.Option(help="Only files that were changed at or after this moment (UTC).")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Also write cameras.csv.")] = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="Also write cameras.jsonl.")] = False,
    as_geojson: Annotated[
        bool, typer.Option("--geojson", help="Also write cameras.geojson, tagged as OpenStreetMap does.")
    ] = False,
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Also keep a copy of each picture with cameras, drawn on.")
    ] = False,
    contact_sheets: Annotated[
        bool, typer.Option("--contact-sheets", help="Also make pages of all cameras, by maker.")
    ] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Also write summary.html: charts, a map, the surest finds.")
    ] = False,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="This process, or workers on Ray.")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Ray cluster, or auto; without: this machine."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Photos at a time; on Ray, processes. Without: what fits.")
    ] = None,
    gpus: Annotated[float, typer.Option(min=0, help="GPUs of each worker on Ray; 0.5: two share one.")] = 0,
    send_content: Annotated[
        bool, typer.Option("--send-content", help="Workers on Ray do not see the files: send them.")
    ] = False,
) -> None:
    """Classify an archive of photos. The same command goes on after anything that stopped it."""
    with exit_codes():
        _need("pyarrow", "duckdb")
        from rich.console import Console

        from edge.batch.command import BatchOptions, run_batch, shard_of
        from edge.settings import load_settings

        try:
            part = shard_of(shard)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--shard'") from None
        if engine == "local" and (address or gpus or send_content):
            raise typer.BadParameter("--address, --gpus, --send-content are for ray", param_hint="'--engine'")
        options = BatchOptions(
            sources=tuple(sources),
            output=output,
            min_score=min_score,
            shard=part,
            since_ns=int(since.replace(tzinfo=UTC).timestamp()) * 10**9 if since else None,
            csv=as_csv,
            jsonl=as_jsonl,
            geojson=as_geojson,
            annotate=annotate,
            contact_sheets=contact_sheets,
            summary=summary,
            engine=engine,
            address=address,
            workers=workers,
            gpus=gpus,
            send_content=send_content,
        )
        end = run_batch(options, load_settings(), Console(stderr=True))
        totals = end.totals
        say(
            f"{totals.photos} photos and {totals.frames} frames of {totals.videos} videos classified, "
            f"{totals.duplicates} copies, {totals.kept} done before, "
            f"{totals.cameras} cameras, {totals.identified} named"
        )
        if end.without_crop:
            say(f"{end.without_crop} cameras are on no contact sheet: classified without this option")
        if end.unreadable:
            say(f"{end.unreadable} files have no answer: {output / 'errors.parquet'} says why")


def query(
    text: Annotated[
        str, typer.Argument(metavar="FILTER", help='For instance "vendor=hikvision and year>=2020".')
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of a batch.")],
    sql: Annotated[bool, typer.Option("--sql", help="FILTER is SQL: one SELECT, read-only.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most rows of a filter.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a row.")] = False,
) -> None:
    """Ask a batch: cameras that fit a filter, or SQL over photos, cameras and errors."""
    with exit_codes():
        _need("pyarrow", "duckdb")
        from edge.batch.query import BRIEF, FIELDS, Query, ask, filter_query
        from edge.report.rows import print_json_rows, print_rows

        asked = Query(text) if sql else filter_query(text, limit, FIELDS if as_json else BRIEF)
        found = ask(output, asked)
        if not sql:
            say(f"{asked.sql} {list(asked.values)}")
        (print_json_rows if as_json else print_rows)(found.columns, found.rows)


def _need(*packages: str) -> None:
    from importlib.util import find_spec

    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise CamidError(
            ErrorCode.EXTRA_MISSING, f"Archives need {', '.join(missing)}: pip install 'camid[batch]'."
        )
