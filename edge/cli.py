"""The command ``camid``: parse, call, print.

The standard output holds the answer and nothing else; messages go to the standard error output. What a
command needs is imported when it runs, so that ``camid --help`` answers at once.

Exit codes: 0 done (also when no camera was found), 2 bad usage or settings, 3 an input was unreadable, 4 the
models cannot be used, 130 interrupted.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli_archives import batch, query
from edge.cli_catalogue import catalogue
from edge.cli_gallery import gallery
from edge.cli_lan import lan
from edge.cli_operation import backup, doctor, purge, restore
from edge.cli_report import report, verify
from edge.cli_review import review
from edge.cli_token import token
from edge.errors import EXIT_DONE, EXIT_INPUT
from edge.terminal import AsJson, exit_codes, given_settings, say

if TYPE_CHECKING:
    from edge.report.contract import UnreadableV1

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Which surveillance cameras are in a picture, and who made them?",
)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # letters that the terminal lacks must not end the run
            stream.reconfigure(errors="replace")
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"camid {version('camid')}")
        raise typer.Exit


@app.callback()
def camid(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


@app.command()
def photo(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JPEG, PNG, WebP, HEIC or AVIF.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a photo and line (schema camid/1).")
    ] = False,
    annotate: Annotated[
        str | None,
        typer.Option(
            metavar="OUT.jpg",
            help="Draw boxes and verdicts. For several photos: a folder, or a name with {name} in it.",
        ),
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Report cameras from this detector score on, not from the default."),
    ] = None,
) -> None:
    """Find the cameras in photos and say who made them."""
    with exit_codes():
        from edge.report.picture_files import annotated_paths
        from edge.settings import load_settings

        settings = load_settings()
        try:
            targets = annotated_paths(annotate, files) if annotate is not None else None
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--annotate'") from None

        from rich.console import Console

        from edge.identify import Identifier
        from edge.media.sandbox import sandbox
        from edge.report.answers import answers
        from edge.report.catalogue import ageing
        from edge.report.contract import UnreadableV1, to_json
        from edge.report.sentence import display_names
        from edge.report.table import print_photo
        from edge.vendors.own import known_catalogue

        sandbox().prepare()
        names = display_names(known_catalogue(settings))
        identifier = Identifier.load(settings)
        console = Console(highlight=False)
        unreadable = []
        for answer in answers(files, identifier, settings, names, min_score, targets):
            if isinstance(answer, UnreadableV1):
                unreadable.append(answer)
            if as_json:
                typer.echo(to_json(answer).encode())  # JSON is UTF-8 whatever the terminal's encoding
            elif isinstance(answer, UnreadableV1):
                _say_unreadable(answer)
            else:
                print_photo(answer, names, console, ageing(settings))
    _close(unreadable, len(files))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder for results and the token.")] = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="For phones: HTTPS on the local network, paired by a QR code.")
    ] = False,
) -> None:
    """Start the service with its upload page."""
    with exit_codes():
        from edge.service.server import serve as run

        run(given_settings(host=host, port=port, data_dir=data_dir, lan=lan or None))


@app.command()
def protocol(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Saved answers: RTSP, SDP, ONVIF, HTTP and more.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a file and line (schema camid/1).")
    ] = False,
) -> None:
    """Say from what a device answered who built it."""
    with exit_codes():
        from rich.console import Console

        from edge.report.contract import UnreadableV1
        from edge.report.protocol import ProtocolIdentifier, print_protocol, protocol_answers
        from edge.report.sentence import display_names
        from edge.settings import load_settings

        settings = load_settings()
        identifier = ProtocolIdentifier.load(settings)
        names, console = display_names(identifier.catalogue), Console(highlight=False)
        unreadable = []
        for answer in protocol_answers(files, identifier, settings):
            if isinstance(answer, UnreadableV1):
                unreadable.append(answer)
            if as_json:
                typer.echo(answer.model_dump_json(by_alias=True).encode())
            elif isinstance(answer, UnreadableV1):
                _say_unreadable(answer)
            else:
                print_protocol(answer, names, console)
    _close(unreadable, len(files), "files")


@app.command()
def discover(
    seconds: Annotated[
        float | None, typer.Option(min=0.1, max=60, help="How long to wait for answers; default 4.")
    ] = None,
    interface: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Own address to ask from; several are allowed."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a device and line (schema camid/1).")
    ] = False,
) -> None:
    """List the ONVIF devices on the local network, logging in to none."""
    with exit_codes():
        from rich.console import Console

        from edge.media.discover import discover as ask
        from edge.report.discovery import discovery_answers, print_discovery
        from edge.report.protocol import ProtocolIdentifier
        from edge.report.sentence import display_names

        settings = given_settings(discover_s=seconds)
        identifier = ProtocolIdentifier.load(settings)
        answers = list(discovery_answers(ask(settings, interfaces=interface or ("0.0.0.0",)), identifier))
        if as_json:
            for answer in answers:
                typer.echo(answer.model_dump_json(by_alias=True).encode())
        else:
            print_discovery(answers, display_names(identifier.catalogue), Console(highlight=False))


@app.command()
def stream(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="URL...", help="rtsp:// or rtsps:// address, or video file."),
    ] = None,
    camera_list: Annotated[
        Path | None, typer.Option("--list", metavar="FILE", help="Cameras from a CSV or TOML file.")
    ] = None,
    expect: Annotated[str | None, typer.Option(metavar="VENDOR", help="The maker that it should be.")] = None,
    expect_model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="The model that it should say it is.")
    ] = None,
    expect_firmware: Annotated[
        str | None, typer.Option(metavar="VERSION", help="The firmware that it should say it runs.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="How long to watch each camera.")] = 12,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a camera and line (schema camid-stream/1).")
    ] = False,
    snapshot: Annotated[
        str | None,
        typer.Option(metavar="OUT.jpg", help="Write a picture. Several cameras: a folder, or {name} in it."),
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT.html", help="Write a report to print.")] = None,
    user: Annotated[str | None, typer.Option(help="User name for cameras whose address has none.")] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(help="File with the password; without it CAMID_STREAM_PASSWORD, else you are asked."),
    ] = None,
    onvif_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where a camera is asked what it is; 0: it is not asked.")
    ] = 80,
) -> None:
    """Validate cameras: does the stream arrive, what is it, whose is it, is the picture right?"""
    with exit_codes():
        from edge.report.stream_answers import login_of, snapshot_paths, targets_of
        from edge.settings import load_settings
        from edge.streams.state import Expectation

        settings = load_settings()
        login = login_of(user, password_file, _ask_password if sys.stdin.isatty() else None)
        expectation = Expectation(expect, expect_model, expect_firmware)
        targets = targets_of(sources or [], camera_list, expectation, login, onvif_port or None)
        try:
            snapshots = snapshot_paths(snapshot, targets) if snapshot is not None else None
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--snapshot'") from None

        from importlib.metadata import version

        from rich.console import Console

        from edge.identify import Identifier
        from edge.report.sentence import display_names
        from edge.report.stream_answers import answers, exit_code, progress_bar, write_html
        from edge.report.stream_contract import stream_json
        from edge.report.stream_table import print_overview, print_stream
        from edge.streams.device import device_asker
        from edge.streams.validate import Validator
        from edge.vendors.own import known_catalogue

        catalogue = known_catalogue(settings)
        names = display_names(catalogue)
        identifier = Identifier.load(settings)
        validator = Validator(identifier, settings, catalogue, device_asker(settings, catalogue))
        with progress_bar(len(targets)) as progress:
            answered = list(answers(targets, seconds, validator, progress, snapshots))
        console = Console(highlight=False)
        for one in answered:
            if as_json:
                typer.echo(stream_json(one.stream).encode())
            else:
                print_stream(one.stream, names, console)
        if len(answered) > 1 and not as_json:
            print_overview([one.stream for one in answered], console)
        if html is not None:
            write_html(html, answered, names, version("camid"))
    raise typer.Exit(exit_code(answered))


@app.command()
def vendors(as_json: AsJson = False) -> None:
    """List the makers that can be named."""
    with exit_codes():
        from rich.console import Console

        from edge.report.table import print_vendors
        from edge.settings import load_settings
        from edge.vendors.own import known_catalogue

        settings = load_settings()
        catalogue = known_catalogue(settings)
        if as_json:
            from edge.service.vendors import vendors_answer

            typer.echo(vendors_answer(catalogue, settings).model_dump_json().encode())
        else:
            print_vendors(catalogue, Console(highlight=False))


app.command()(batch)
app.command()(query)
app.command()(report)
app.command()(verify)
for command in (doctor, backup, restore, purge):
    app.command()(command)
app.add_typer(catalogue, name="catalogue")
app.add_typer(gallery, name="gallery")
app.add_typer(review, name="review")
app.add_typer(token, name="token")
app.add_typer(lan, name="lan")


def _close(unreadable: list[UnreadableV1], count: int, what: str = "photos") -> None:
    """Ends the run, saying which of ``what`` have no answer."""
    if not unreadable:
        raise typer.Exit(EXIT_DONE)
    if count > 1:
        names = ", ".join(one.source.name for one in unreadable)
        say(f"{len(unreadable)} of {count} {what} could not be read: {names}")
    raise typer.Exit(EXIT_INPUT)


def _ask_password(question: str) -> str:
    return str(typer.prompt(question, hide_input=True, err=True))


def _say_unreadable(answer: UnreadableV1) -> None:
    say(f"{answer.source.name}: {answer.error.message}")
