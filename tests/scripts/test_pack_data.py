from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from scripts.pack_data import pack_drawn, pack_folder


def written(folder: Path, rows: Sequence[Mapping[str, object]]) -> None:
    folder.mkdir(parents=True)
    (folder / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def shape(path: Path) -> tuple[int, ...]:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)).shape


def test_boxes_shrink_with_the_picture(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    written(data / "scenes", [{"file": "a.jpg", "boxes": [[20, 40, 100, 80]], "forms": ["dome"]}])
    cv2.imwrite(str(data / "scenes/a.jpg"), np.full((200, 400, 3), 90, np.uint8))
    pack_folder(data, out, "scenes", 100, 80)
    row = json.loads((out / "scenes/labels.jsonl").read_text())
    assert row["boxes"] == [[5.0, 10.0, 25.0, 20.0]]
    assert row["forms"] == ["dome"]
    assert shape(out / "scenes" / row["file"]) == (50, 100, 3)


def test_drawn_pieces_keep_their_alpha(tmp_path: Path) -> None:
    folder, out = tmp_path / "drawn", tmp_path / "out"
    rows = [{"file": f"{k}.png", "form": "dome", "body": [2, 3, 8, 9]} for k in range(3)]
    written(folder, rows)
    for k in range(3):
        cv2.imwrite(str(folder / f"{k}.png"), np.full((10, 12, 4), 128, np.uint8))
    pack_drawn(folder, out, 80, 2)
    packed = [json.loads(line) for line in (out / "labels.jsonl").read_text().splitlines()]
    assert [row["file"] for row in packed] == ["0.webp", "1.webp"]
    assert packed[0]["body"] == [2.0, 3.0, 8.0, 9.0]
    assert shape(out / "0.webp") == (10, 12, 4)
