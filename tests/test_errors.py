from __future__ import annotations

import re

import pytest

from edge.errors import (
    EXIT_DONE,
    EXIT_INPUT,
    EXIT_MODEL,
    EXIT_USAGE,
    OUTCOMES,
    STREAM_OUTCOMES,
    CamidError,
    ErrorCode,
    PhotoError,
    StreamError,
    StreamFault,
)


def test_every_code_has_an_outcome_and_no_outcome_is_left_over() -> None:
    assert set(OUTCOMES) == set(ErrorCode)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_outcome_is_an_error_with_advice_in_one_sentence(code: ErrorCode) -> None:
    outcome = OUTCOMES[code]
    assert 400 <= outcome.status < 600
    assert outcome.exit_code in {EXIT_USAGE, EXIT_INPUT, EXIT_MODEL}
    assert re.fullmatch(r"[A-Z].*[^.]\.", outcome.advice)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)


def test_exit_codes_are_those_that_are_promised() -> None:
    assert (EXIT_DONE, EXIT_USAGE, EXIT_INPUT, EXIT_MODEL) == (0, 2, 3, 4)


@pytest.mark.parametrize(
    ("code", "status", "exit_code"),
    [
        (ErrorCode.EMPTY, 422, 3),
        (ErrorCode.NOT_A_PICTURE, 415, 3),
        (ErrorCode.UNSUPPORTED_FORMAT, 415, 3),
        (ErrorCode.CORRUPT, 422, 3),
        (ErrorCode.TOO_MANY_BYTES, 413, 3),
        (ErrorCode.TOO_MANY_PIXELS, 413, 3),
        (ErrorCode.TOO_MANY_PHOTOS, 413, 2),
        (ErrorCode.UNAUTHORISED, 401, 2),
        (ErrorCode.PATH_NOT_ALLOWED, 403, 2),
        (ErrorCode.WRONG_STATE, 409, 2),
        (ErrorCode.NOT_AN_ARCHIVE, 415, 3),
        (ErrorCode.SETTINGS_INVALID, 500, 2),
    ],
)
def test_a_code_keeps_its_meaning(code: ErrorCode, status: int, exit_code: int) -> None:
    assert (OUTCOMES[code].status, OUTCOMES[code].exit_code) == (status, exit_code)


@pytest.mark.parametrize("code", [code for code in ErrorCode if code.startswith(("model_", "provider_"))])
def test_model_problems_exit_with_4(code: ErrorCode) -> None:
    assert OUTCOMES[code].exit_code == EXIT_MODEL


def test_an_error_says_what_was_wrong_and_what_to_do() -> None:
    error = PhotoError(ErrorCode.CORRUPT, "The file ends early.")
    assert isinstance(error, CamidError)
    assert error.message == "The file ends early."
    assert str(error) == f"The file ends early. {OUTCOMES[ErrorCode.CORRUPT].advice}"


def test_every_fault_of_a_stream_has_an_outcome_of_its_own_even_where_the_word_is_the_same() -> None:
    assert set(STREAM_OUTCOMES) == set(StreamFault)
    assert all(outcome.exit_code == EXIT_INPUT for outcome in STREAM_OUTCOMES.values())
    error = StreamError(StreamFault.NOT_FOUND, "rtsp://10.0.0.5/x has no such stream.")
    assert error.outcome is STREAM_OUTCOMES[StreamFault.NOT_FOUND]
    assert error.outcome != OUTCOMES[ErrorCode.NOT_FOUND]
    assert "path" in str(error)
