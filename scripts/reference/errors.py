"""Every code that a refusal can bear, from the tables of ``edge/errors.py``."""

from __future__ import annotations

from collections.abc import ItemsView

from edge.errors import OUTCOMES, STREAM_OUTCOMES, ErrorCode, Outcome, StreamFault
from scripts.reference.markdown import code, page, table


def errors_page() -> str:
    return page(
        "Error codes",
        "`edge/errors.py`",
        "Test for the code; the sentence is for people and may change. Over HTTP a refusal is"
        ' `{"error": {"code", "message"}}` with the status of its code; the command line ends with its'
        " exit code: 4 where the models cannot be used, 3 where an input cannot, 2 where something was"
        " asked for wrongly.",
        "## Photos, requests, models",
        _outcomes(OUTCOMES.items()),
        "## Streams",
        "What is wrong with a camera's stream is a set of its own; some words mean another thing there.",
        _outcomes(STREAM_OUTCOMES.items()),
    )


def _outcomes(outcomes: ItemsView[ErrorCode, Outcome] | ItemsView[StreamFault, Outcome]) -> str:
    rows = [
        (code(name), str(outcome.status), str(outcome.exit_code), outcome.advice)
        for name, outcome in outcomes
    ]
    return table(("Code", "HTTP", "Exit", "What to do"), rows)
