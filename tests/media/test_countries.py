"""Countries by position, at places that everybody can look up."""

from __future__ import annotations

import pytest

from edge.media.countries import country_at


@pytest.mark.parametrize(
    ("latitude", "longitude", "country"),
    [
        (44.4268, 26.1025, "RO"),  # Bucharest
        (43.86, 25.97, "BG"),  # Ruse, across the river from
        (43.91, 25.97, "RO"),  # Giurgiu
        (50.4501, 30.5234, "UA"),  # Kyiv
        (44.95, 34.10, "UA"),  # Simferopol
        (45.28, 37.38, "RU"),  # Temryuk, across the strait from
        (45.35, 36.47, "UA"),  # Kerch
        (47.01, 28.86, "MD"),  # Chisinau
        (42.66, 21.16, "XK"),  # Pristina
        (43.94, 12.46, "SM"),  # inside Italy
        (-29.6, 28.2, "LS"),  # inside South Africa
        (-25.75, 28.19, "ZA"),
        (52.5163, 13.3777, "DE"),
        (-17.75, 178.0, "FJ"),
        (0.0, -30.0, None),  # the Atlantic
        (90.0, 0.0, None),
        (-41.3, 174.8, "NZ"),
    ],
)
def test_well_known_places(latitude: float, longitude: float, country: str | None) -> None:
    assert country_at(latitude, longitude) == country
