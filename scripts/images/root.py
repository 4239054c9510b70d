"""A Debian system in a folder, made by ``debootstrap``, and commands that run inside it.

Each command has a mount namespace of its own: what is mounted for it is gone with it, and the machine never
sees it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

_PROGRAMS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
"""Also for root without the folders of its programs in PATH."""
_CHROOT = shutil.which("chroot", path=_PROGRAMS) or "chroot"
BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = ("python3", "python3-venv", "ca-certificates")
_OF_THE_NETWORK = (
    "PIP_INDEX_URL",
    "PIP_PROXY",
    "PIP_DEFAULT_TIMEOUT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)


@dataclass(frozen=True, slots=True)
class Mounts:
    """What a command sees of its root: as it is, or read-only but for ``/tmp`` and ``volumes`` (path inside
    to folder of this machine)."""

    read_only: bool = False
    volumes: Mapping[str, Path] = field(default_factory=dict)


AS_IT_IS = Mounts()


@dataclass(frozen=True, slots=True)
class Root:
    """A system in the folder ``path``. ``proot``: an emulator of its processor, where the kernel starts none
    by itself; volumes are mounted then, but nothing is read-only and no user is another. ``core``: what the
    emulator pretends to be."""

    path: Path
    proot: str | None = None
    core: str | None = None

    def command(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        user: tuple[int, int] = (0, 0),
        folder: str = "/",
        mounts: Mounts = AS_IT_IS,
    ) -> list[str]:
        """``words`` as the machine must say them to run them inside, with nothing of its own environment."""
        emulator = {} if self.core is None else {"QEMU_CPU": self.core}
        variables = [f"{name}={value}" for name, value in (*environment.items(), *emulator.items())]
        inside = ["/usr/bin/env", "-i", f"--chdir={folder}", *variables, *words]
        if self.proot is not None:
            bound = ["/proc", "/dev", *(f"{out.resolve()}:{inner}" for inner, out in mounts.volumes.items())]
            binds = [word for one in bound for word in ("-b", one)]
            who = f"{user[0]}:{user[1]}"
            return ["proot", "-q", self.proot, "-i", who, "-r", str(self.path), "-w", "/", *binds, *inside]
        entered = [_CHROOT, f"--userspec={user[0]}:{user[1]}", str(self.path.resolve()), *inside]
        script = "; ".join(["set -e", *self._mounted(mounts), f"exec {shlex.join(entered)}"])
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]

    def run(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        user: tuple[int, int] = (0, 0),
        folder: str = "/",
        mounts: Mounts = AS_IT_IS,
    ) -> subprocess.CompletedProcess[str]:
        """Runs it to its end; its exit code is the caller's to judge."""
        command = self.command(words, environment, user=user, folder=folder, mounts=mounts)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def _mounted(self, mounts: Mounts) -> list[str]:
        root = str(self.path.resolve())

        def at(path: str) -> str:
            return shlex.quote(root + path)

        lines = [f"mount --bind {at('')} {at('')}"] if mounts.read_only else []
        lines += [f"mount -t proc proc {at('/proc')}", f"mount --rbind /dev {at('/dev')}"]
        if self.core is None:  # ONNX Runtime breaks on a /sys that tells of another processor
            lines.append(f"mount -t sysfs -o ro sysfs {at('/sys')}")
        for inside, outside in mounts.volumes.items():
            lines.append(f"mount --bind {shlex.quote(str(outside.resolve()))} {at(inside)}")
        if mounts.read_only:
            lines += [f"mount -t tmpfs tmpfs {at('/tmp')}", f"mount -o remount,bind,ro {at('')}"]
        return lines


def missing_tools(*wanted: str) -> str | None:
    """Why nothing can be tried on this machine; None: it can."""
    if os.geteuid() != 0:
        return "it needs root: for debootstrap, chroot and mounts of its own"
    absent = [name for name in wanted if shutil.which(name) is None]
    return f"missing: {', '.join(absent)} (apt-get install {' '.join(absent)})" if absent else None


def debian(suite: str, architecture: str, root: Root) -> None:
    """Makes a minimal Debian with Python in the folder of ``root``, unless it was made before.

    Raises:
        subprocess.CalledProcessError, RuntimeError: ``debootstrap`` failed, in its first half or its second.
    """
    if root.path.exists():
        return
    partial = replace(root, path=root.path.with_name(root.path.name + ".partial"))
    shutil.rmtree(partial.path, ignore_errors=True)
    options = ["--variant=minbase", "--arch", architecture, "--foreign"]
    command = ["debootstrap", *options, suite, str(partial.path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    _finish(partial, "/debootstrap/debootstrap", "--second-stage")
    # By apt, not by --include: what debootstrap does for more than a minimal system takes hours under QEMU.
    _finish(partial, "apt-get", "-qq", "update")
    _finish(partial, "apt-get", "-qq", "install", "--yes", "--no-install-recommends", *_PACKAGES)
    partial.path.rename(root.path)


def _finish(root: Root, *words: str) -> None:
    done = root.run(words, {"PATH": BASE_PATH, "DEBIAN_FRONTEND": "noninteractive"})
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {(done.stdout + done.stderr)[-3000:]}")


def network_environment(root: Root) -> dict[str, str]:
    """How this machine reaches the package index: its proxy variables, and its certificates, which are put
    into ``root``."""
    found = {name: os.environ[name] for name in _OF_THE_NETWORK if name in os.environ}
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if bundle.exists():
        inside = "/tmp/machine-certificates.crt"
        shutil.copy(bundle, root.path / inside.lstrip("/"))
        found["PIP_CERT"] = inside
    return found
