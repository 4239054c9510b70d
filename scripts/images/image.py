"""Does in a folder what ``docker build`` does in layers: the steps of the Dockerfile, one after the other."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from scripts.images.dockerfile import Stage, Step, copied, expanded, health_command, in_context
from scripts.images.root import BASE_PATH, Root, network_environment

_BASE = re.compile(r"python:(?P<python>3\.\d+)-slim-(?P<suite>\w+)")
Say = Callable[[str], None]


@dataclass(slots=True)
class Image:
    """What a stage has made: its root, and how a container of it runs."""

    root: Root
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": BASE_PATH})
    user: str = "root"
    folder: str = "/"
    volumes: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    def ids(self) -> tuple[int, int]:
        """User and group of ``user`` by the image's own ``/etc/passwd``."""
        for line in (self.root.path / "etc/passwd").read_text().splitlines():
            name, _, user, group, *_ = line.split(":")
            if name == self.user:
                return int(user), int(group)
        raise ValueError(f"USER {self.user} is not in the image's /etc/passwd")


def base_of(stages: tuple[Stage, ...]) -> tuple[str, str]:
    """Release of Debian and of Python that all stages start from.

    Raises:
        ValueError: they start from something else, or from several.
    """
    found = {stage.base for stage in stages}
    named = _BASE.fullmatch(found.pop()) if len(found) == 1 else None
    if named is None:
        raise ValueError("every stage must start from one python:3.N-slim-RELEASE")
    return named["suite"], named["python"]


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds stages in ``folder``, each from a copy of ``base``. ``context``: the checkout; ``say`` is told
    of each step."""

    base: Root
    context: Path
    folder: Path
    say: Say

    def build(self, stages: tuple[Stage, ...], args: Mapping[str, str]) -> Image:
        """The last stage. Raises: RuntimeError: a step failed, with the end of what it said."""
        made: dict[str | None, Image] = {}
        for number, stage in enumerate(stages):
            image = Image(self._fresh(stage.name or f"stage-{number}"))
            given: dict[str, str] = {}
            for step in stage.steps:
                self.say(f"{step.word} {step.text}")
                self._apply(step, image, given, args, made)
            made[stage.name] = last = image
        return last

    def _fresh(self, name: str) -> Root:
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(self.base.path), str(path)], check=True)
        python = path / "usr/local/bin/python"  # the base image's name for it
        python.symlink_to("/usr/bin/python3")
        return replace(self.base, path=path)

    def _apply(
        self,
        step: Step,
        image: Image,
        given: dict[str, str],
        args: Mapping[str, str],
        made: Mapping[str | None, Image],
    ) -> None:
        match step.word:
            case "RUN":
                self._run(step, image, given)
            case "COPY":
                self._copy(step, image, made)
            case "ARG":
                name, _, default = step.text.partition("=")
                given[name] = args.get(name, default)
            case "ENV":
                image.environment |= {name: expanded(value, image.environment) for name, value in step.pairs}
            case "WORKDIR":
                image.folder = step.text
                (image.root.path / step.text.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER":
                image.user = step.text
            case "VOLUME":
                image.volumes += (step.text,)
            case "HEALTHCHECK":
                image.health = health_command(step)
            case "ENTRYPOINT":
                image.entrypoint = step.listed
            case "CMD":
                image.command = step.listed
            case "EXPOSE":
                pass  # says something, does nothing

    def _run(self, step: Step, image: Image, given: Mapping[str, str]) -> None:
        environment = image.environment | dict(given) | network_environment(image.root)
        words = ["/bin/sh", "-c", step.text]
        done = image.root.run(words, environment, user=image.ids(), folder=image.folder)
        if done.returncode:
            said = (done.stdout + done.stderr)[-3000:]
            raise RuntimeError(f"RUN {step.text}\nexit code {done.returncode}\n{said}")

    def _copy(self, step: Step, image: Image, made: Mapping[str | None, Image]) -> None:
        copy = copied(step)
        ignore = (self.context / ".dockerignore").read_text()
        target = image.root.path / str(Path(image.folder, copy.target)).lstrip("/")
        for source in copy.sources:
            if copy.stage is None and not in_context(source, ignore):
                raise RuntimeError(f"COPY {source}: .dockerignore keeps it out of the context")
            root = self.context if copy.stage is None else made[copy.stage].root.path
            ignored = ("__pycache__",) if copy.stage is None else ()
            _copy(root / source.lstrip("/"), target, ignored, into=copy.target.endswith("/"))


def _copy(source: Path, target: Path, ignored: tuple[str, ...], *, into: bool) -> None:
    """As ``COPY`` does: of a folder its content; of a file the file, into ``target`` if that is a folder."""
    if source.is_dir():
        ignore = shutil.ignore_patterns(*ignored)
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=ignore)
        return
    inside = into or target.is_dir()
    (target if inside else target.parent).mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target / source.name if inside else target)
