"""Every error as one JSON form: ``{"error": {"code", "message"}}`` with the status of its code."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from edge.errors import CamidError, ErrorCode
from edge.report.contract import ErrorV1

_log = logging.getLogger("edge.service")

_OF_STATUS = {
    404: (ErrorCode.NOT_FOUND, "There is nothing at this address."),
    405: (ErrorCode.METHOD_NOT_ALLOWED, "This address does not take that method."),
}


class Problem(BaseModel):
    """The body of every answer that is no success."""

    error: ErrorV1


class BusyError(CamidError):
    """``busy``, with the seconds after which to try again."""

    def __init__(self, message: str, after_s: int) -> None:
        super().__init__(ErrorCode.BUSY, message)
        self.after_s = after_s


class RateError(CamidError):
    """``too_many_requests``, with the seconds after which to try again."""

    def __init__(self, message: str, after_s: int) -> None:
        super().__init__(ErrorCode.TOO_MANY_REQUESTS, message)
        self.after_s = after_s


def problem_of(error: Exception) -> CamidError:
    """``error`` itself if it is one of ours, else ``internal``: what it says stays in the log."""
    if isinstance(error, CamidError):
        return error
    _log.error("Unexpected error", exc_info=error)
    return CamidError(ErrorCode.INTERNAL, "Something unexpected went wrong.")


def error_v1(error: CamidError) -> ErrorV1:
    return ErrorV1(code=error.code, message=str(error))


def problem_response(
    request: Request, error: CamidError, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The answer for ``error``; its code is counted."""
    request.app.state.parts.metrics.refused.labels(error.code).inc()
    extra = dict(headers or {})
    if error.outcome.status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    if error.outcome.status == 503:
        extra["Retry-After"] = str(error.after_s if isinstance(error, BusyError) else 60)
    if isinstance(error, RateError):
        extra["Retry-After"] = str(error.after_s)
    body = Problem(error=error_v1(error)).model_dump(mode="json")
    return JSONResponse(body, status_code=error.outcome.status, headers=extra)


def install_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(CamidError, _on_camid_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(Exception, _on_defect)


async def _on_camid_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CamidError)
    return problem_response(request, error)


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, message = _OF_STATUS.get(
        error.status_code, (ErrorCode.BAD_REQUEST, "The request could not be understood.")
    )
    return problem_response(request, CamidError(code, message), dict(error.headers or {}))


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Names and reasons only: the values are the client's and may be anything.
    faults = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()[:5])
    return problem_response(request, CamidError(ErrorCode.BAD_REQUEST, f"The request is wrong ({faults})."))


async def _on_defect(request: Request, error: Exception) -> JSONResponse:
    # Starlette raises the error again after this answer, and the server logs it with its traceback.
    del error
    return problem_response(request, CamidError(ErrorCode.INTERNAL, "Something unexpected went wrong."))
