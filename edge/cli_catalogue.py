"""The commands ``camid catalogue``: which catalogue of makers is used, a newer one, back again. Parse, call,
print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.terminal import DataDir, exit_codes, given_settings, say

catalogue = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Show the catalogue of makers, or take a newer one."
)


@catalogue.command()
def show(
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say which catalogue is used: its version, its age, and where it came from."""
    with exit_codes():
        from edge.report.catalogue import in_force

        shown = in_force(given_settings(data_dir=data_dir))
        if as_json:
            typer.echo(shown.model_dump_json().encode())
        else:
            typer.echo("\n".join(shown.lines()))


@catalogue.command()
def update(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A signed catalogue.")],
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY|FILE", help="Public key that is trusted, or a file with such keys."),
    ] = None,
    force_older: Annotated[
        bool, typer.Option("--force-older", help="Take it also if it is no newer than the one there is.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Take a newer catalogue, if a key that is trusted signed it. No network is used."""
    with exit_codes():
        from edge.report.catalogue import in_force
        from edge.vendors.signed import keys_given, trusted_keys
        from edge.vendors.update import update as run

        settings = given_settings(data_dir=data_dir)
        keys = [*keys_given(key or ()), *trusted_keys(settings.catalogue_key)]
        run(settings.data_dir, file, keys, force_older=force_older)
        _say_changed(in_force(settings).lines())


@catalogue.command()
def rollback(data_dir: DataDir = None) -> None:
    """Go back to the catalogue before the last update, or to the shipped one."""
    with exit_codes():
        from edge.report.catalogue import in_force
        from edge.vendors.update import rollback as run

        settings = given_settings(data_dir=data_dir)
        run(settings.data_dir)
        _say_changed(in_force(settings).lines())


def _say_changed(lines: list[str]) -> None:
    typer.echo("\n".join(lines))
    say("A running service takes it at its next start")
