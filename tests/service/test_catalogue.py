"""The catalogue over HTTP, shipped, installed and damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.vendors.catalogue import load_catalogue
from edge.vendors.installed import FOLDER, STATE
from edge.vendors.update import update
from tests.support.service import make_settings, running
from tests.support.signed import KEY, NEW_BRAND, signed, written


def test_all_of_it_is_answered_and_facts_but_once(tmp_path: Path) -> None:
    with running(make_settings(tmp_path)) as service, service.client() as client:
        answer = client.get("/api/v1/catalogue").json()
        old_after = client.get("/api/v1/vendors").json()["old_after_days"]
    catalogue = load_catalogue()
    brands = {brand["id"]: brand for brand in answer["brands"]}
    assert brands.keys() == catalogue.brands.keys()
    assert len(answer["facts"]) == len(catalogue.advisories)
    assert {fact["as_of"] for fact in answer["facts"]} == {answer["state"]["date"]}
    assert (answer["state"]["origin"], answer["state"]["old_after_days"], old_after) == ("shipped", 180, 180)
    texts = [answer["facts"][number]["text"] for number in brands["lorex"]["facts"]]
    assert texts == [one.text for one in catalogue.advisories_for("lorex", "dahua")]
    assert brands["lorex"]["relations"][0]["note"]
    assert not any(brand["own"] for brand in brands.values())


def test_an_installed_one_is_used(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data")
    file = written(tmp_path / "newer.camid", signed(more=NEW_BRAND))
    update(settings.data_dir, file, [KEY.public_key()])
    with running(settings) as service, service.client() as client:
        assert client.get("/readyz").json()["catalogue"] == "installed"
        answer = client.get("/api/v1/catalogue").json()
    assert answer["state"]["version"] == "2999-01-01"
    assert "norvane_optics" in {brand["id"] for brand in answer["brands"]}


def test_a_damaged_one_is_no_outage_and_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = make_settings(tmp_path / "data")
    update(settings.data_dir, written(tmp_path / "newer.camid", signed()), [KEY.public_key()])
    (settings.data_dir / FOLDER / STATE).write_text("{")
    with running(settings) as service, service.client() as client:
        ready = client.get("/readyz")
        state = client.get("/api/v1/catalogue").json()["state"]
    assert (ready.status_code, ready.json()["catalogue"]) == (200, "fallback")
    assert (state["origin"], "damaged" in state["fault"]) == ("fallback", True)
    assert "The shipped catalogue is used" in caplog.text
