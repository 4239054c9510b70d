"""All fuzz targets by their names."""

from __future__ import annotations

from types import MappingProxyType

from tests.fuzz import archives, pictures, requests, streams, tables, texts

TARGETS = MappingProxyType(
    {
        target.name: target
        for module in (pictures, streams, texts, archives, tables, requests)
        for target in module.TARGETS
    }
)
