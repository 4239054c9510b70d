"""The commands ``camid lan``: phones on the local network. Parse, call, print."""

from __future__ import annotations

from typing import Annotated

import typer

from edge.cli_token import fields
from edge.terminal import AsJson, DataDir, exit_codes, given_settings, say

lan = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Phones on the local network, for a service that runs with --lan; changes count at once.",
)


@lan.command()
def pair(
    name: Annotated[
        str | None, typer.Option(help="What people call the phone; default: after its system.")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help="upload, read, streams or admin; default upload and read."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=365, help="Days until it is paired again; default phone_days.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show a QR code that pairs one phone, once."""
    with exit_codes():
        from rich.console import Console

        from edge.service.access_tokens import TokenFile
        from edge.service.lan_address import read_address
        from edge.service.lan_greeting import show_invitation
        from edge.service.pairing_codes import USUAL_SCOPES

        settings = given_settings(data_dir=data_dir, phone_days=days)
        address = read_address(settings.data_dir)
        with TokenFile(settings) as tokens:
            scopes = scope or sorted(USUAL_SCOPES)
            made = tokens.invite(name, scopes, settings.phone_days, settings.pairing_code_s)
        if as_json:
            import json

            typer.echo(json.dumps({"url": made.address(address.service), "expires_at": made.expires_at}))
        else:
            show_invitation(Console(highlight=False), address, made)


@lan.command("list")
def list_phones(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the phones that were paired, revoked ones too."""
    with exit_codes():
        from edge.service.access_tokens import TokenFile, print_tokens

        with TokenFile(given_settings(data_dir=data_dir)) as tokens:
            phones, now = tokens.phones(), tokens.now()
        if as_json:
            import json

            for one in phones:
                typer.echo(json.dumps(fields(one, now)))
        else:
            print_tokens(phones, now)


@lan.command()
def revoke(
    wanted: Annotated[str, typer.Argument(metavar="ID-OR-NAME", help="As `camid lan list` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Shut a phone out, at once; what it sent stays, readable by admins and where it was shared."""
    with exit_codes():
        from edge.service.access import Kind
        from edge.service.access_tokens import TokenFile

        with TokenFile(given_settings(data_dir=data_dir)) as tokens:
            gone = tokens.revoke(wanted, Kind.PHONE)
        say(f"revoked phone {gone.caller.id} ({gone.caller.name})")


@lan.command()
def trust(data_dir: DataDir = None) -> None:
    """Show where phones learn to trust this box, and the fingerprint to compare."""
    with exit_codes():
        from rich.console import Console

        from edge.lan.certificate import known_authority
        from edge.service.lan_address import read_address
        from edge.service.lan_greeting import show_trust

        data = given_settings(data_dir=data_dir).data_dir
        show_trust(Console(highlight=False), read_address(data), known_authority(data).fingerprint)


@lan.command()
def renew(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, data_dir: DataDir = None
) -> None:
    """Make a new authority, for a lost key or another name of the box; phones must trust it anew."""
    with exit_codes():
        from edge.service.access_tokens import TokenFile

        if not yes:
            typer.confirm("Every phone will have to trust this box anew. Go on?", abort=True, err=True)
        with TokenFile(given_settings(data_dir=data_dir)) as tokens:
            made = tokens.renew_authority()
        say(f"SHA-256 of the new authority: {made.fingerprint}")
        say("a running service takes it up within lan_check_s; remove the old one from the phones")
