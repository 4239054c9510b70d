"""Typefaces for training marks: none that the drawn test set uses, and some held out for validation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FONTS = (Path("/usr/share/fonts"), Path("/usr/share/texmf/fonts"))
TRAIN = (
    "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf", "DejaVuSansCondensed-Bold.ttf",
    "DejaVuSansCondensed-BoldOblique.ttf", "DejaVuSerif.ttf", "DejaVuSans-ExtraLight.ttf", "DejaVuSans.ttf",
    "LiberationSans-BoldItalic.ttf", "LiberationSans-Regular.ttf", "LiberationSerif-Bold.ttf",
    "LiberationMono-Bold.ttf", "LiberationSansNarrow-BoldItalic.ttf", "OpenSans-ExtraBold.ttf",
    "OpenSans-Semibold.ttf", "OpenSans-LightItalic.ttf", "Quicksand-Medium.ttf", "Lato-Light.ttf",
    "Lato-BoldItalic.ttf", "Cabin-Bold.otf", "Cabin-SemiBoldItalic.otf", "Cantarell-ExtraBold.otf",
    "Cantarell-Regular.otf", "Comfortaa-Regular.ttf", "Jura-Medium.otf", "Jura-Bold.otf",
    "LeagueSpartan-Black.otf", "LeagueSpartan-SemiBold.otf", "Inter-Black.otf", "Inter-Medium.otf",
    "InterDisplay-LightItalic.otf", "InterDisplay-ExtraBold.otf", "Play-Bold.ttf", "Play-Regular.ttf",
    "RobotoCondensed-Medium.ttf", "Roboto-Black.ttf", "Roboto-MediumItalic.ttf", "Roboto-Light.ttf",
    "texgyreadventor-bold.otf", "texgyreadventor-italic.otf", "texgyreheroscn-bolditalic.otf",
    "GemunuLibre-SemiBold.otf", "Hack-Bold.ttf",
)  # fmt: skip
HELD_OUT = ("Comfortaa-Bold.ttf", "RobotoCondensed-BoldItalic.ttf", "texgyrebonum-bold.otf", "Inter-Bold.otf")
CHINESE = ("wqy-microhei.ttc", "unifont.otf")


def found(names: tuple[str, ...]) -> Iterator[Path]:
    """Those that this machine has."""
    for name in names:
        for folder in FONTS:
            yield from sorted(folder.rglob(name))[:1]
