"""Writes or updates a model's entry in ``models/manifest.toml``; sha256 and size are taken from the file.

    python -m scripts.add_model detector detector.onnx --licence Apache-2.0 --source "..." --set input=416
    python -m scripts.add_model text_line en_rec.onnx --package rapidocr --licence Apache-2.0 --source "..."

Fields that are not given keep the value that the entry had. ``--set`` takes TOML values (``input=416``,
``classes=["bullet", "dome"]``); a bare word is taken as text.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item, Table

MODELS = Path(__file__).resolve().parents[1] / "models"


def update_manifest(
    manifest: Path,
    name: str,
    file: str,
    *,
    package: str | None = None,
    facts: dict[str, str] | None = None,
    parameters: dict[str, Item] | None = None,
) -> None:
    """Creates or refreshes the table ``name``; other entries and comments stay as they are.

    Raises:
        OSError: if the model file cannot be read.
    """
    folder = manifest.parent if package is None else package_folder(package)
    content = (folder / file).read_bytes()
    document = tomlkit.parse(manifest.read_text("utf-8")) if manifest.exists() else tomlkit.document()
    if name not in document:
        document.add(name, tomlkit.table())
    entry = document[name]
    assert isinstance(entry, Table)
    kept = entry.pop("parameters", tomlkit.table())
    if package is not None:
        entry["package"] = package
    entry["file"] = file
    entry["sha256"] = hashlib.sha256(content).hexdigest()
    entry["size"] = len(content)
    for key, value in (facts or {}).items():
        entry[key] = value
    for key, parameter in (parameters or {}).items():
        kept[key] = parameter
    entry["parameters"] = kept
    manifest.write_text(tomlkit.dumps(document), "utf-8")


def package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"The package {package} is not installed.")
    return Path(spec.origin).parent


def parameter(text: str) -> tuple[str, Item]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return key, tomlkit.value(value)
    except TOMLKitError:
        return key, tomlkit.string(value)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name")
    parser.add_argument("file", help="relative to the manifest's folder, or to the package's")
    parser.add_argument("--manifest", type=Path, default=MODELS / "manifest.toml")
    parser.add_argument("--package", help="installed package that holds the file")
    parser.add_argument("--licence")
    parser.add_argument("--source", help="where the weights come from")
    parser.add_argument("--command", help="the command that made the file")
    parser.add_argument(
        "--set", dest="parameters", type=parameter, action="append", default=[], metavar="KEY=VALUE"
    )
    options = parser.parse_args()
    facts = {k: v for k in ("licence", "source", "command") if (v := getattr(options, k)) is not None}
    update_manifest(
        options.manifest,
        options.name,
        options.file,
        package=options.package,
        facts=facts,
        parameters=dict(options.parameters),
    )


if __name__ == "__main__":
    main()
