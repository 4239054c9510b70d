"""The catalogue for people to read: makers, what is published about them, and by what each can be told."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from edge.report.catalogue import CatalogueStateV1, in_force
from edge.report.contract import AdvisoryV1, advisory_contract
from edge.service.answers import GUARDED, UNAUTHORISED
from edge.service.auth import ANY
from edge.service.parts import Parts, parts
from edge.service.vendors import RelationV1, relation_answer
from edge.settings import Settings
from edge.tells import Tells, tells_of
from edge.vendors.catalogue import Brand, Catalogue, Script
from edge.vendors.facts import AdvisoryFact, Reach
from edge.vendors.installed import in_use

router = APIRouter(prefix="/api/v1/catalogue", tags=["vendors"], dependencies=[ANY], responses=GUARDED)


class FactV1(AdvisoryV1):
    """An advisory with whom it concerns."""

    subjects: list[str] = Field(description="Ids of the brands that it names; empty: it names no maker.")
    reach: Reach = Field(description="hardware: also other brands on the named makers' hardware.")


class WordmarkV1(BaseModel):
    text: str = Field(examples=["LOREX"])
    script: Script
    ambiguous: bool = Field(description="Short or an ordinary word: only an exact, certain reading counts.")


class NotedRelationV1(RelationV1):
    note: str


class TellsV1(BaseModel):
    """By what this Camid can tell a maker, counted in its data."""

    marks: int = Field(description="Pictures of its logo on housings, to compare with.")
    display_marks: int = Field(description="The same for on-screen displays.")
    enrolled: int = Field(description="Pictures of it that were enrolled here.")
    models: list[str] = Field(description="Examples of model numbers that are read.")
    carriers: list[str] = Field(description="Kinds of answers in which it is known.", examples=[["rtsp"]])
    proven: list[str] = Field(description="Those of them in which one answer alone is strong evidence.")
    mac_blocks: int = Field(description="Blocks of MAC addresses that are registered to it.")
    clock: str | None = Field(
        description="How its displays write date and time from the factory.",
        examples=["11-28-2026 Sat 14:05:09"],
    )
    channels: list[str] = Field(description="Names of channels from the factory.", examples=[["Camera 01"]])


class BrandV1(BaseModel):
    id: str = Field(examples=["lorex"])
    name: str = Field(examples=["Lorex"])
    own: bool = Field(description="Enrolled here; the catalogue does not know it.")
    platform: str | None = Field(description="Who builds the hardware; null where no fact says so.")
    wordmarks: list[WordmarkV1]
    aliases: list[str]
    relations: list[NotedRelationV1]
    facts: list[int] = Field(description="Which of the facts concern its cameras, counted from 0.")
    tells: TellsV1


class CatalogueV1(BaseModel):
    state: CatalogueStateV1
    facts: list[FactV1]
    brands: list[BrandV1] = Field(description="By name.")


@router.get(
    "",
    summary="The catalogue, with what is published and by what makers are told",
    response_description="All of it.",
    responses={401: UNAUTHORISED},
)
async def read_catalogue(service: Annotated[Parts, Depends(parts)]) -> CatalogueV1:
    """Which catalogue is used and how old it is, every fact once, and every brand with the facts that concern
    it and with what Camid has to tell it by."""
    return await asyncio.to_thread(catalogue_answer, service.catalogue, service.settings)


def catalogue_answer(catalogue: Catalogue, settings: Settings) -> CatalogueV1:
    """Raises: ModelError: if a gallery is missing or altered."""
    tells, shipped = tells_of(catalogue, settings), in_use(settings.data_dir).facts.catalogue.brands
    brands = sorted(catalogue.brands.values(), key=lambda brand: brand.name.casefold())
    return CatalogueV1(
        state=in_force(settings),
        facts=[_fact(one) for one in catalogue.advisories],
        brands=[_brand(one, catalogue, tells[one.id], own=one.id not in shipped) for one in brands],
    )


def _fact(fact: AdvisoryFact) -> FactV1:
    told = advisory_contract(fact.advisory)
    return FactV1(**told.model_dump(), subjects=sorted(fact.subjects), reach=fact.reach)


def _brand(brand: Brand, catalogue: Catalogue, tells: Tells, *, own: bool) -> BrandV1:
    platform = brand.platform if brand.platform_known else None
    facts = enumerate(catalogue.advisories)
    return BrandV1(
        id=brand.id,
        name=brand.name,
        own=own,
        platform=platform,
        wordmarks=[
            WordmarkV1(text=mark.text, script=mark.script, ambiguous=mark.ambiguous)
            for mark in brand.wordmarks
        ],
        aliases=list(brand.aliases),
        relations=[NotedRelationV1(**relation_answer(one).model_dump(), note=one.note) for one in brand.oem],
        facts=[number for number, fact in facts if fact.concerns(brand.id, platform)],
        tells=_tells(tells),
    )


def _tells(tells: Tells) -> TellsV1:
    return TellsV1(
        marks=tells.marks,
        display_marks=tells.display_marks,
        enrolled=tells.enrolled,
        models=list(tells.models),
        carriers=list(tells.carriers),
        proven=list(tells.proven),
        mac_blocks=tells.mac_blocks,
        clock=tells.clock,
        channels=list(tells.channels),
    )
