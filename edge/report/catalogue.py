"""Which catalogue is in force, for people and for programs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.settings import Settings
from edge.vendors.age import Ageing
from edge.vendors.installed import Origin, in_use

_ORIGINS = {
    Origin.SHIPPED: "shipped with this Camid",
    Origin.INSTALLED: "installed with camid catalogue update",
    Origin.FALLBACK: "shipped with this Camid, for the installed one cannot be used",
}


class CatalogueStateV1(BaseModel):
    """Which catalogue the answers rest on."""

    model_config = ConfigDict(frozen=True)

    format: Literal["camid-catalogue-state/1"] = "camid-catalogue-state/1"
    version: str = Field(description="Its date, and .N for a later one of that day.", examples=["2026-11-28"])
    date: str = Field(examples=["2026-11-28"])
    origin: Origin = Field(
        description="shipped, installed (camid catalogue update), or fallback: the shipped one, for the "
        "installed one cannot be used."
    )
    fault: str | None = Field(description="What is wrong with the installed catalogue.")
    age_days: int = Field(ge=0, examples=[12])
    old_after_days: int = Field(description="The setting catalogue_old_days.", examples=[180])
    notice: str | None = Field(description="What to say at every fact, once the catalogue is old.")
    brands: int = Field(examples=[243])
    advisories: int = Field(examples=[53])

    def lines(self) -> list[str]:
        """For a terminal."""
        said = [
            f"Catalogue {self.version}: {self.brands} brands, {self.advisories} advisories",
            f"Origin: {_ORIGINS[self.origin]}",
            f"Age: {self.age_days} days",
        ]
        return said + [text for text in (self.fault, self.notice) if text is not None]


def in_force(settings: Settings, on: date | None = None) -> CatalogueStateV1:
    """The catalogue that this process uses, as old as it is ``on`` a day (default: today, UTC)."""
    used = in_use(settings.data_dir)
    catalogue = used.facts.catalogue
    age = ageing(settings, on)
    return CatalogueStateV1(
        version=catalogue.label,
        date=catalogue.date.isoformat(),
        origin=used.origin,
        fault=used.fault or None,
        age_days=age.days(catalogue.date),
        old_after_days=age.limit_days,
        notice=age.notice(catalogue.date.isoformat()),
        brands=len(catalogue.brands),
        advisories=len(catalogue.advisories),
    )


def ageing(settings: Settings, on: date | None = None) -> Ageing:
    """What is old ``on`` a day; default: today, UTC."""
    return Ageing(on or datetime.now(UTC).date(), settings.catalogue_old_days)
