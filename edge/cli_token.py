"""The commands ``camid token``: tokens with scopes for the service. Parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.terminal import AsJson, DataDir, exit_codes, given_settings, say

if TYPE_CHECKING:
    from edge.service.access_store import NamedToken
    from edge.service.access_tokens import TokenFile

token = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Tokens with scopes for the service; changes count at once, also while it runs.",
)


@token.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it, such as newsroom.")],
    scope: Annotated[
        list[str], typer.Option(metavar="SCOPE", help="upload, read, streams or admin; may be repeated.")
    ],
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Days until it expires; without it, never.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make a token and print it, this once."""
    with exit_codes(), _open(data_dir) as tokens:
        made = tokens.create(name, scope, days)
        if as_json:
            import json

            typer.echo(json.dumps({**fields(made.token, tokens.now()), "token": made.text}))
        else:
            typer.echo(made.text)
            say(f"made token {made.token.caller.id} ({name}); it is shown this once and kept only as a hash")


@token.command("list")
def list_tokens(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List all tokens, revoked ones too; none is shown itself."""
    with exit_codes(), _open(data_dir) as tokens:
        rows = [fields(one, tokens.now()) for one in tokens.all()]
        if as_json:
            import json

            for row in rows:
                typer.echo(json.dumps(row))
        else:
            from edge.service.access_tokens import print_tokens

            print_tokens(tokens.all(), tokens.now())


@token.command()
def revoke(
    wanted: Annotated[str, typer.Argument(metavar="ID-OR-NAME", help="As `camid token list` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Make a token worthless; what it sent stays, readable by admins and where it was shared."""
    with exit_codes(), _open(data_dir) as tokens:
        gone = tokens.revoke(wanted)
        say(f"revoked token {gone.caller.id} ({gone.caller.name})")


def _open(data_dir: Path | None) -> TokenFile:
    from edge.service.access_tokens import TokenFile

    return TokenFile(given_settings(data_dir=data_dir))


def fields(one: NamedToken, now: str) -> dict[str, object]:
    """For ``--json``."""
    return {
        "id": one.caller.id,
        "kind": one.kind,
        "name": one.caller.name,
        "scopes": sorted(one.caller.scopes),
        "created_at": one.created_at,
        "expires_at": one.expires_at,
        "state": one.state(now),
    }
