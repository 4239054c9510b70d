"""The manifest in the guide is one that Kubernetes can read, and names options that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from edge import cli_archives

GUIDE = Path(__file__).parents[2] / "docs/guide/cluster.md"


@pytest.fixture
def job() -> Any:
    yaml = pytest.importorskip("yaml")
    found = re.search(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return yaml.safe_load(found[1])


def test_the_manifest_is_a_ray_job(job: Any) -> None:
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    groups = [
        job["spec"]["rayClusterSpec"]["headGroupSpec"],
        *job["spec"]["rayClusterSpec"]["workerGroupSpecs"],
    ]
    for group in groups:
        spec = group["template"]["spec"]
        volumes = {volume["name"] for volume in spec.get("volumes", ())}
        (container,) = spec["containers"]
        assert container["resources"]["requests"] == container["resources"]["limits"]
        assert {mount["name"] for mount in container.get("volumeMounts", ())} == volumes


def test_its_command_is_one(job: Any) -> None:
    app = typer.Typer()
    app.command()(cli_archives.batch)
    known = {option for one in typer.main.get_command(app).params for option in one.opts}
    used = {word for word in job["spec"]["entrypoint"].split() if word.startswith("-")}
    assert used <= known
