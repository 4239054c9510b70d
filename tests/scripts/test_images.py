"""The Dockerfile is one whose steps can be proved, and keeps to what is asked of it; answers are compared."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.images.container import Container
from scripts.images.dockerfile import Stage, copied, expanded, in_context, read_stages
from scripts.images.image import Builder, Image, base_of
from scripts.images.named import Seen, cameras, differences, platforms, wanted_platforms
from scripts.images.root import Mounts, Root
from scripts.prove_image import CHECKOUT, Check

STAGES = read_stages(CHECKOUT / "Dockerfile")
IGNORE = (CHECKOUT / ".dockerignore").read_text()


def _words(stage: Stage) -> list[str]:
    return [step.word for step in stage.steps]


def _texts(stage: Stage, word: str) -> list[str]:
    return [step.text for step in stage.steps if step.word == word]


def test_all_stages_start_from_one_slim_debian() -> None:
    suite, python = base_of(STAGES)
    assert suite.isalpha()
    assert python.startswith("3.")


def test_what_is_copied_is_in_the_context_and_in_the_repository() -> None:
    copies = [copied(step) for stage in STAGES for step in stage.steps if step.word == "COPY"]
    sources = {source for copy in copies if copy.stage is None for source in copy.sources}
    assert {"requirements.lock", "edge", "models", "NOTICE"} <= sources
    for source in sources:
        assert in_context(source, IGNORE), source
        assert (CHECKOUT / source).exists()


def test_every_install_from_the_index_checks_hashes_and_compiles_nothing() -> None:
    runs = [text for stage in STAGES for text in _texts(stage, "RUN")]
    installs = [part for text in runs for part in text.split("&&") if "pip install" in part]
    assert len(installs) == 2
    for install in installs:
        assert "--require-hashes" in install or "--no-deps ." in install
        assert "--only-binary :all:" in install or "--no-deps ." in install
    assert not [text for text in runs if "apt-get" in text or "gcc" in text]


def test_the_last_stage_runs_as_a_user_and_is_checked() -> None:
    last = STAGES[-1]
    assert _texts(last, "USER") == ["camid"]
    assert _texts(last, "VOLUME") == ["/data"]
    assert "curl" not in _texts(last, "HEALTHCHECK")[0]
    assert "edge.operation.alive" in _texts(last, "HEALTHCHECK")[0]
    assert "pip" not in " ".join(_texts(last, "RUN"))


def test_a_dockerfile_is_read_with_its_long_lines_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("# first\nFROM a AS b\nRUN one \\\n # why\n && two\n\nFROM c\nCOPY --from=b /x /y\n")
    first, second = read_stages(file)
    assert (first.base, first.name, second.base, second.name) == ("a", "b", "c", None)
    assert first.steps[0].text.split() == ["one", "&&", "two"]
    assert copied(second.steps[0]).stage == "b"


@pytest.mark.parametrize("text", ["ADD x /\n", "RUN early\n", "FROM a\nONBUILD RUN b\n"])
def test_what_is_not_known_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    with pytest.raises(ValueError, match=r"unknown|before FROM"):
        read_stages(tmp_path / "Dockerfile")


def test_variables_are_replaced_as_docker_does() -> None:
    assert expanded("/a:$PATH:${PATH}:$NONE", {"PATH": "/b"}) == "/a:/b:/b:"


def test_steps_are_done_in_folders(tmp_path: Path) -> None:
    base, context, made = tmp_path / "base", tmp_path / "context", tmp_path / "made"
    for folder in (base / "usr/local/bin", base / "etc", context / "edge/__pycache__", made):
        folder.mkdir(parents=True)
    (base / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\ncamid:x:10001:10002::/:/bin/sh\n")
    (context / ".dockerignore").write_text("*\n!edge\n")
    (context / "edge/a.py").write_text("")
    (context / "edge/__pycache__/a.pyc").write_text("")
    file = tmp_path / "Dockerfile"
    file.write_text(
        "FROM x AS one\nWORKDIR /src\nCOPY edge ./edge\n"
        "FROM x\nCOPY --from=one /src /app/\n"
        'ENV PATH=/app:$PATH A="b c"\nUSER camid\nVOLUME /data\nCMD ["serve"]\n'
    )
    image = Builder(Root(base), context, made, lambda _: None).build(read_stages(file), {})
    assert (image.root.path / "app/edge/a.py").exists()
    assert not (image.root.path / "app/edge/__pycache__").exists()
    assert image.ids() == (10001, 10002)
    assert image.environment["PATH"].startswith("/app:/usr")
    assert image.environment["A"] == "b c"
    assert (image.volumes, image.command) == (("/data",), ("serve",))


def test_a_compiler_in_an_image_is_found(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    container = Container(Image(Root(tmp_path)), tmp_path, 1)
    assert container.compilers() == []
    (tmp_path / "usr/bin/gcc").symlink_to("nowhere")
    assert container.compilers() == ["gcc"]


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root on Linux for mounts of its own"
)
def test_a_root_is_read_only_but_for_its_volumes(tmp_path: Path) -> None:
    # The root is the machine's own programs, bound into a folder; nothing else of it is there.
    root, volume = tmp_path / "root", tmp_path / "volume"
    for name in ("proc", "sys", "dev", "tmp", "data"):
        (root / name).mkdir(parents=True)
    volume.mkdir()
    os.chown(volume, 10001, 10001)
    programs = {path: Path(path) for path in ("/usr", "/bin", "/lib", "/lib64") if Path(path).exists()}
    for path in programs:
        (root / path.lstrip("/")).mkdir()
    mounts = Mounts(read_only=True, volumes={"/data": volume, **programs})
    words = ["sh", "-c", "touch /data/a /tmp/b && ! touch /c 2>/dev/null && id -u"]
    done = Root(root).run(words, {"PATH": "/usr/bin:/bin"}, user=(10001, 10001), mounts=mounts)
    if "unshare failed" in done.stderr or "permission denied" in done.stderr:
        pytest.skip("this machine permits no mounts of its own")
    assert (done.returncode, done.stdout.strip()) == (0, "10001"), done.stderr
    assert [path.name for path in volume.iterdir()] == ["a"]
    assert str(root) not in subprocess.run(["mount"], capture_output=True, text=True, check=True).stdout


def test_an_emulated_root_is_told_what_to_be() -> None:
    command = Root(Path("/r"), "/usr/bin/qemu", "cortex-a76").command(["true"], {"A": "b"})
    assert command[:3] == ["proot", "-q", "/usr/bin/qemu"]
    assert command[-3:] == ["A=b", "QEMU_CPU=cortex-a76", "true"]


_ONE = Seen((1.0, 2.0, 3.0, 4.0), 0.5, "identified", "lorex", "dahua")


@pytest.mark.parametrize(
    ("other", "apart"),
    [
        (_ONE, False),
        (replace(_ONE, box=(3.0, 2.0, 3.0, 4.0), score=0.519), False),
        (replace(_ONE, box=(3.1, 2.0, 3.0, 4.0)), True),
        (replace(_ONE, score=0.53), True),
        (replace(_ONE, brand="dahua"), True),
        (replace(_ONE, verdict="candidates"), True),
    ],
)
def test_two_answers_are_compared(other: Seen, apart: bool) -> None:
    assert bool(differences([_ONE], [other])) is apart


def test_a_camera_more_is_a_difference() -> None:
    assert differences([_ONE], [])


def test_an_answer_is_read_and_held_against_the_labels() -> None:
    named = {"verdict": "identified", "brand": "hikvision", "platform": "hikvision"}
    seen = cameras({"cameras": [{"box": [1, 2, 3, 4], "score": 0.5, "identification": named}]})
    assert platforms(seen) == wanted_platforms("close.jpg") == ["hikvision"]


def test_a_check_says_what_failed() -> None:
    assert str(Check("it runs", False, "exit code 1")) == "FAILED it runs: exit code 1"
    assert str(Check("it runs", True)).startswith("ok")
