"""Two makers and what their evidence is weighed with, for tests of joined photos."""

from __future__ import annotations

from datetime import date

from edge.evidence.likelihoods import Likelihoods, Prior, Thresholds
from edge.sightings.joining import Weighing
from edge.vendors.catalogue import Brand, Catalogue

WEIGHING = Weighing(
    Catalogue(
        date(2025, 1, 1),
        {one: Brand(one, one.title(), one, True, (), (), ()) for one in ("hikvision", "dahua")},
        (),
        (),
    ),
    Likelihoods(Prior({"hikvision": 0.2, "dahua": 0.2}, 0.5, 0.01, 40, "2025-01-01", "counted"), {}),
    Thresholds(0.5, 0.5, 0.95, 0.995, 3.0, 0.5, 0.1, 0.5, 0.8),
)
