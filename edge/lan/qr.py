"""QR codes (ISO/IEC 18004) for a terminal: two rows of modules a line, black on white in any theme."""

from __future__ import annotations

import segno

_HALVES = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
_PAPER = "\x1b[38;5;16;48;5;231m"
"""Of the 256 colours those two that no theme changes."""
_PLAIN = "\x1b[0m"
_QUIET = 4
"""Modules of white around it, as the standard asks."""


def terminal_qr(text: str) -> str:
    """Lines with colours, the last one ended too."""
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    lines = (
        "".join(_HALVES[bool(upper), bool(lower)] for upper, lower in zip(above, below, strict=True))
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    )
    return "".join(f"{_PAPER}{line}{_PLAIN}\n" for line in lines)
