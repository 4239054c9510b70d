"""A hostile file in a model's place: it runs nothing, reads no other file, and is refused by name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from edge.errors import ErrorCode, ModelError
from edge.settings import load_settings
from edge.vision.embedding import Embedder, mark_strip
from edge.vision.enrolled import VECTORS, MarkShelf
from edge.vision.gallery import load_gallery
from edge.vision.manifest import ModelEntry
from edge.vision.runtime import open_session
from tests.vision.test_enrolled import Counting, enrol


class Harmful:
    """Touches a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._marker,)


def pickled(place: Path, marker: Path, **arrays: object) -> Path:
    harmful = np.array([Harmful(marker)], dtype=object)
    np.savez(place, **{name: harmful if array is None else array for name, array in arrays.items()})  # type: ignore[arg-type]
    return place


def vouched(path: Path) -> ModelEntry:
    """As if the manifest had been altered with the file."""
    content = path.read_bytes()
    return ModelEntry("hostile", path, hashlib.sha256(content).hexdigest(), len(content), "", "", "", {})


@pytest.mark.parametrize("harmful", ["vectors", "brands"])
def test_a_gallery_runs_nothing(tmp_path: Path, harmful: str) -> None:
    marker = tmp_path / "ran"
    arrays = {"vectors": np.eye(1, dtype=np.float32), "brands": np.array(["a"]), harmful: None}
    place = pickled(tmp_path / "gallery.npz", marker, **arrays)
    with pytest.raises(ModelError) as caught:
        load_gallery(vouched(place))
    assert caught.value.code is ErrorCode.MODEL_BROKEN
    assert not marker.exists()


@pytest.mark.parametrize("content", [None, b"torn", b"PK\x03\x04torn", b""])
def test_kept_embeddings_run_nothing_and_are_made_anew(tmp_path: Path, content: bytes | None) -> None:
    shelf, network, marker = MarkShelf(tmp_path), Counting(3), tmp_path / "ran"
    marks = enrol(shelf, 10)
    if content is None:
        pickled(tmp_path / VECTORS, marker, network=None, ids=None, vectors=None)
    else:
        (tmp_path / VECTORS).write_bytes(content)
    assert shelf.vectors(marks, Embedder(network, mark_strip), "one").shape == (1, 3)
    assert network.crops == 1
    assert not marker.exists()


def varint(number: int) -> bytes:
    low, high = number & 127, number >> 7
    return bytes([low | 128]) + varint(high) if high else bytes([low])


def field(number: int, value: int | bytes | str) -> bytes:
    """Of a protocol buffer: https://protobuf.dev/programming-guides/encoding/."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def model_with_weights_in(location: str) -> bytes:
    """``y = x + w`` in ONNX, ``w`` being two floats in another file."""
    where = field(13, field(1, "location") + field(2, location)) + field(14, 1)
    weights = field(1, 2) + field(2, 1) + field(8, "w") + where
    node = field(1, "x") + field(1, "w") + field(2, "y") + field(4, "Add")
    pair = field(2, field(1, field(1, 1) + field(2, field(1, field(1, 2)))))
    ends = field(11, field(1, "x") + pair) + field(12, field(1, "y") + pair)
    graph = field(1, node) + field(2, "g") + field(5, weights) + ends
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


@pytest.mark.parametrize("location", ["beside.bin", "../outside.bin", "absolute"])
def test_a_network_reads_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    """The manifest vouches for one file; weights elsewhere could be anything, or of anybody."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for place in (folder / "beside.bin", tmp_path / "outside.bin"):
        place.write_bytes(np.array([1, 2], np.float32).tobytes())
    named = str(folder / "beside.bin") if location == "absolute" else location
    (folder / "hostile.onnx").write_bytes(model_with_weights_in(named))
    with pytest.raises(ModelError) as caught:
        open_session(vouched(folder / "hostile.onnx"), load_settings(provider="cpu"), threads=1)
    assert caught.value.code is ErrorCode.MODEL_BROKEN
