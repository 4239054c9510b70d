"""Sessions: provider, threads, and errors that name the file."""

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from edge.errors import ErrorCode, ModelError
from edge.operation.doctor import rss_bytes
from edge.settings import Settings, load_settings
from edge.vision.cores import affinity_cores, available_cores, cgroup_quota
from edge.vision.loop import InferenceLoop
from edge.vision.manifest import ModelEntry, load_manifest
from edge.vision.runtime import PROVIDERS, Session, choose_providers, open_session, usable_cores

EVERYTHING = [*list(PROVIDERS.values())[::-1], "AzureExecutionProvider"]


@pytest.fixture(scope="module")
def entry() -> ModelEntry:
    return load_manifest(load_settings().models_dir).entry("detector")


@pytest.fixture(scope="module")
def session(entry: ModelEntry) -> Session:
    return open_session(entry, load_settings(provider="cpu"), threads=1)


def broken(tmp_path: Path, content: bytes) -> ModelEntry:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    return ModelEntry("broken", path, hashlib.sha256(content).hexdigest(), len(content), "", "", "", {})


def test_auto_tries_the_fastest_first() -> None:
    assert choose_providers("auto", EVERYTHING) == ("tensorrt", "cuda", "openvino", "acl", "xnnpack", "cpu")


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_is_chosen_where_only_it_and_the_cpu_are_there(name: str) -> None:
    assert choose_providers("auto", [PROVIDERS[name], "CPUExecutionProvider"])[0] == name


def test_a_provider_that_is_asked_for_is_the_only_one_tried() -> None:
    assert choose_providers("openvino", EVERYTHING) == ("openvino",)


def test_a_provider_that_is_not_built_in() -> None:
    with pytest.raises(ModelError, match="'cuda'") as caught:
        choose_providers("cuda", ["CPUExecutionProvider"])
    assert caught.value.code is ErrorCode.PROVIDER_MISSING


@pytest.mark.skipif("CUDAExecutionProvider" in ort.get_available_providers(), reason="CUDA is built in")
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_listed_provider_that_does_not_start(entry: ModelEntry) -> None:
    with pytest.raises(ModelError) as caught:
        open_session(entry, load_settings(provider="cuda"), available=EVERYTHING)
    assert caught.value.code is ErrorCode.PROVIDER_MISSING


@pytest.mark.skipif(len(ort.get_available_providers()) > 2, reason="another provider is built in")
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_auto_goes_on_to_the_cpu_where_listed_ones_do_not_start(entry: ModelEntry) -> None:
    assert open_session(entry, load_settings(), threads=1, available=EVERYTHING).provider == "cpu"


def test_session_runs_and_tells_about_itself(session: Session, entry: ModelEntry) -> None:
    session.warm_up()
    side = entry.integer("input")
    boxes, scores = session.run({"images": np.zeros((2, 3, side, side), np.float32)})
    assert boxes.shape == (*scores.shape, 4)
    assert (session.provider, session.threads, session.sha256) == ("cpu", 1, entry.sha256)
    assert session.inputs[0].shape == (None, 3, side, side)


def test_wrong_input_is_a_model_error(session: Session) -> None:
    with pytest.raises(ModelError, match="detector") as caught:
        session.run({"images": np.zeros((1, 3, 5, 5), np.float32)})
    assert caught.value.code is ErrorCode.MODEL_BROKEN


@pytest.mark.parametrize("content", [b"no onnx at all", b"\x08\x07"])
def test_a_verified_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ModelError, match=r"broken\.onnx") as caught:
        open_session(broken(tmp_path, content), load_settings())
    assert caught.value.code is ErrorCode.MODEL_BROKEN


def test_an_altered_file_never_reaches_the_runtime(entry: ModelEntry) -> None:
    with pytest.raises(ModelError, match=r"detector\.onnx") as caught:
        open_session(replace(entry, sha256="0" * 64), load_settings())
    assert caught.value.code is ErrorCode.MODEL_ALTERED


def test_an_idle_session_uses_no_processor_time(entry: ModelEntry) -> None:
    session = open_session(entry, load_settings(), threads=2)
    session.warm_up()
    before = time.process_time()
    time.sleep(0.5)
    assert time.process_time() - before < 0.05


def test_a_session_that_rests_gives_memory_back_and_answers_as_before(entry: ModelEntry) -> None:
    loop = InferenceLoop(1)
    session = open_session(entry, load_settings(provider="cpu"), threads=1, loop=loop)
    side = entry.integer("input")
    many = np.random.default_rng(1).random((16, 3, side, side), np.float32)
    before = session.run({"images": many})
    full = rss_bytes()
    loop.rest()
    assert rss_bytes() < full - 50_000_000
    assert all(np.array_equal(*pair) for pair in zip(before, session.run({"images": many}), strict=True))


def test_a_session_that_cannot_rest_goes_on(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn:
        def __getattr__(self, name: str) -> object:
            return getattr(session._inner, name)

        def run(self, *_: object) -> None:
            raise RuntimeError("no")

    inner = Stubborn()
    Session(inner, name="stubborn", provider="cpu", threads=1, sha256="").shrink()
    assert "stubborn gives no memory back" in caplog.text


def files(root: Path, content: dict[str, str]) -> Path:
    for name, text in content.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "ascii")
    return root


def test_quota_of_cgroup_v2_is_the_tightest_up_the_tree(tmp_path: Path) -> None:
    root = files(
        tmp_path,
        {
            "proc/self/cgroup": "0::/pods/camid",
            "sys/fs/cgroup/pods/cpu.max": "150000 100000",
            "sys/fs/cgroup/pods/camid/cpu.max": "max 100000",
        },
    )
    assert cgroup_quota(root) == 1.5
    assert available_cores(root) == 1


def test_quota_of_cgroup_v2_seen_from_inside_a_container(tmp_path: Path) -> None:
    root = files(
        tmp_path, {"proc/self/cgroup": "0::/a/path/of/the/host", "sys/fs/cgroup/cpu.max": "50000 100000"}
    )
    assert cgroup_quota(root) == 0.5
    assert available_cores(root) == 1


def test_quota_of_cgroup_v1(tmp_path: Path) -> None:
    root = files(
        tmp_path,
        {
            "proc/self/cgroup": "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
        },
    )
    assert cgroup_quota(root) == 2.0


def test_unlimited_cgroup_v1(tmp_path: Path) -> None:
    root = files(
        tmp_path,
        {
            "proc/self/cgroup": "5:cpu:/",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        },
    )
    assert cgroup_quota(root) is None


def test_without_cgroups_affinity_counts(tmp_path: Path) -> None:
    assert available_cores(tmp_path) == affinity_cores()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the platform has no affinity masks")
def test_affinity_is_respected(tmp_path: Path) -> None:
    mine = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(mine)})
        assert available_cores(tmp_path) == 1
    finally:
        os.sched_setaffinity(0, mine)


def test_threads_can_be_set() -> None:
    settings: Settings = load_settings(threads=3)
    assert usable_cores(settings) == 3
