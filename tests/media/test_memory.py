from __future__ import annotations

import platform

from edge.media.memory import map_large_pieces


def test_the_gnu_allocator_takes_the_limit() -> None:
    gnu = platform.libc_ver()[0] == "glibc"
    assert map_large_pieces() is gnu
