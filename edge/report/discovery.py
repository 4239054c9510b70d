"""What answers a WS-Discovery probe, and what its own words tell about its maker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.errors import CamidError
from edge.evidence.protocol import ProtocolFinding
from edge.media.discover import Discovered
from edge.report.contract import SCHEMA, IdentificationV1, identification_contract
from edge.report.protocol import DeviceV1, Part, ProtocolIdentifier, protocol_sentence
from edge.report.sentence import Names, printable


class DiscoverySourceV1(Part):
    """Who answered."""

    kind: Literal["discovery"]
    name: str = Field(description="Address that the answer came from.", examples=["192.168.1.64"])
    endpoint: str = Field(description="The device's own id.")
    addresses: list[str] = Field(description="Its ONVIF services, as it states them.")
    scopes: list[str]


class DiscoveredV1(Part):
    """Everything Camid says about one device that answered."""

    schema_: Literal["camid/1"] = Field(alias="schema")
    source: DiscoverySourceV1
    identification: IdentificationV1
    device: DeviceV1


def discovery_answers(
    devices: Sequence[Discovered], identifier: ProtocolIdentifier
) -> Iterator[DiscoveredV1]:
    for device in devices:
        try:
            found, identification = identifier.saved(device.answer.encode("utf-8"))
        except CamidError:  # an answer without any text: it is there all the same
            found = ProtocolFinding()
            identification = identifier.weigh(found)
        yield DiscoveredV1(
            schema=SCHEMA,
            source=DiscoverySourceV1(
                kind="discovery",
                name=device.host,
                endpoint=device.endpoint,
                addresses=list(device.addresses),
                scopes=list(device.scopes),
            ),
            identification=identification_contract(identification),
            device=DeviceV1(model=found.model, firmware=found.firmware, serial=found.serial, mac=found.mac),
        )


def print_discovery(answers: Sequence[DiscoveredV1], names: Names, console: Console) -> None:
    """A row for each device. No text of a device is markup."""
    if not answers:
        console.print("No ONVIF device answered.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("address", "camera", "model", "MAC"):
        table.add_column(heading, ratio=2 if heading == "camera" else None)
    for answer in answers:
        sentence = protocol_sentence(answer.identification, None, ("ws-discovery",), names)
        cells = (answer.source.name, sentence, answer.device.model or "", answer.device.mac or "")
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console.print(table)
