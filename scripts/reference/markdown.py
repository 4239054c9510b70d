"""Markdown that GitHub and MkDocs read alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def page(title: str, made_from: str, *parts: str) -> str:
    """A page with a note on top that says where it comes from."""
    note = (
        f"<!-- Made by `make reference` from {made_from}: change it there. -->\n\n"
        f"Made from {made_from}, so that it is never older than the code."
    )
    return "\n\n".join((f"# {title}", note, *parts)) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)


def code(text: object) -> str:
    """``text`` as it is to be typed; empty for an empty one."""
    return f"`{text}`" if str(text) else ""


def sentence(text: str) -> str:
    """``text`` with a full stop and, unless it begins with a name of the code, a capital."""
    text = " ".join(text.split())
    if text.partition(" ")[0].isalpha():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", ":")) or not text else f"{text}."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
