from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import cv2
import pytest
from typer.testing import CliRunner, Result

from edge.cli import app
from edge.domain import Box, PhotoReport, Picture
from edge.errors import ErrorCode, ModelError
from edge.settings import Settings
from tests.support.pictures import jpeg, textured
from tests.support.reports import IDENTIFIED, camera, one_of_each, report

Answer = Callable[[Picture, float | None], PhotoReport]


class _Fake:
    """Stands in for the models: answers what the test gave it."""

    answer: Answer = staticmethod(lambda *_: one_of_each())

    @classmethod
    def load(cls, _: Settings) -> _Fake:
        return cls()

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        given = type(self).answer(picture, min_score)
        return replace(given, source=picture.source)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> type[_Fake]:
    fake = type("Fake", (_Fake,), {})
    module = ModuleType("edge.identify")
    module.Identifier = fake  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "edge.identify", module)
    return fake


@pytest.fixture
def street(tmp_path: Path) -> Path:
    path = tmp_path / "street.jpg"
    path.write_bytes(jpeg(textured(640, 480)))
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.jpg"
    path.write_bytes(jpeg(textured(640, 480))[:2000])
    return path


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.mark.usefixtures("models")
def test_the_table_says_what_was_found_and_why(street: Path) -> None:
    result = _run("photo", street)
    assert result.exit_code == 0
    assert result.stderr == ""
    words = " ".join(result.stdout.split())
    assert "street.jpg (640 × 480): 4 cameras" in words
    assert "Hikvision" in words
    assert "HIKVISION" in words
    assert "lettering: Dahua, on no camera" in words
    assert "1 advisory (US)" in words


def test_no_camera_is_an_answer_and_no_failure(models: type[_Fake], street: Path) -> None:
    models.answer = staticmethod(lambda *_: report())
    result = _run("photo", street)
    assert result.exit_code == 0
    assert "no camera found" in result.stdout


@pytest.mark.usefixtures("models")
def test_json_is_one_line_a_photo_in_the_order_given_also_for_unreadable_ones(
    street: Path, broken: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "missing.jpg"
    result = _run("photo", "--json", broken, street, missing, street)
    assert result.exit_code == 3
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["source"]["name"] for line in lines] == [
        "broken.jpg",
        "street.jpg",
        "missing.jpg",
        "street.jpg",
    ]
    assert [line.get("error", {}).get("code") for line in lines] == ["corrupt", None, "not_readable", None]
    assert all(line["schema"] == "camid/1" for line in lines)
    assert "2 of 4 photos could not be read: broken.jpg, missing.jpg" in result.stderr


@pytest.mark.usefixtures("models")
def test_a_bad_file_does_not_stop_the_others(street: Path, broken: Path) -> None:
    result = _run("photo", broken, street)
    assert result.exit_code == 3
    assert "street.jpg (640 × 480): 4 cameras" in result.stdout
    assert "broken.jpg" not in result.stdout
    assert "camid: broken.jpg: " in result.stderr
    assert "1 of 2 photos could not be read: broken.jpg" in result.stderr


