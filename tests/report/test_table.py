"""The table of a terminal says of when facts are, and that they are old."""

from __future__ import annotations

import io
from datetime import date

import pytest
from rich.console import Console

from edge.report.contract import photo_contract
from edge.report.table import print_photo
from edge.vendors.age import Ageing
from tests.support.reports import one_of_each


@pytest.mark.parametrize(("day", "old"), [(date(2026, 12, 1), False), (date(2028, 1, 1), True)])
def test_facts_on_record_have_a_date_and_old_ones_a_warning(day: date, old: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, width=300, highlight=False)
    print_photo(photo_contract(one_of_each()), {"hikvision": "Hikvision"}, console, Ageing(day, 180))
    assert "On record about Hikvision as of 2026-11-28: 1 advisory (US)" in out.getvalue()
    assert ("180 days old or older" in out.getvalue()) is old
