"""The commands ``camid doctor``, ``backup``, ``restore`` and ``purge``. Parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.terminal import DataDir, exit_codes, given_settings, say

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def doctor(
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Load the models and time them.")
    ] = True,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Examine this machine: what is wrong with it, how fast it is, which settings fit it."""
    with exit_codes():
        from rich.console import Console

        from edge.operation.doctor import examine, print_report

        report = examine(given_settings(data_dir=data_dir), measure=measure)
        if as_json:
            typer.echo(report.model_dump_json().encode())
        else:
            print_report(report, Console(highlight=False, markup=False, emoji=False))
    raise typer.Exit(report.exit_code)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup, a TAR archive.")],
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Put the keys of camera passwords and authority into it.")
    ] = False,
    force: Force = False,
    data_dir: DataDir = None,
) -> None:
    """Write results, originals, batches and gallery into one file. The service may be running."""
    with exit_codes():
        from edge.operation.backup import back_up

        done = back_up(given_settings(data_dir=data_dir).data_dir, file, with_key=with_key, force=force)
        say(f"{done.photos} photos, {done.bytes} bytes: {file}")
        if done.missing:
            say(f"{done.missing} originals are gone from the data directory; their results are in the backup")
        if not done.with_key:
            say("No key is in it: keep secrets.key (and lan/authority.pem, if phones are paired) elsewhere")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What camid backup wrote.")],
    force: Force = False,
    data_dir: DataDir = None,
) -> None:
    """Fill the data directory from a backup. The service must not be running."""
    with exit_codes():
        from edge.operation.restore import restore as run

        target = given_settings(data_dir=data_dir).data_dir
        done = run(file, target, force=force)
        say(f"{done.photos} photos of {done.label.created_at}: {target}")
        if done.missing:
            say(f"{done.missing} originals were not in the backup")
        if not done.label.with_key:
            say("Put secrets.key back, or add the streams again, unless it is there still")


def purge(
    days: Annotated[
        float | None, typer.Option(min=0, help="Delete what is older; default keep_photos_days.")
    ] = None,
    max_bytes: Annotated[
        int | None,
        typer.Option(min=0, help="Delete the oldest beyond this size; default keep_photos_bytes."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Delete photos and results as the settings say. A running service does so itself, every hour."""
    with exit_codes():
        from edge.operation.purge import purge as run

        done = run(given_settings(data_dir=data_dir, keep_photos_days=days, keep_photos_bytes=max_bytes))
        say(
            f"{done.results} results, {done.files} photos ({done.bytes} bytes), "
            f"{done.batches} batches deleted"
        )
