"""Where a running service is reached on the local network, told to ``camid lan`` by a file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import CamidError, ErrorCode
from edge.lan.certificate import FOLDER

ADDRESS_FILE = "address.json"


class LanAddress(BaseModel):
    """Without a path: ``https://192.168.1.20:8470``. ``trust`` is the port without TLS."""

    model_config = ConfigDict(frozen=True)

    service: str
    trust: str
    others: tuple[str, ...]

    @property
    def is_reached(self) -> bool:
        """Whether others can come: not where the box has no private address, or listens to itself only."""
        return urlsplit(self.service).hostname not in ("127.0.0.1", "::1", "localhost")


def read_address(data: Path) -> LanAddress:
    """Raises: CamidError: ``not_readable`` where no service is on the local network."""
    try:
        return LanAddress.model_validate_json((data / FOLDER / ADDRESS_FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        message = f"No service with the data {data} is on the local network: start camid serve --lan."
        raise CamidError(ErrorCode.NOT_READABLE, message) from None
