"""The catalogue over HTTP: which makers can be named, who builds for whom, what is published about them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from edge.domain import Strength
from edge.report.contract import AdvisoryV1, advisory_contract
from edge.service.answers import GUARDED, UNAUTHORISED
from edge.service.auth import ANY
from edge.service.parts import Parts, parts
from edge.settings import Settings
from edge.vendors.catalogue import Brand, Catalogue, Relation

router = APIRouter(prefix="/api/v1/vendors", tags=["vendors"], dependencies=[ANY], responses=GUARDED)


class RelationV1(BaseModel):
    """Who builds or owns, as a dated, sourced fact."""

    parent: str = Field(examples=["dahua"])
    relation: str = Field(examples=["oem"])
    date: str = Field(examples=["2023-02-08"])
    source: str
    strength: Strength


class VendorV1(BaseModel):
    id: str = Field(examples=["lorex"])
    name: str = Field(examples=["Lorex"])
    platform: str | None = Field(description="Who builds the hardware; null where no fact says so.")
    wordmarks: list[str] = Field(description="The name as it is lettered on housings.")
    aliases: list[str]
    relations: list[RelationV1]
    advisories: list[AdvisoryV1]


class VendorsV1(BaseModel):
    catalogue_date: str = Field(examples=["2026-11-24"])
    old_after_days: int = Field(
        description="Age at which facts of a catalogue are old (the setting catalogue_old_days)."
    )
    vendors: list[VendorV1] = Field(description="In the order of their ids.")


@router.get(
    "",
    summary="The makers that can be named",
    response_description="The catalogue.",
    responses={401: UNAUTHORISED},
)
async def list_vendors(service: Annotated[Parts, Depends(parts)]) -> VendorsV1:
    """Every brand of the catalogue and those that were enrolled, with relations and advisories."""
    return vendors_answer(service.catalogue, service.settings)


def vendors_answer(catalogue: Catalogue, settings: Settings) -> VendorsV1:
    """The catalogue in the form that leaves the service."""
    brands = sorted(catalogue.brands.values(), key=lambda brand: brand.id)
    return VendorsV1(
        catalogue_date=catalogue.date.isoformat(),
        old_after_days=settings.catalogue_old_days,
        vendors=[_vendor(brand, catalogue) for brand in brands],
    )


def _vendor(brand: Brand, catalogue: Catalogue) -> VendorV1:
    platform = brand.platform if brand.platform_known else None
    return VendorV1(
        id=brand.id,
        name=brand.name,
        platform=platform,
        wordmarks=[mark.text for mark in brand.wordmarks],
        aliases=list(brand.aliases),
        relations=[relation_answer(one) for one in brand.oem],
        advisories=[advisory_contract(one) for one in catalogue.advisories_for(brand.id, platform)],
    )


def relation_answer(one: Relation) -> RelationV1:
    return RelationV1(
        parent=one.parent, relation=one.relation, date=one.date, source=one.source, strength=one.strength
    )
