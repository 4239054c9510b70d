"""Every command of ``camid`` with its arguments, options and defaults, from the Typer application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer

from edge.cli import app
from scripts.reference.markdown import code, page, sentence, table

Command = Any
"""A command, group or option as Typer builds it; where its classes lie differs from version to version."""

_KINDS = {bool: "", int: "N", float: "X", Path: "PATH", str: "TEXT"}


def commands_page() -> str:
    root = typer.main.get_command(app)
    parts = [part for path, one in _commands(root, "camid") for part in _described(path, one)]
    return page(
        "Every command and option",
        "`edge/cli*.py`",
        "What they are for, with exit codes and examples: [the command `camid`](../cli.md). An option"
        " without a default leaves it to the [setting](settings.md) of that name, or does nothing."
        " `--help` shows the same in the terminal.",
        *parts,
    )


def _commands(command: Command, path: str) -> Iterator[tuple[str, Command]]:
    """Groups before what is in them."""
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from _commands(one, f"{path} {name}")


def _described(path: str, command: Command) -> Iterator[str]:
    yield f"## `{path}`"
    if command.help:
        yield sentence(command.help)
    parameters = [one for one in command.params if one.name != "help"]
    if parameters:
        yield table(("Option", "Default", "What it does"), map(_parameter, parameters))


def _parameter(one: Command) -> tuple[str, str, str]:
    words = [_help(one)]
    if one.param_type_name == "option" and one.required:
        words.append("Needed.")
    if one.param_type_name == "option" and one.multiple:
        words.append("May be repeated.")
    return _written(one), _default(one), " ".join(word for word in words if word)


def _written(one: Command) -> str:
    if one.param_type_name == "argument":
        name = one.metavar or one.name.upper()
        return code(name if one.required or name.startswith("[") else f"[{name}]")
    flags = ", ".join(code(flag) for flag in (*one.opts, *one.secondary_opts))
    return flags if one.is_flag else f"{flags} {code(one.metavar or _kind(one))}"


def _kind(one: Command) -> str:
    """What is to be given: a number with its bounds, a path, or one of some words."""
    described = one.type_descriptor
    if described.is_choice:
        return "|".join(map(str, described.choices))
    kind = next(
        (kind for kind in _KINDS if kind in (described.annotation, *get_args(described.annotation))), str
    )
    low, high = ("" if bound is None else bound for bound in (one.min, one.max))
    return _KINDS[kind] + (f" {low}–{high}" if low or high else "")


def _help(one: Command) -> str:
    return sentence(one.help or "")


def _default(one: Command) -> str:
    absent = one.default in (None, False, (), []) or callable(one.default) or one.required
    return "" if absent else code(one.default)
