"""The map under sightings: a file of tiles, a server that is set, or neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from pmtiles.tile import Compression, TileType

from edge.errors import CamidError, ErrorCode
from edge.service.app import create_app
from edge.service.map_tiles import TileFile, open_tiles, tile_origin
from edge.settings import load_settings
from tests.support.map_tiles import tile_png, write_tiles
from tests.support.service import make_settings, running

SERVER = "https://tiles.example.org:8443/map/{z}/{x}/{y}.png?key=K"


def refused(path: Path) -> str:
    with pytest.raises(CamidError) as caught:
        TileFile(path)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    return str(caught.value)


def test_tiles_of_a_file_are_those_that_it_has(tmp_path: Path) -> None:
    write_tiles(tmp_path / "map.pmtiles")
    tiles = TileFile(tmp_path / "map.pmtiles")
    assert tiles.zooms == (0, 2)
    for place in ((0, 0, 0), (1, 1, 0), (2, 3, 3)):
        found = tiles.get(*place)
        assert found is not None
        assert (found.data, found.kind) == (tile_png(place[0]), "image/png")
    assert tiles.get(3, 0, 0) is None
    assert tiles.get(1, 2, 0) is None
    tiles.close()


def test_what_no_browser_shows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.pmtiles"
    write_tiles(path, 0, TileType.MVT)
    assert "vectors" in refused(path)
    write_tiles(path, 0, TileType.PNG, Compression.GZIP)
    assert "compressed" in refused(path)
    assert "cannot be opened" in refused(tmp_path / "none.pmtiles")
    for content in (b"", b"PMTiles\x03", b"PMTiles\x02" + bytes(200), b"\xff" * 200, bytes(200)):
        path.write_bytes(content)
        assert "no PMTiles file" in refused(path)


def test_a_damaged_directory_has_no_tiles(tmp_path: Path) -> None:
    path = tmp_path / "map.pmtiles"
    write_tiles(path)
    whole = path.read_bytes()
    root = int.from_bytes(whole[8:16], "little")
    for damage in (b"\0" * 12, whole[root : root + 4] + b"\xff" * 8):
        path.write_bytes(whole[:root] + damage + whole[root + 12 :])
        tiles = TileFile(path)
        assert tiles.get(0, 0, 0) is None
        tiles.close()
    path.write_bytes(whole[:16] + (1 << 40).to_bytes(8, "little") + whole[24:])
    tiles = TileFile(path)
    assert tiles.get(0, 0, 0) is None
    tiles.close()


def test_the_file_is_served_to_who_may_read(tmp_path: Path) -> None:
    write_tiles(tmp_path / "map.pmtiles")
    with running(make_settings(tmp_path / "data", map_tiles_file=tmp_path / "map.pmtiles")) as service:
        with service.client() as client:
            assert client.get("/api/v1/tiles").json()["file"] is True
            tile = client.get("/api/v1/tiles/2/3/1")
            assert (tile.content, tile.headers["content-type"]) == (tile_png(2), "image/png")
            assert client.get("/api/v1/tiles/9/3/1").status_code == 404
            for wrong in ("99/0/0", "1/-1/0", "x/0/0", f"1/{1 << 40}/0"):
                assert client.get(f"/api/v1/tiles/{wrong}").status_code == 422
        with service.client(token=None) as client:
            assert client.get("/api/v1/tiles").status_code == 401
            assert client.get("/api/v1/tiles/0/0/0").status_code == 401


def test_only_the_page_of_sightings_may_load_from_the_tile_server(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data", map_tiles_url=SERVER)) as service:
        with service.client() as client:
            assert client.get("/api/v1/tiles").json()["url"] == SERVER
            assert client.get("/api/v1/tiles/0/0/0").status_code == 404
        with service.client(token=None) as client:
            page = client.get("/sightings")
            policy = page.headers["content-security-policy"]
            assert "img-src 'self' blob: https://tiles.example.org:8443;" in policy
            assert "key=K" not in page.text
            assert "tiles.example.org" not in client.get("/").headers["content-security-policy"]


def test_without_a_setting_nothing_from_elsewhere_is_let_in(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service, service.client() as client:
        assert client.get("/api/v1/tiles").json() | {"attribution": ""} == {
            "url": None,
            "file": False,
            "attribution": "",
            "min_zoom": 0,
            "max_zoom": 19,
        }
        pages = [client.get(path).headers["content-security-policy"] for path in ("/", "/sightings")]
        assert pages[0] == pages[1]


@pytest.mark.parametrize(
    "wrong",
    [
        "ftp://a/{z}/{x}/{y}",
        "https://user:pass@a/{z}/{x}/{y}",
        "https://a; script-src b/{z}/{x}/{y}",
        "https://a/{z}/{x}.png",
        "//a/{z}/{x}/{y}",
        "https://a'/{z}/{x}/{y}",
    ],
)
def test_an_address_that_is_none_of_a_tile_server_is_refused(wrong: str) -> None:
    with pytest.raises(CamidError, match="map_tiles_url") as caught:
        load_settings(map_tiles_url=wrong)
    assert "pass" not in str(caught.value)


def test_a_map_has_one_source(tmp_path: Path) -> None:
    write_tiles(tmp_path / "map.pmtiles")
    settings = load_settings(map_tiles_url=SERVER, map_tiles_file=tmp_path / "map.pmtiles")
    assert tile_origin(settings) == "https://tiles.example.org:8443"
    with pytest.raises(CamidError, match="one of them"):
        open_tiles(settings)


def test_the_service_does_not_start_with_a_wrong_file(tmp_path: Path) -> None:
    (tmp_path / "map.pmtiles").write_bytes(b"no map")
    with pytest.raises(CamidError, match="map_tiles_file"):
        create_app(make_settings(tmp_path / "data", map_tiles_file=tmp_path / "map.pmtiles"))
