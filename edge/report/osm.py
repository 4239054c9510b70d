"""A camera as OpenStreetMap tags it (wiki: Tag:man_made=surveillance, Key:camera:type)."""

from __future__ import annotations

from collections.abc import Mapping

# OpenStreetMap's words for ours; what it has no word for is left out.
_CAMERA_TYPES = {
    "dome": "dome",
    "ptz": "panning",
    "bullet": "fixed",
    "box": "fixed",
    "turret": "fixed",
    "alpr": "fixed",
}


def osm_point(
    longitude: float,
    latitude: float,
    form_factor: str | None,
    manufacturer: str | None,
    more: Mapping[str, object],
) -> dict[str, object]:
    """One GeoJSON feature (RFC 7946): a point with the tags of a camera and ``more``; None is left out."""
    tags = {
        "man_made": "surveillance",
        "surveillance:type": "ALPR" if form_factor == "alpr" else "camera",
        "camera:type": _CAMERA_TYPES.get(form_factor or ""),
        "manufacturer": manufacturer,
        **more,
    }
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
        "properties": {name: value for name, value in tags.items() if value is not None},
    }
