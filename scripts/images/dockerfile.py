"""Reads the Dockerfile: the part of the language that ours uses, and no more.

Whatever else stands in it is an error, so that no step is left out unseen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_KNOWN = frozenset(
    "ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK RUN USER VOLUME WORKDIR".split()  # noqa: SIM905
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_PAIR = re.compile(r"(\w+)=(\"[^\"]*\"|\S+)")


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction, its lines joined: ``RUN``, ``python -m venv /opt/camid``."""

    word: str
    text: str

    @property
    def listed(self) -> tuple[str, ...]:
        """Of the form ``["camid", "serve"]``. Raises: ValueError: it has another one."""
        found = json.loads(self.text)
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            raise ValueError(f"{self.word} wants a list of words: {self.text}")
        return tuple(found)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Of the form ``NAME=value OTHER=value``."""
        return tuple((name, value.strip('"')) for name, value in _PAIR.findall(self.text))


@dataclass(frozen=True, slots=True)
class Copied:
    """A ``COPY``: from the context, or from the stage that ``stage`` names."""

    sources: tuple[str, ...]
    target: str
    stage: str | None


@dataclass(frozen=True, slots=True)
class Stage:
    base: str
    name: str | None
    steps: tuple[Step, ...]


def read_stages(path: Path) -> tuple[Stage, ...]:
    """The stages of a Dockerfile, in order.

    Raises:
        ValueError: an instruction that is not known here, or one before the first ``FROM``.
    """
    stages: list[tuple[str, str | None, list[Step]]] = []
    for step in _steps(path.read_text()):
        if step.word == "FROM":
            base, _, name = step.text.partition(" AS ")
            stages.append((base.strip(), name.strip() or None, []))
        elif not stages:
            raise ValueError(f"{step.word} stands before FROM")
        else:
            stages[-1][2].append(step)
    return tuple(Stage(base, name, tuple(steps)) for base, name, steps in stages)


def _steps(text: str) -> Iterator[Step]:
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in kept.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        if word not in _KNOWN:
            raise ValueError(f"unknown in a Dockerfile of ours: {word}")
        yield Step(word, rest.strip())


def copied(step: Step) -> Copied:
    """What a ``COPY`` copies. Raises: ValueError: a flag other than ``--from``."""
    words = step.text.split()
    stage = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
    if len(words) < 2 or any(word.startswith("--") for word in words):
        raise ValueError(f"COPY {step.text}")
    return Copied(tuple(words[:-1]), words[-1], stage)


def health_command(step: Step) -> tuple[str, ...]:
    """The command of a ``HEALTHCHECK``, in the form of a list."""
    return Step("HEALTHCHECK", step.text.partition("CMD ")[2]).listed


def expanded(value: str, environment: Mapping[str, str]) -> str:
    """``$NAME`` and ``${NAME}`` replaced; unset ones by nothing, as Docker does."""
    return _VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), value)


def in_context(source: str, ignore: str) -> bool:
    """Whether ``.dockerignore`` lets ``source``, a file or folder at the top, into the context; ``ignore``:
    its text, of the kind that ours is: all is left out but what ``!`` names."""
    lines = [line.strip() for line in ignore.splitlines() if line.strip() and not line.startswith("#")]
    if not lines or lines[0] != "*":
        raise ValueError("the .dockerignore must begin with *")
    return f"!{source.removeprefix('./').rstrip('/')}" in lines
