"""Proves the steps of the Dockerfile without Docker: ``make prove-image``, ``make test-arm64``.

It reads the Dockerfile and does each of its steps in a Debian of the same release, made by ``debootstrap``
and entered by ``chroot``; then it runs ``ENTRYPOINT`` and ``CMD`` as the image's user, the root read-only,
the volume a folder, ``/tmp`` a tmpfs, and asks: is it ready and healthy, does it name the camera on
``docs/samples/close.jpg``, does it end in order. It needs root on Linux and the package index.

``--architecture arm64`` does all of it under ``qemu-user`` (through ``proot`` where the kernel knows no
binfmt_misc: then nothing is read-only there), and compares the answer with that of this machine.

What it does not prove: the base image itself (here it is Debian with Debian's Python of the same release, not
the image's own build of it), layers and their size, Docker's own seccomp profile, and its networks.
"""

from __future__ import annotations

import argparse
import json
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from scripts.images.container import Container, free_port
from scripts.images.dockerfile import read_stages
from scripts.images.emulation import CORE, QEMU, aarch64
from scripts.images.image import Builder, Image, base_of
from scripts.images.named import SAMPLES, Seen, cameras, differences, farthest, platforms, wanted_platforms
from scripts.images.root import Root, debian, missing_tools

CHECKOUT = Path(__file__).resolve().parents[1]
SAMPLE = "close.jpg"
_PATIENCE = 10.0
"""For an emulated processor."""


@dataclass(frozen=True, slots=True)
class Check:
    what: str
    passed: bool
    found: str = ""

    def __str__(self) -> str:
        return f"{'ok    ' if self.passed else 'FAILED'} {self.what}{': ' if self.found else ''}{self.found}"


@dataclass(frozen=True, slots=True)
class Target:
    """What an image is built for. ``emulated``: not what this machine is; ``proot``: see ``Root``."""

    architecture: str
    emulated: bool
    proot: str | None

    def build(self, folder: Path, args: dict[str, str]) -> Image:
        """Does the steps. Raises: RuntimeError: one failed, or the base has another Python."""
        stages = read_stages(CHECKOUT / "Dockerfile")
        suite, python = base_of(stages)
        base = Root(folder / f"{suite}-{self.architecture}", self.proot, CORE if self.emulated else None)
        debian(suite, self.architecture, base)
        version = base.run(["python3", "-V"], {"PATH": "/usr/bin"}).stdout.strip()
        if not version.startswith(f"Python {python}."):
            raise RuntimeError(f"the Dockerfile wants Python {python}; {suite} has {version!r}")
        say(f"base: Debian {suite}, {self.architecture}, {version}")
        built = folder / f"built-{self.architecture}"
        built.mkdir(exist_ok=True)
        return Builder(base, CHECKOUT, built, say).build(stages, args)


def checks(container: Container, *, emulated: bool) -> Iterator[Check]:
    if container.image.root.proot is None:
        yield from _confined(container)
    compilers = container.compilers()
    yield Check("no compiler is inside", not compilers, " ".join(compilers))
    yield Check("the health check fails before the start", not container.healthy())
    if emulated:
        yield _as_here(container)
    with container.service() as process:
        ready = container.wait_ready(process)
        yield Check("/readyz", True, " ".join(f"{name}={value}" for name, value in ready.items()))
        yield Check("the health check passes", container.healthy())
        yield _named(container)
        code = container.stop(process)
        # When all is closed, uvicorn raises the signal again; to the first process of a container it is void.
        yield Check("SIGTERM ends it in order", code in {0, -signal.SIGTERM}, container.last_words())


def _confined(container: Container) -> Iterator[Check]:
    user = container.run("id", "-u").stdout.strip()
    yield Check("its user is not root", user not in ("", "0"), user)
    for path in ("/opt/camid/new", "/home/camid/new", "/etc/new"):
        yield Check(f"{path} cannot be written", container.run("touch", path).returncode != 0)
    for path in ("/data/new", "/tmp/new"):
        yield Check(f"{path} can", container.run("sh", "-c", f"touch {path} && rm {path}").returncode == 0)


def _named(container: Container) -> Check:
    with container.client() as client, (SAMPLES / SAMPLE).open("rb") as photo:
        answer = client.post("/api/v1/photos", files={"photo": photo})
    if answer.status_code != 200:
        return Check(SAMPLE, False, answer.text[:500])
    found = platforms(cameras(answer.json()["photos"][0]))
    return Check(f"the service names {SAMPLE}", found == wanted_platforms(SAMPLE), ", ".join(found))


def _as_here(container: Container) -> Check:
    """``camid photo`` there and here: the same cameras and names."""
    here = [sys.executable, "-m", "edge", "photo", "--json", str(SAMPLES / SAMPLE)]
    ours = _seen(subprocess.run(here, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout)
    began = time.monotonic()
    done = container.run("camid", "photo", "--json", container.put(SAMPLES / SAMPLE))
    seconds = time.monotonic() - began
    if done.returncode:
        return Check(f"camid photo {SAMPLE}", False, done.stderr[-1000:])
    theirs = _seen(done.stdout)
    what = f"camid photo {SAMPLE} as on {platform.machine()}"
    if apart := differences(ours, theirs):
        return Check(what, False, "; ".join(apart))
    return Check(what, bool(ours), f"{_agreement(ours, theirs)}, {seconds:.0f} s")


def _agreement(ours: tuple[Seen, ...], theirs: tuple[Seen, ...]) -> str:
    pairs = list(zip(ours, theirs, strict=True))
    names = ", ".join(str(one.platform) for one in theirs)
    boxes = max((farthest(one, other) for one, other in pairs), default=0.0)
    scores = max((abs(one.score - other.score) for one, other in pairs), default=0.0)
    return f"{names}; boxes at most {boxes:.1f} px apart, scores {scores:.4f}"


def _seen(printed: str) -> tuple[Seen, ...]:
    return cameras(json.loads(printed))


def say(text: str) -> None:
    print(text if len(text) < 150 else f"{text[:147]}...", flush=True)


def prove(target: Target, folder: Path, args: dict[str, str]) -> bool:
    """Builds and asks; whether all was as it should be."""
    image = target.build(folder, args)
    passed = True
    with tempfile.TemporaryDirectory(dir=folder) as made:
        Path(made).chmod(0o755)
        patience = _PATIENCE if target.emulated else 1.0
        container = Container(image, Path(made), free_port(), patience)
        for check in checks(container, emulated=target.emulated):
            say(str(check))
            passed &= check.passed
    return passed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    own = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "amd64")
    parser.add_argument("--architecture", choices=("amd64", "arm64"), default=own)
    parser.add_argument("--out", type=Path, default=CHECKOUT / "runs" / "images")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    emulated = options.architecture != own
    if emulated and own == "arm64":
        parser.error("only arm64 is emulated")
    emulator = (QEMU,) if emulated else ()
    if (why := missing_tools("debootstrap", "unshare", "chroot", *emulator)) is not None:
        sys.exit(f"The image cannot be proved here: {why}.")
    options.out.mkdir(parents=True, exist_ok=True)
    args = dict(argument.split("=", 1) for argument in options.build_arg)
    with aarch64() if emulated else nullcontext() as proot:
        passed = prove(Target(options.architecture, emulated, proot), options.out, args)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
