"""What all commands share: errors become messages and exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from edge.errors import CamidError


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turns an error of ours into its message and its exit code."""
    try:
        yield
    except CamidError as error:
        say(str(error))
        raise typer.Exit(error.outcome.exit_code) from None


def say(message: str) -> None:
    """To the standard error output: the standard output holds the answer and nothing else."""
    typer.echo(f"camid: {message}", err=True)
