"""The lines of a decoding process as they are read: of known form and within bounds, or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.domain import Gps
from edge.media.exif import MAX_LABEL, Exif


def printable(text: str) -> str:
    """As it may stand in JSON and on a terminal: no control characters, no lone surrogates."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


_Plain = AfterValidator(printable)
_Side = Annotated[int, Field(ge=1, le=1 << 24)]
_Label = Annotated[str, Field(min_length=1, max_length=MAX_LABEL), _Plain]
_Comment = Annotated[str, Field(max_length=2048), _Plain]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Position(_Reply):
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    altitude: float | None
    bearing: float | None


class _Shown(_Reply):
    height: _Side
    width: _Side
    address: Annotated[int, Field(ge=0, lt=1 << 64)]


class PhotoReply(_Shown):
    answer: Literal["photo"]
    taken_at: datetime | None
    gps: _Position | None
    make: _Label | None
    model: _Label | None
    software: _Label | None
    comments: Annotated[tuple[_Comment, ...], Field(max_length=16)]

    @property
    def exif(self) -> Exif:
        """Its orientation is 1: the pixels are upright."""
        gps = None if self.gps is None else Gps(**self.gps.model_dump())
        return Exif(1, self.taken_at, gps, self.make, self.model, self.software)


class FrameReply(_Shown):
    answer: Literal["frame"]
    at: Annotated[float, Field(ge=-1e9, le=1e9)]


class EndReply(_Reply):
    answer: Literal["end"]


class RefusalReply(_Reply):
    """The codes are those that a decoder may give."""

    answer: Literal["refusal"]
    code: Literal[
        "not_a_picture", "unsupported_format", "corrupt", "too_many_pixels", "too_small", "internal"
    ]
    message: Annotated[str, Field(max_length=500), _Plain]


class ExitReply(_Reply):
    answer: Literal["exit"]
    code: int


class ReadyReply(_Reply):
    answer: Literal["ready"]
    seccomp: bool
    landlock: bool


Reply = Annotated[
    PhotoReply | FrameReply | EndReply | RefusalReply | ExitReply | ReadyReply, Field(discriminator="answer")
]
_replies: TypeAdapter[Reply] = TypeAdapter(Reply)


def read_reply(line: bytes) -> Reply | None:
    """None where the line is none that a decoder of ours writes."""
    try:
        return _replies.validate_json(line)
    except ValidationError:
        return None
