"""The readable form of a validation for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from edge.report.sentence import Names, printable
from edge.report.stream_contract import CheckV1, StreamV1
from edge.report.stream_facts import CHECK_NAMES, OUTCOME_WORDS, facts, summary
from edge.streams.findings import Outcome

_STYLES = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.NOT_CHECKED: "dim"}


def print_stream(stream: StreamV1, names: Names, console: Console) -> None:
    """Heading, facts, a row a check. Text from the camera is never markup."""
    console.print(_heading(stream), soft_wrap=True)
    rows = list(facts(stream, names))
    if rows:
        console.print(Padding(_facts(rows), (0, 0, 0, 2)))
    console.print(Padding(_checks(stream.checks), (0, 0, 0, 2)))
    console.print()


def print_overview(streams: Sequence[StreamV1], console: Console) -> None:
    """One row a camera, after a list."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("camera", ratio=1)
    table.add_column("result", no_wrap=True)
    table.add_column("failed", ratio=2)
    for stream in streams:
        failed = [CHECK_NAMES[one.id] for one in stream.checks if one.outcome is Outcome.FAILED]
        table.add_row(
            Text(printable(stream.source.name)),
            Text("pass", style="green") if stream.passed else Text("FAIL", style="bold red"),
            Text(", ".join(failed)),
        )
    console.print(table)


def _heading(stream: StreamV1) -> Text:
    source = stream.source
    name = printable(source.name)
    address = printable(source.address)
    place = f" ({address})" if address != name else ""
    outcome = Outcome.PASSED if stream.passed else Outcome.FAILED
    return Text.assemble((f"{name}{place}", "bold"), ": ", (summary(stream), _STYLES[outcome]))


def _facts(rows: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(ratio=1)
    for label, text in rows:
        table.add_row(label, Text(text))
    return table


def _checks(checks: Sequence[CheckV1]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("found", ratio=1)
    for check in checks:
        table.add_row(
            CHECK_NAMES[check.id],
            Text(OUTCOME_WORDS[check.outcome], style=_STYLES[check.outcome]),
            Text(printable(check.message), style="dim" if check.outcome is Outcome.NOT_CHECKED else ""),
        )
    return table
