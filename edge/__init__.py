"""Camid says which surveillance cameras are in a picture, and who made them.

from edge import identify_photo
report = identify_photo("street.jpg")
print([camera.identification.brand for camera in report.cameras])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.identify import Identifier, identify_photo

__all__ = ["Identifier", "identify_photo"]


def __getattr__(name: str) -> object:
    # Models and codecs take a second to import: `camid --help` must not wait for them.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from edge import identify  # noqa: PLC0415

    return getattr(identify, name)
