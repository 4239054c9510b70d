"""Chromium for tests of pages, and what a page must not do there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.support.service import Service

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
INJECTION = "<img src=x onerror=document.title='owned'>"


@contextmanager
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        expect.set_options(timeout=30_000)  # for busy machines; what is expected is there at once elsewhere
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


class Faults:
    """Collects what a page must not do: script errors, breaches of the policy, requests elsewhere."""

    def __init__(self, page: Page, service: Service) -> None:
        self.seen: list[str] = []
        page.on("pageerror", lambda error: self.seen.append(str(error)))
        page.on("console", self._listen)
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((service.url, "blob:")) else self.seen.append(request.url)
            ),
        )

    def _listen(self, message: ConsoleMessage) -> None:
        # Chromium notes every answer with an error status; those are expected here.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.seen.append(message.text)


@contextmanager
def watched_page(browser: Browser, service: Service, title: str) -> Iterator[Page]:
    """A page at desk width, which at the end has done nothing that it must not, and has kept its title."""
    with browser.new_context(viewport={"width": 1100, "height": 800}) as context:
        context.set_default_timeout(60_000)
        opened = context.new_page()
        faults = Faults(opened, service)
        yield opened
        assert faults.seen == []
        assert opened.title() == title