def test_a_defect_on_one_photo_costs_no_other_answer(
    models: type[_Fake], street: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jpg"
    other.write_bytes(street.read_bytes())

    def answer(picture: Picture, min_score: float | None) -> PhotoReport:
        return one_of_each() if picture.source.name == "street.jpg" else report(*[None])  # type: ignore[arg-type]

    models.answer = staticmethod(answer)
    result = _run("photo", "--json", other, street)
    assert result.exit_code == 3
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["error"]["code"] == "internal"
    assert len(second["cameras"]) == 4


def test_models_that_cannot_be_used_exit_with_4(
    models: type[_Fake], street: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(settings: Settings) -> _Fake:
        raise ModelError(ErrorCode.MODEL_ALTERED, "detector.onnx has another checksum.")

    monkeypatch.setattr(models, "load", load)
    result = _run("photo", street)
    assert result.exit_code == 4
    assert result.stdout == ""
    assert result.stderr.startswith("camid: detector.onnx has another checksum. ")


def test_a_model_that_breaks_on_the_way_exits_with_4(models: type[_Fake], street: Path) -> None:
    def answer(picture: Picture, min_score: float | None) -> PhotoReport:
        raise ModelError(ErrorCode.MODEL_BROKEN, "It stopped.")

    models.answer = staticmethod(answer)
    assert _run("photo", street).exit_code == 4


def test_interrupting_exits_with_130(models: type[_Fake], street: Path) -> None:
    def answer(picture: Picture, min_score: float | None) -> PhotoReport:
        raise KeyboardInterrupt

    models.answer = staticmethod(answer)
    assert _run("photo", street).exit_code == 130


def test_the_lowest_score_reaches_the_detector(models: type[_Fake], street: Path) -> None:
    seen: list[float | None] = []

    def answer(picture: Picture, min_score: float | None) -> PhotoReport:
        seen.append(min_score)
        return report(camera(IDENTIFIED, Box(1, 1, 9, 9)))

    models.answer = staticmethod(answer)
    _run("photo", street, "--min-score", "0.25")
    _run("photo", street)
    assert seen == [0.25, None]


@pytest.mark.parametrize(
    "arguments",
    [
        ["photo"],
        ["photo", "--no-such-option", "a.jpg"],
        ["photo", "a.jpg", "--min-score", "1.5"],
        ["photo", "a.jpg", "--annotate", "a.txt"],
        ["photo", "a.jpg", "--annotate", "a.jpg"],
        ["photo", "a.jpg", "b.jpg", "--annotate", "out.jpg"],
        ["photo", "a/x.jpg", "b/x.jpg", "--annotate", "{name}-seen.jpg"],
        ["photo", "a.jpg", "--annotate", "no/such/folder/out.jpg"],
        ["serve", "--port", "70000"],
        ["no-such-command"],
    ],
)
@pytest.mark.usefixtures("models")
def test_bad_usage_exits_with_2_and_prints_no_answer(arguments: list[str]) -> None:
    result = _run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr


@pytest.mark.usefixtures("models")
def test_a_wrong_setting_exits_with_2_and_is_named(street: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMID_MAX_PHOTO_BYTES", "many")
    result = _run("photo", street)
    assert result.exit_code == 2
    assert "max_photo_bytes" in result.stderr


@pytest.mark.usefixtures("models")
def test_annotate_writes_one_photo_into_the_file_named(street: Path, tmp_path: Path) -> None:
    out = tmp_path / "seen.png"
    assert _run("photo", street, "--annotate", out).exit_code == 0
    drawn = cv2.imread(str(out))
    assert drawn is not None
    assert drawn.shape == (480, 640, 3)
    assert list(tmp_path.glob(".camid-*")) == []


@pytest.mark.parametrize("out", ["seen/", "seen/{name}.jpg"])
@pytest.mark.usefixtures("models")
def test_annotate_writes_several_photos_into_a_folder(
    street: Path, broken: Path, tmp_path: Path, out: str
) -> None:
    assert _run("photo", street, broken, "--annotate", f"{tmp_path}/{out}").exit_code == 3
    assert [path.name for path in (tmp_path / "seen").iterdir()] == ["street.jpg"]


@pytest.mark.usefixtures("models")
def test_a_picture_that_cannot_be_written_exits_with_2(street: Path, tmp_path: Path) -> None:
    out = tmp_path / "seen.jpg"
    out.mkdir()
    (out / "kept").touch()
    result = _run("photo", street, "--annotate", f"{tmp_path}/{{name}}/../seen.jpg")
    assert result.exit_code == 2


def test_vendors_are_listed() -> None:
    assert "Hikvision" in _run("vendors").stdout
    answer = json.loads(_run("vendors", "--json").stdout)
    assert "hikvision" in [one["id"] for one in answer["vendors"]]


def test_serve_passes_its_options_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[Settings] = []
    module = ModuleType("edge.service.server")
    module.serve = given.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "edge.service.server", module)
    result = _run("serve", "--host", "0.0.0.0", "--port", "0", "--data-dir", tmp_path)
    assert result.exit_code == 0
    assert (given[0].host, given[0].port, given[0].data_dir) == ("0.0.0.0", 0, tmp_path)


def _process(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_command_itself_runs() -> None:
    done = _process("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"camid {version('camid')}\n", "")


def test_help_loads_nothing_heavy() -> None:
    script = "import sys, edge.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    ).stdout.split()
    assert not {"numpy", "cv2", "onnxruntime", "PIL", "pydantic", "fastapi", "sqlalchemy"} & set(loaded)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_terminal_without_chinese_letters_still_gets_its_answer(options: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge", "vendors", *options],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == b""
    assert b"hikvision" in done.stdout
    if options:
        assert any(
            "\u5927\u534e" in one["wordmarks"] for one in json.loads(done.stdout.decode("utf-8"))["vendors"]
        )


def test_a_closed_pipe_is_no_error() -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" -m edge vendors | head -n 1', sys.executable],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert "id" in done.stdout
