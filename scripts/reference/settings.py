"""Every setting with variable, default, unit, bounds and meaning, from ``edge/settings.py``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from edge.settings import Settings
from scripts.reference.markdown import code, page, sentence, table

_GROUP = re.compile(r"^    # (.+)$|^    (\w+):", re.MULTILINE)

_UNITS = {
    "_s": "seconds",
    "_seconds": "seconds",
    "_days": "days",
    "_bytes": "bytes",
    "_pixels": "pixels",
    "_side": "pixels",
}
"""The ends of names tell units, as CONTRIBUTING.md says."""

_KINDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true`, `false`",
    Path: "path",
    SecretStr: "text",
}
_BOUNDS = {"gt": "> {}", "ge": "≥ {}", "lt": "< {}", "le": "≤ {}"}


def settings_page() -> str:
    prefix = Settings.model_config["env_prefix"]
    parts: list[str] = []
    for title, names in _groups():
        rows = [_row(name, prefix, Settings.model_fields[name]) for name in names]
        parts += [
            f"## {title}",
            table(("Setting, variable", "Default", "Unit", "Values", "What it does"), rows),
        ]
    return page(
        "Every setting",
        "`edge/settings.py`",
        "Where they are given, and what each brings about: [settings](../settings.md). In the"
        " environment the parts of a list are separated by commas.",
        *parts,
    )


def _groups() -> Iterator[tuple[str, list[str]]]:
    """The settings under the comments that group them in the source."""
    title, names = "Service", list[str]()
    for comment, name in _GROUP.findall(inspect.getsource(Settings)):
        if comment:
            if names:
                yield title, names
            title, names = comment[0].upper() + comment[1:], []
        elif name in Settings.model_fields:
            names.append(name)
    yield title, names


def _row(name: str, prefix: str, field: FieldInfo) -> tuple[str, str, str, str, str]:
    if not field.description:
        raise ValueError(f"The setting {name} has no description in edge/settings.py.")
    unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")
    written = f"{code(name)}<br>{code(prefix + name.upper())}"
    return written, _default(field), unit, _values(field), sentence(field.description)


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "found"
    value = field.default
    if value is None or value == ():
        return "none"
    return code(str(value).lower() if isinstance(value, bool) else value)


def _values(field: FieldInfo) -> str:
    bounds = [text for one in field.metadata for text in _bounds(one)]
    return ", ".join((_kind(field.annotation), *bounds))


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin in (Union, UnionType):
        return _kind(next(one for one in arguments if one is not NoneType))
    if origin is Literal:
        return ", ".join(code(one) for one in arguments)
    if origin is tuple:
        return f"list of {_kind(arguments[0])}s"
    return _KINDS[annotation]


def _bounds(constraint: object) -> Iterator[str]:
    for name, text in _BOUNDS.items():
        if (bound := getattr(constraint, name, None)) is not None:
            yield text.format(bound)
