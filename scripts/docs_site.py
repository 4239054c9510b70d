"""MkDocs hook: takes into the site what documents of the repository point at outside ``docs/``.

The README is the first page, so that no text stands twice. ``PAGES`` are read as Markdown; any other file
that a document links to is copied under ``repository/``. A link to a folder becomes its text.
"""

from __future__ import annotations

import mimetypes
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
DOCS = "docs/"

PAGES: Mapping[str, str] = MappingProxyType(
    {
        "README.md": "index.md",
        "CONTRIBUTING.md": "contributing.md",
        "CHANGELOG.md": "changelog.md",
        "models/MODEL_CARD.md": "model-card.md",
    }
)
"""Path in the repository to path in the site."""

_LINK = re.compile(r"(!?)\[((?:[^][]|\[[^]]*\])*)\]\(([^)#\s]+)(#[^)\s]*)?\)")
_FENCED = re.compile(r"^(```.*?^```)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Called by MkDocs when it has found what lies in ``docs/``."""
    for source, target in PAGES.items():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    for source in sorted(_files_linked(files)):
        files.append(File.generated(config, in_site(source), abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Called by MkDocs for each page: makes its links those of the site."""
    del config, files
    return relinked(markdown, in_repository(page.file.src_uri))


def in_repository(uri: str) -> str:
    """Where the page at ``uri`` of the site lies in the repository."""
    return next((source for source, target in PAGES.items() if target == uri), DOCS + uri)


def in_site(path: str) -> str:
    """Where the file at ``path`` of the repository stands in the site."""
    if path in PAGES:
        return PAGES[path]
    if path.startswith(DOCS):
        return path.removeprefix(DOCS)
    named = mimetypes.guess_type(path)[0] is not None
    return f"repository/{path}" if named else f"repository/{path}.txt"  # else a browser would not show it


def relinked(markdown: str, source: str) -> str:
    """``markdown`` of the file ``source``, every link to a file of the repository made one of the site."""
    here = posixpath.dirname(in_site(source))

    def link(found: re.Match[str]) -> str:
        picture, text, target, anchor = found[1], found[2], found[3], found[4] or ""
        path = _path(source, target)
        if path is None:
            return found[0]
        if (ROOT / path).is_dir():
            return text
        # The text of a link may hold a picture with a link of its own.
        return f"{picture}[{_LINK.sub(link, text)}]({posixpath.relpath(in_site(path), here or '.')}{anchor})"

    prose = _FENCED.split(markdown)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in prose)


def _path(source: str, target: str) -> str | None:
    """``target`` of a link in ``source`` as a path of the repository; None where it leads elsewhere."""
    if ":" in target or target.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    return None if path.startswith("..") else path


def _files_linked(files: Files) -> set[str]:
    """Files outside ``docs/`` that a page points at, but for those that are pages themselves."""
    linked = set()
    for page in files.documentation_pages():
        source = in_repository(page.src_uri)
        text = (ROOT / source).read_text(encoding="utf-8")
        linked |= {path for found in _LINK.finditer(text) if (path := _path(source, found[3]))}
    return {one for one in linked if not one.startswith(DOCS) and one not in PAGES and (ROOT / one).is_file()}
