"""Charts of a batch as SVG that needs no script and prints in black and white too: every number stands there
as text. Colours: Okabe and Ito's palette."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from edge.batch.numbers import YearCount

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
REST = "#8a969e"
_WIDTH, _HEIGHT = 720, 260
_LEFT, _BOTTOM, _TOP = 44, 24, 18
_MAX_BARS = 40
_TICKS = 4


def years_chart(years: Sequence[YearCount], names: Mapping[str, str]) -> str:
    """Stacked bars: named cameras by the year of the photo; six makers by colour, the others together."""
    if not years:
        return ""
    totals: dict[str, int] = {}
    for one in years:
        totals[one.vendor] = totals.get(one.vendor, 0) + one.cameras
    shown = sorted(totals, key=lambda vendor: (-totals[vendor], vendor))[: len(PALETTE)]
    colours = dict(zip(shown, PALETTE, strict=False))
    last = max(one.year for one in years)
    span = range(max(min(one.year for one in years), last - _MAX_BARS + 1), last + 1)
    tallest = max(sum(one.cameras for one in years if one.year == year) for year in span)
    top = nice_top(tallest)
    bars = [_bar(years, year, number, len(span), top, colours, names) for number, year in enumerate(span)]
    legend = [(names.get(vendor, vendor), colours[vendor]) for vendor in shown]
    if len(totals) > len(shown):
        legend.append((f"{len(totals) - len(shown)} others", REST))
    body = "".join([_axis(top), *bars])
    return _svg(body, "Named cameras by the year of the photo") + _legend(legend)


def nice_top(value: float) -> int:
    """The least of 4, 8, 20, 40, 80, 200 … that is not below ``value``: four even ticks of whole numbers."""
    step = 1
    while True:
        for factor in (4, 8, 20):
            if factor * step >= value:
                return factor * step
        step *= 10


def _bar(
    years: Sequence[YearCount],
    year: int,
    number: int,
    count: int,
    top: int,
    colours: Mapping[str, str],
    names: Mapping[str, str],
) -> str:
    slot = (_WIDTH - _LEFT) / count
    width = min(slot * 0.7, 56)
    x = _LEFT + slot * (number + 0.5) - width / 2
    base = _HEIGHT - _BOTTOM
    parts, total = [], 0
    ordered = sorted(
        (one for one in years if one.year == year),
        key=lambda one: (list(colours).index(one.vendor) if one.vendor in colours else 99, one.vendor),
    )
    for one in ordered:
        height = (base - _TOP) * one.cameras / top
        total += one.cameras
        y = base - (base - _TOP) * total / top
        hint = escape(f"{year}, {names.get(one.vendor, one.vendor)}: {one.cameras}")
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{colours.get(one.vendor, REST)}" stroke="#fff" stroke-width="0.6">'
            f"<title>{hint}</title></rect>"
        )
    middle = x + width / 2
    if total:
        high = base - (base - _TOP) * total / top - 4
        parts.append(f'<text x="{middle:.1f}" y="{high:.1f}" class="mid">{total}</text>')
    if count <= 20 or number % 5 == 0:
        parts.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 7}" class="mid soft">{year}</text>')
    return "".join(parts)


def _axis(top: int) -> str:
    parts, base = [], _HEIGHT - _BOTTOM
    for tick in range(_TICKS + 1):
        y = base - (base - _TOP) * tick / _TICKS
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" class="end soft">{top * tick // _TICKS}</text>')
    return "".join(parts)


def _svg(body: str, label: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">{body}</svg>'


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f'<li><svg viewBox="0 0 10 10" class="key"><rect width="10" height="10" fill="{colour}"/></svg>'
        f"{escape(name)}</li>"
        for name, colour in entries
    )
    return f'<ul class="legend">{items}</ul>'
