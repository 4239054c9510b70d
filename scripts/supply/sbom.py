"""What ships, as a CycloneDX bill of materials: the same file for the same sources and environment."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from scripts.supply.files import Part, ShippedFile
from scripts.supply.licences import Library, installed
from scripts.supply.lock import ROOT, Pin

_LICENCES = LicenseFactory()


def sbom(pins: Iterable[Pin], listed: Iterable[Part], moment: datetime) -> str:
    """JSON of CycloneDX 1.6: each distribution with the checksums of the files that may be installed, its
    licence and the libraries inside its wheel for this platform; each part of our own with its files.

    Raises:
        ValueError: it is not valid by the schema.
    """
    root = _camid()
    components = [*map(_distribution, pins), *map(_part, listed)]
    bom = Bom(components=components, metadata=BomMetaData(component=root, timestamp=moment.astimezone(UTC)))
    bom.register_dependency(root, components)
    # By its content, so that the same content is the same file.
    bom.serial_number = uuid5(NAMESPACE_URL, repr(sorted(str(one.bom_ref) for one in components)))
    text = json.dumps(json.loads(JsonV1Dot6(bom).output_as_string()), indent=1, sort_keys=True) + "\n"
    if (error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)) is not None:
        raise ValueError(f"the bill of materials is not valid: {error}")
    return text


def _camid() -> Component:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        licenses=[_LICENCES.make_from_string(project["license"])],
        bom_ref="camid",
    )


def _distribution(pin: Pin) -> Component:
    found = installed(pin.name)
    licence = found.licence if found is not None else None
    purl = PackageURL("pypi", name=pin.name, version=pin.version)
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(purl)),
        hashes=[_sha256(digest) for digest in pin.sha256],
    )
    return Component(
        name=pin.name,
        version=pin.version,
        purl=purl,
        bom_ref=str(purl),
        licenses=[_LICENCES.make_from_string(licence)] if licence is not None else None,
        external_references=[files],
        components=[_library(pin, library) for library in found.libraries] if found is not None else None,
    )


def _library(pin: Pin, library: Library) -> Component:
    licences = [] if library.licence is None else [_LICENCES.make_from_string(library.licence)]
    return Component(name=library.name, licenses=licences, bom_ref=f"{pin.name}/{library.name}")


def _part(part: Part) -> Component:
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.MACHINE_LEARNING_MODEL if part.model else ComponentType.LIBRARY,
        description=part.source,
        licenses=[_LICENCES.make_from_string(part.licence)],
        bom_ref=f"part/{part.name}",
        components=[_file(file) for file in part.files],
    )


def _file(file: ShippedFile) -> Component:
    return Component(
        name=file.name,
        type=ComponentType.FILE,
        hashes=[_sha256(file.sha256)],
        bom_ref=f"file/{file.name}",
    )


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)
