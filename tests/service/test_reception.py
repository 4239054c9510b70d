from __future__ import annotations

import pytest
from fastapi import Request

from edge.service.reception import announced_bytes


@pytest.mark.parametrize(
    ("said", "size"),
    [(b"12", 12), (b"", None), (b"-1", None), (b"1e3", None), (b"\xb2", None), (b"9" * 19, None)],
)
def test_an_announced_size_is_a_number_or_nothing(said: bytes, size: int | None) -> None:
    assert announced_bytes(Request({"type": "http", "headers": [(b"content-length", said)]})) == size
