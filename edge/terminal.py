"""What all commands share: options become settings, errors become messages and exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.errors import CamidError

if TYPE_CHECKING:
    from edge.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder of the service's data.")]


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turns an error of ours into its message and its exit code."""
    try:
        yield
    except CamidError as error:
        say(str(error))
        raise typer.Exit(error.outcome.exit_code) from None


def say(message: str) -> None:
    """To the standard error output: the standard output holds the answer and nothing else. What a camera or
    the name of a file brings into a message commands no terminal."""
    from edge.report.sentence import printable  # noqa: PLC0415 - `camid --help` must answer at once

    typer.echo("\n".join(map(printable, f"camid: {message}".split("\n"))), err=True)


def given_settings(**options: object) -> Settings:
    """The settings, with the ``options`` that were given before them; None stands for one that was not.

    Raises:
        CamidError: ``settings_invalid``.
    """
    from edge.settings import load_settings  # noqa: PLC0415 - `camid --help` must answer at once

    return load_settings(**{name: value for name, value in options.items() if value is not None})
