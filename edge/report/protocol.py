"""Saved answers of devices in, what they tell out: one object a file, in the files' order."""

from __future__ import annotations

import hashlib
import logging
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from edge.domain import Identification, Verdict
from edge.errors import CamidError, ErrorCode
from edge.evidence import fusion
from edge.evidence.likelihoods import Likelihoods, Thresholds, load_likelihoods, load_thresholds
from edge.evidence.protocol import ProtocolFinding, saved_finding
from edge.report.contract import (
    SCHEMA,
    IdentificationV1,
    UnreadableV1,
    identification_contract,
    unreadable_contract,
)
from edge.report.sentence import Names, maker, printable
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue
from edge.vendors.installed import in_use
from edge.vendors.own import known_catalogue
from edge.vendors.protocol_rules import ProtocolRules

KIND = "protocol"
MAX_SHOWN = 60
"""Characters of one observation in the table."""
_log = logging.getLogger("edge.report")


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class ProtocolSourceV1(Part):
    """The saved text that the answer is about."""

    kind: Literal["protocol"]
    name: str = Field(description="File name as given.", examples=["describe.txt"])
    sha256: str = Field(description="SHA-256 of the file's bytes, hexadecimal.", examples=["9f" * 32])
    bytes: int = Field(description="Size of the file.", examples=[873])


class DeviceV1(Part):
    """What the device states of itself, as it writes it."""

    model: str | None = Field(examples=["DS-2CD2386G2-IU"])
    firmware: str | None = Field(examples=["V5.7.15"])
    serial: str | None
    mac: str | None = Field(examples=["44:19:B6:01:02:03"])


class ProtocolV1(Part):
    """Everything Camid says about one saved text."""

    schema_: Literal["camid/1"] = Field(alias="schema")
    source: ProtocolSourceV1
    kinds: list[str] = Field(
        description="Forms of answer that were recognised in the text.", examples=[["rtsp", "sdp"]]
    )
    identification: IdentificationV1
    intermediary: str | None = Field(
        description="Program or server that stands between and hides the camera.", examples=["go2rtc"]
    )
    device: DeviceV1


@dataclass(frozen=True, slots=True)
class ProtocolIdentifier:
    """All that is needed to read saved texts; no model is loaded for it."""

    catalogue: Catalogue
    rules: ProtocolRules
    likelihoods: Likelihoods
    thresholds: Thresholds

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """Raises:
        CamidError: the likelihoods or the rules cannot be used.
        """
        catalogue = known_catalogue(settings)
        return cls(
            catalogue,
            in_use(settings.data_dir).facts.rules,
            load_likelihoods(settings.models_dir),
            load_thresholds(settings.models_dir),
        )

    def saved(self, data: bytes) -> tuple[ProtocolFinding, Identification]:
        """Raises:
        CamidError: ``empty`` or ``not_text``.
        """
        found = saved_finding(data, self.catalogue, self.likelihoods, self.rules)
        return found, self.weigh(found)

    def weigh(self, found: ProtocolFinding) -> Identification:
        return fusion.identify(found.evidence, self.catalogue, self.likelihoods, self.thresholds)


def protocol_answers(
    files: Sequence[Path], identifier: ProtocolIdentifier, settings: Settings
) -> Iterator[ProtocolV1 | UnreadableV1]:
    """The answer about each of ``files``; a bad one never stops the others."""
    for file in files:
        name = printable(file.name)
        try:
            yield _answer(name, read_bounded(file, settings), identifier)
        except CamidError as error:
            yield unreadable_contract(name, error, KIND)
        except Exception as error:
            # A defect that one text brings out must not cost the answers about the others.
            _log.exception("Unexpected error in %s", printable(str(file)))
            fault = f"Something unexpected went wrong ({type(error).__name__})."
            yield unreadable_contract(name, CamidError(ErrorCode.INTERNAL, fault), KIND)


def read_bounded(path: Path, settings: Settings) -> bytes:
    """The bytes of a regular file within the limit.

    Raises:
        CamidError: ``not_readable`` or ``text_too_large``.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe or a device might never return
            raise CamidError(ErrorCode.NOT_READABLE, "This is no regular file.")
        with path.open("rb") as file:
            data = file.read(settings.max_protocol_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise CamidError(ErrorCode.NOT_READABLE, f"The file cannot be read ({reason}).") from None
    if len(data) > settings.max_protocol_bytes:
        limit = f"{settings.max_protocol_bytes:,} bytes"
        raise CamidError(ErrorCode.TEXT_TOO_LARGE, f"The file is above the limit of {limit}.")
    return data


def _answer(name: str, data: bytes, identifier: ProtocolIdentifier) -> ProtocolV1:
    found, identification = identifier.saved(data)
    return ProtocolV1(
        schema=SCHEMA,
        source=ProtocolSourceV1(
            kind=KIND, name=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)
        ),
        kinds=list(found.kinds),
        identification=identification_contract(identification),
        intermediary=found.intermediary,
        device=DeviceV1(model=found.model, firmware=found.firmware, serial=found.serial, mac=found.mac),
    )


def protocol_sentence(
    found: IdentificationV1, intermediary: str | None, kinds: Sequence[str], names: Names
) -> str:
    """The answer in one plain sentence, without a full stop."""
    hidden = f"the camera is hidden behind {intermediary}" if intermediary else ""
    if found.verdict is Verdict.IDENTIFIED:
        named = maker(found, names)
        return f"{named}, through {intermediary}" if intermediary else named
    if found.verdict is Verdict.CANDIDATES:
        likely = ", ".join(
            f"{names.get(one.platform, one.platform)} ({int(100 * one.probability)} %)"
            for one in found.candidates
        )
        return f"candidates: {likely}, or another maker" + (f"; {hidden}" if hidden else "")
    if hidden:
        return f"undetermined: {hidden}"
    return f"undetermined: {'nothing in it is known' if kinds else 'no form of answer was recognised'}"


def _short(value: str) -> str:
    return value if len(value) <= MAX_SHOWN else value[: MAX_SHOWN - 1] + "…"


def print_protocol(answer: ProtocolV1, names: Names, console: Console) -> None:
    """A heading, the sentence, what the device states, and the evidence. No text of a device is markup."""
    heading = f"{answer.source.name} ({', '.join(answer.kinds) or 'no known form'})"
    console.print(Text(heading, style="bold"), soft_wrap=True)
    lines = [protocol_sentence(answer.identification, answer.intermediary, answer.kinds, names)]
    stated = [f"{key} {value}" for key, value in answer.device.model_dump().items() if value]
    if stated:
        lines.append("the device states: " + ", ".join(stated))
    lines += [
        f"{one.strength.value}: {_short(one.value)} → {', '.join(names.get(p, p) for p in one.supports)}"
        for one in answer.identification.evidence
    ]
    for line in lines:
        console.print(Padding(Text(printable(line)), (0, 0, 0, 2)))
    console.print()
