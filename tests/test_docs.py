"""What the documents point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.errors import ErrorCode
from scripts.evaluation.shares import Share

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").glob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_the_schema_page_names_the_codes_of_an_unreadable_file() -> None:
    text = (ROOT / "docs/reference/schema.md").read_text(encoding="utf-8")
    for code in (ErrorCode.EMPTY, ErrorCode.NOT_A_PICTURE, ErrorCode.CORRUPT, ErrorCode.TOO_MANY_PIXELS):
        assert f"`{code}`" in text


def test_counts_on_how_it_can_be_wrong_stand_where_they_were_measured() -> None:
    page = ROOT / "docs/guide/wrong.md"
    counted = re.findall(
        r"^\| .+ \| (\d+)/(\d+) \| ([\d.]+) % \| \[.+\]\((.+\.md)#.+\) \|$", page.read_text("utf-8"), re.M
    )
    assert len(counted) >= 9
    for wrong, of, upper, source in counted:
        measured = (page.parent / source).read_text(encoding="utf-8")
        assert re.search(rf"\b{wrong}(/| of ){of}\b", measured), (wrong, of, source)
        interval = Share(int(wrong), int(of)).interval
        assert interval is not None
        assert f"{100 * interval[1]:.1f}" == upper, (wrong, of)
