"""Draws the icons of the pages as PNG from `camid.svg`: python scripts/draw_icons.py (wants a Chromium)."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

STATIC = Path(__file__).parents[1] / "edge/service/pages/static"
MASK_MARGIN = 0.1
"""A phone may cut a maskable icon to a circle: what matters lies within the middle 80 % (W3C manifest)."""


def draw(browser: Browser, side: int, place: Path, margin: float = 0.0, ground: str = "transparent") -> None:
    """Writes the icon ``side`` pixels wide; ``margin`` is the share of each side that is ground only."""
    drawing = (STATIC / "camid.svg").read_text("utf-8")
    inner = round(side * (1 - 2 * margin))
    page = browser.new_page(viewport={"width": side, "height": side})
    style = f"margin:0;width:{side}px;height:{side}px;display:grid;place-items:center;background:{ground}"
    sized = drawing.replace("<svg ", f'<svg width="{inner}" height="{inner}" ', 1)
    page.set_content(f'<body style="{style}">{sized}</body>')
    page.screenshot(path=place, omit_background=True)
    page.close()


def main() -> None:
    icons = STATIC / "icons"
    icons.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        draw(browser, 192, icons / "camid-192.png")
        draw(browser, 512, icons / "camid-512.png")
        draw(browser, 512, icons / "camid-maskable-512.png", MASK_MARGIN, "#12324a")
        browser.close()


if __name__ == "__main__":
    main()
