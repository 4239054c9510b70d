"""The bodies that clients send about streams: every text bounded, nothing unknown taken, no secret shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from edge.errors import CamidError
from edge.media.address import StreamAddress
from edge.streams.state import Expectation, StreamSpec

MAX_URL_CHARACTERS = 2048
MAX_TEXT_CHARACTERS = 200


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control and invisible characters are not taken")
    return text


def _printable_secret(secret: SecretStr) -> SecretStr:
    _printable(secret.get_secret_value())
    return secret


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARACTERS),
    AfterValidator(_printable),
]
Username = Annotated[
    str,
    Field(max_length=MAX_TEXT_CHARACTERS, examples=["viewer"]),
    AfterValidator(_printable),
]
Password = Annotated[
    SecretStr, Field(max_length=MAX_TEXT_CHARACTERS, examples=["…"]), AfterValidator(_printable_secret)
]
Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_URL_CHARACTERS),
    Field(
        description="rtsp:// or rtsps://. Credentials in it are taken out and stored apart.",
        examples=["rtsp://192.168.1.10/stream1"],
    ),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ExpectV1(_Body):
    """What the camera should be; null: not asked."""

    vendor: Name | None = Field(None, description="A maker's id or name.", examples=["dahua"])
    model: Name | None = Field(None, examples=["IPC-HFW2431S"])
    firmware: Name | None = Field(None, examples=["2.800.0000000.1.R"])

    def expectation(self) -> Expectation:
        return Expectation(self.vendor, self.model, self.firmware)


class StreamAddressV1(_Body):
    """Where a stream is. Credentials may stand in the URL or beside it; those beside it count."""

    url: Url = Field(repr=False)
    username: Username | None = Field(None, repr=False)
    password: Password | None = None
    expect: ExpectV1 = ExpectV1()

    @property
    def address(self) -> StreamAddress:
        """Raises: CamidError: ``bad_request``."""
        return StreamAddress.parse(self.url, username=self.username, password=_plain(self.password))

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        try:
            _ = self.address
        except CamidError as error:
            raise ValueError(error.message) from None
        return self


class WatchTimeV1(_Body):
    """How long a camera is checked."""

    seconds: Annotated[int, Field(gt=0, le=3600)] = Field(
        10, description="How long it is watched, at most max_validation_s of the settings."
    )


class NamedStreamV1(StreamAddressV1):
    name: Name | None = Field(
        None, description="What people call it; without one, its host.", examples=["Back door"]
    )

    def spec(self) -> StreamSpec:
        """Without an id, and without a pinned address yet."""
        address = self.address
        return StreamSpec("", self.name or address.host, address, expect=self.expect.expectation())


class NewStreamV1(NamedStreamV1):
    """A stream to be watched."""

    enabled: Annotated[bool, Field(strict=True)] = True

    def spec(self) -> StreamSpec:
        return replace(super().spec(), enabled=self.enabled)


class ValidationV1(WatchTimeV1, NamedStreamV1):
    """A camera to be checked once. It is not kept."""


class StreamChangeV1(_Body):
    """What is to change; what is left out stays as it is. The address cannot change: credentials that are
    stored would go to another host."""

    # Factories, for a default would stand in the description and none is ever used.
    name: Name = Field(default_factory=str, examples=["Back door"])
    enabled: Annotated[bool, Field(strict=True)] = Field(default_factory=bool)
    username: Username | None = Field(
        default_factory=lambda: None, repr=False, description="null removes it."
    )
    password: Password | None = Field(default_factory=lambda: None, description="null removes it.")
    expect: ExpectV1 = Field(default_factory=ExpectV1, description="Replaced as a whole.")

    def applied_to(self, spec: StreamSpec) -> StreamSpec:
        given = self.model_fields_set
        address = spec.address
        if "username" in given:
            address = replace(address, username=self.username)
        if "password" in given:
            address = replace(address, password=_plain(self.password))
        return replace(
            spec,
            name=self.name if "name" in given else spec.name,
            enabled=self.enabled if "enabled" in given else spec.enabled,
            address=address,
            expect=self.expect.expectation() if "expect" in given else spec.expect,
        )


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None
