from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.errors import CamidError, ErrorCode
from edge.settings import Settings, load_settings


def test_defaults_listen_on_this_machine_only() -> None:
    settings = load_settings()
    assert settings.host == "127.0.0.1"
    assert settings.token is None
    assert settings.provider == "auto"


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMID_PORT", "9000")
    monkeypatch.setenv("CAMID_DATA_DIR", "/srv/camid")
    settings = load_settings()
    assert (settings.port, settings.data_dir) == (9000, Path("/srv/camid"))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "camid.toml"
    monkeypatch.setenv("CAMID_CONFIG", str(path))
    return path


def test_the_file_is_read(file: Path) -> None:
    file.write_text('host = "192.0.2.1"\nmax_photo_pixels = 1000\n')
    settings = load_settings()
    assert (settings.host, settings.max_photo_pixels) == ("192.0.2.1", 1000)


def test_what_is_given_comes_before_variables_and_these_before_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('port = 1\nthreads = 1\nhost = "192.0.2.1"\n')
    monkeypatch.setenv("CAMID_PORT", "2")
    monkeypatch.setenv("CAMID_THREADS", "2")
    settings = load_settings(port=3)
    assert (settings.port, settings.threads, settings.host) == (3, 2, "192.0.2.1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("max_photo_bytes", "0"),
        ("max_photo_pixels", "lots"),
        ("provider", "abacus"),
        ("tile_overlap", "0.5"),
        ("threads", "-1"),
    ],
)
def test_a_wrong_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CAMID_{name.upper()}", value)
    with pytest.raises(CamidError, match=name) as caught:
        load_settings()
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


def test_every_fault_is_named_at_once(file: Path) -> None:
    file.write_text('port = "x"\nthreads = -1\n')
    with pytest.raises(CamidError) as caught:
        load_settings()
    assert "port" in caught.value.message
    assert "threads" in caught.value.message


def test_an_unknown_name_in_the_file_is_refused(file: Path) -> None:
    file.write_text("max_photo_byts = 1000\n")
    with pytest.raises(CamidError, match="max_photo_byts"):
        load_settings()


def test_a_file_that_is_no_toml_is_refused(file: Path) -> None:
    file.write_text("port = = 1\n")
    with pytest.raises(CamidError, match="cannot be read") as caught:
        load_settings()
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


def test_the_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMID_TOKEN", "sesame-open")
    settings = load_settings()
    assert "sesame-open" not in repr(settings)
    assert settings.token is not None
    assert settings.token.get_secret_value() == "sesame-open"


def test_the_token_is_not_shown_where_another_setting_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMID_TOKEN", "sesame-open")
    monkeypatch.setenv("CAMID_PORT", "sesame-open")
    with pytest.raises(CamidError) as caught:
        load_settings()
    assert "sesame-open" not in str(caught.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


def test_the_reference_describes_every_setting() -> None:
    text = (Path(__file__).parents[1] / "docs/reference/settings.md").read_text()
    for name in Settings.model_fields:
        assert f"`{name}`" in text, name
