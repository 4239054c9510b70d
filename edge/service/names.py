"""The makers as they are known now: those that are enrolled while the service runs are among them at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

from edge.errors import CamidError
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue
from edge.vendors.installed import in_use
from edge.vendors.own import known_catalogue

_log = logging.getLogger("edge.gallery")


class LiveNames(Mapping[str, str]):
    """Catalogue ids to names as people write them. A damaged catalogue of the user's is logged and passed
    over."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def catalogue(self) -> Catalogue:
        try:
            return known_catalogue(self._settings)
        except CamidError as error:
            _log.error("The own makers are left out: %s", error)
            return in_use(self._settings.data_dir).facts.catalogue

    def __getitem__(self, brand: str) -> str:
        return self.catalogue.brands[brand].name

    def __iter__(self) -> Iterator[str]:
        return iter(self.catalogue.brands)

    def __len__(self) -> int:
        return len(self.catalogue.brands)
