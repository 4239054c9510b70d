"""What FFmpeg logs: caught per thread where it is counted, and otherwise kept out of the log of this process.

It may quote what a camera or a file holds. Credentials it never sees: the relay logs in.
"""

from __future__ import annotations

import logging

import av

Lines = list[tuple[int, str, str]]
"""Level, place and text of each line."""


def silence() -> None:
    """Has FFmpeg report warnings to ``av.logging.Capture`` and to nobody else; safe to call again."""
    av.logging.set_level(av.logging.WARNING)
    av.logging.set_skip_repeated(False)  # it would leave out lines that another stream had before
    logger = logging.getLogger("libav")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
