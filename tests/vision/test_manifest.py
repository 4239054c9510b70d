"""The manifest: what it lists, and that nothing else is ever loaded."""

import hashlib
from pathlib import Path

import pytest

from edge.errors import Code, ErrorCode, ModelError
from edge.vision.manifest import load_manifest, read_verified
from scripts.add_model import parameter, update_manifest


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "net.onnx").write_bytes(b"weights")
    update_manifest(
        tmp_path / "manifest.toml",
        "net",
        "net.onnx",
        facts={"licence": "MIT"},
        parameters=dict([parameter("input=416")]),
    )
    return tmp_path


def code_of(models: Path, name: str = "net") -> Code:
    with pytest.raises(ModelError) as caught:
        read_verified(load_manifest(models).entry(name))
    return caught.value.code


def test_entry_as_the_script_writes_it(models: Path) -> None:
    entry = load_manifest(models).entry("net")
    assert entry.path == models / "net.onnx"
    assert entry.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert (entry.size, entry.licence, entry.integer("input")) == (7, "MIT", 416)
    assert read_verified(entry) == b"weights"


def test_the_script_keeps_what_it_is_not_told(models: Path) -> None:
    manifest = models / "manifest.toml"
    manifest.write_text("# by hand\n" + manifest.read_text("utf-8"), "utf-8")
    (models / "net.onnx").write_bytes(b"better weights")
    update_manifest(manifest, "net", "net.onnx", parameters=dict([parameter('classes=["bullet"]')]))
    entry = load_manifest(models).entry("net")
    assert read_verified(entry) == b"better weights"
    assert (entry.licence, dict(entry.parameters)) == ("MIT", {"input": 416, "classes": ["bullet"]})
    assert manifest.read_text("utf-8").startswith("# by hand")


def test_a_file_inside_an_installed_package(tmp_path: Path) -> None:
    update_manifest(tmp_path / "manifest.toml", "wheel", "__init__.py", package="hypothesis")
    assert load_manifest(tmp_path).entry("wheel").path.parent.name == "hypothesis"


def test_altered_bytes(models: Path) -> None:
    (models / "net.onnx").write_bytes(b"Weights")
    assert code_of(models) is ErrorCode.MODEL_ALTERED


def test_more_bytes_than_listed(models: Path) -> None:
    (models / "net.onnx").write_bytes(b"weights and more")
    assert code_of(models) is ErrorCode.MODEL_ALTERED


def test_missing_file_is_named(models: Path) -> None:
    (models / "net.onnx").unlink()
    with pytest.raises(ModelError, match=r"net\.onnx") as caught:
        read_verified(load_manifest(models).entry("net"))
    assert caught.value.code is ErrorCode.MODEL_MISSING


def test_unlisted_model(models: Path) -> None:
    assert code_of(models, "other") is ErrorCode.MODEL_MISSING


def test_no_manifest(tmp_path: Path) -> None:
    assert code_of(tmp_path) is ErrorCode.MODEL_MISSING


def test_package_that_is_not_installed(models: Path) -> None:
    table = (
        (models / "manifest.toml").read_text("utf-8").replace("[net]", '[net]\npackage = "no_such_package"')
    )
    (models / "manifest.toml").write_text(table, "utf-8")
    assert code_of(models) is ErrorCode.MODEL_MISSING


@pytest.mark.parametrize(
    "text",
    [
        "not toml",
        pytest.param("a = " + "[" * 5000, id="too deep"),
        pytest.param("a = " + "9" * 5000, id="too long a number"),
        'net = "net.onnx"',
        '[net]\nfile = "net.onnx"',
        f'[net]\nfile = "net.onnx"\nsha256 = "{"g" * 64}"\nsize = 7',
        f'[net]\nfile = "net.onnx"\nsha256 = "{"0" * 64}"\nsize = -7',
        f'[net]\nfile = "../net.onnx"\nsha256 = "{"0" * 64}"\nsize = 7',
        f'[net]\nfile = "/etc/passwd"\nsha256 = "{"0" * 64}"\nsize = 7',
        f'[net]\nfile = "net.onnx"\nsha256 = "{"0" * 64}"\nsize = 7\nparameters = 3',
    ],
)
def test_malformed_manifests(models: Path, text: str) -> None:
    (models / "manifest.toml").write_text(text, "utf-8")
    assert code_of(models) is ErrorCode.MODEL_BROKEN


def test_a_parameter_that_is_no_whole_number(models: Path) -> None:
    with pytest.raises(ModelError, match="classes"):
        load_manifest(models).entry("net").integer("classes")
