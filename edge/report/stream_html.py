"""The printable report of a validation: one HTML file that needs no other, with a snapshot a camera."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edge.report.sentence import Names, printable
from edge.report.stream_contract import StreamV1
from edge.report.stream_facts import CHECK_NAMES, OUTCOME_WORDS, Fact, facts, summary
from edge.streams.findings import Outcome

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    outcome: str
    word: str
    message: str


@dataclass(frozen=True, slots=True)
class _Page:
    """One camera as the template shows it."""

    name: str
    address: str
    passed: bool
    summary: str
    snapshot: str | None
    facts: tuple[Fact, ...]
    checks: tuple[_Row, ...]


def stream_html(
    answers: Sequence[tuple[StreamV1, bytes | None]], names: Names, made: datetime, version: str
) -> str:
    """The report on all ``answers``, each with the JPEG of its camera or None. ``made`` in local time.

    What comes from cameras is escaped; the page loads nothing and runs no script.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pages = [_page(stream, jpeg, names) for stream, jpeg in answers]
    return environment.get_template("streams.html").render(
        pages=pages,
        failed=sum(not page.passed for page in pages),
        made=made.strftime("%Y-%m-%d %H:%M %Z").strip(),
        version=version,
    )


def _page(stream: StreamV1, jpeg: bytes | None, names: Names) -> _Page:
    return _Page(
        name=printable(stream.source.name),
        address=printable(stream.source.address),
        passed=stream.passed,
        summary=summary(stream),
        snapshot=b64encode(jpeg).decode("ascii") if jpeg is not None else None,
        facts=tuple(facts(stream, names)),
        checks=tuple(
            _Row(
                CHECK_NAMES[one.id],
                one.outcome.value,
                "not checked" if one.outcome is Outcome.NOT_CHECKED else OUTCOME_WORDS[one.outcome],
                printable(one.message),
            )
            for one in stream.checks
        ),
    )
