from __future__ import annotations

import platform

from edge.media.memory import hold_little


def test_the_gnu_allocator_takes_the_limit() -> None:
    gnu = platform.libc_ver()[0] == "glibc"
    assert hold_little() is gnu
