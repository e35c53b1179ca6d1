"""Drawings as SVG: a spark beside a row, a curve with its axes, the same to be embedded, a badge.

Pure: numbers in, markup out. Colours come from the page's style (`currentColor`, the class of a series); what
is embedded elsewhere brings its own. Texts are escaped here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

from markupsafe import Markup

from trendwire.web.explorer.feeds import in_xml
from trendwire.web.views import short, thousands

SPARK_WIDTH, SPARK_HEIGHT = 96, 24

WIDTH, HEIGHT = 760, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 40, 12, 28
_STEPS = (12, 16, 20, 24, 32, 40, 48, 60, 80, 100)
"""Ends of a scale, in tenths of a power of ten."""

_LABELS = 6
"""Dates below a curve, at most."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name, and a value for each label."""

    name: str
    values: tuple[int, ...]


def spark(values: Sequence[int], words: str) -> Markup:
    """A line without axes. `words` tell it to who cannot see it."""
    best = max(values, default=0) or 1
    step = SPARK_WIDTH / max(1, len(values) - 1)
    points = " ".join(
        f"{n * step:.1f},{SPARK_HEIGHT - 2 - (SPARK_HEIGHT - 4) * value / best:.1f}"
        for n, value in enumerate(values)
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{words}">'
        '<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.75"'
        ' stroke-linejoin="round"/></svg>'
    ).format(w=SPARK_WIDTH, h=SPARK_HEIGHT, words=words, points=points)


def curve(labels: Sequence[date], series: Sequence[Series], words: str) -> Markup:
    """Lines over days with two scales: views on the left, the largest of all as 1 on the right."""
    best = max((max(one.values, default=0) for one in series), default=0)
    top = _rounded_up(best)
    return Markup(
        '<svg class="curve" viewBox="0 0 {w} {h}" role="img" aria-label="{words}" tabindex="0"'
        ' data-curve="{count}">{grid}{days}{lines}{spots}</svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        words=words,
        count=len(labels),
        grid=_grid(top, best),
        days=_days(labels),
        lines=Markup("").join(_line(n, one.values, top) for n, one in enumerate(series)),
        spots=Markup("").join(_spot(n, label, labels, series) for n, label in enumerate(labels)),
    )


def embedded(labels: Sequence[date], series: Series, title: str, caption: str) -> str:
    """A drawing that stands alone on somebody's page, with its own colours and its own words."""
    best = max(series.values, default=0)
    top = _rounded_up(best)
    made = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img"'
        ' font-family="system-ui,sans-serif" font-size="12" fill="#566064"><title>{title}</title>'
        '<rect width="100%" height="100%" rx="8" fill="#ffffff"/>'
        '<text x="16" y="22" font-size="15" font-weight="700" fill="#1b2224">{title}</text>'
        '<text x="16" y="40">{caption}</text>'
        '<g transform="translate(0 44)" color="#0b5d57">{body}</g></svg>'
    )
    body = Markup("").join((_grid(top, best), _days(labels), _line(0, series.values, top)))
    return str(made.format(w=WIDTH, h=HEIGHT + 44, title=in_xml(title), caption=in_xml(caption), body=body))


def badge(left: str, right: str) -> str:
    """Two words in a pill, as readmes show them. Widths are estimated: no font is measured here."""
    first, second = _width(left), _width(right)
    made = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="22" role="img"'
        ' font-family="system-ui,sans-serif" font-size="12"><title>{left}: {right}</title>'
        '<rect width="{w}" height="22" rx="5" fill="#1b2224"/>'
        '<rect x="{a}" width="{b}" height="22" rx="5" fill="#0b5d57"/>'
        '<g fill="#ffffff" text-anchor="middle"><text x="{x1}" y="15">{left}</text>'
        '<text x="{x2}" y="15">{right}</text></g></svg>'
    )
    return str(
        made.format(
            w=first + second,
            a=first,
            b=second,
            x1=first / 2,
            x2=first + second / 2,
            left=in_xml(left),
            right=in_xml(right),
        )
    )


def _grid(top: int, best: int) -> Markup:
    """Views at the left, on lines; at the right the parts of the largest value, where they are."""
    lines = [
        Markup(
            '<line class="grid-line" stroke="#dcd9d0" x1="{x1}" x2="{x2}" y1="{y:.1f}" y2="{y:.1f}"/>'
            '<text x="{x}" y="{below:.1f}" text-anchor="end">{value}</text>'
        ).format(
            x1=_LEFT,
            x2=WIDTH - _RIGHT,
            x=_LEFT - 6,
            y=_y(top * n / 4, top),
            below=_y(top * n / 4, top) + 4,
            value=short(top * n / 4),
        )
        for n in range(5)
    ]
    parts = [
        Markup('<text x="{x}" y="{y:.1f}">{part}</text>').format(
            x=WIDTH - _RIGHT + 6, y=_y(best * part, top) + 4, part=f"{part:g}"
        )
        for part in ((0, 0.25, 0.5, 0.75, 1) if best else ())
    ]
    return Markup("").join((*lines, *parts))


def _days(labels: Sequence[date]) -> Markup:
    step = max(1, ceil(len(labels) / _LABELS))
    return Markup("").join(
        Markup("<text x='{x:.1f}' y='{y}' text-anchor='middle'>{day}</text>").format(
            x=_x(n, len(labels)),
            y=HEIGHT - 8,
            day=f"{label.day} {label:%b}" if len(labels) < 60 else f"{label:%b %Y}",
        )
        for n, label in enumerate(labels)
        if n % step == 0
    )


def _line(number: int, values: Sequence[int], top: int) -> Markup:
    points = " ".join(f"{_x(n, len(values)):.1f},{_y(value, top):.1f}" for n, value in enumerate(values))
    dots = Markup("")
    if len(values) == 1:
        dots = Markup("<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='currentColor'/>").format(
            x=_x(0, 1), y=_y(values[0], top)
        )
    return Markup(
        "<g class='series-{n}'>"
        "<polyline points='{points}' fill='none' stroke='currentColor' stroke-width='2.25'"
        " stroke-linejoin='round'/>{dots}</g>"
    ).format(n=number, points=points, dots=dots)


def _spot(number: int, label: date, labels: Sequence[date], series: Sequence[Series]) -> Markup:
    """Where a pointer finds the values of a day: a browser shows the title, a script more."""
    wide = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    told = "; ".join(f"{one.name} {thousands(one.values[number])}" for one in series)
    return Markup(
        "<rect x='{x:.1f}' y='{y}' width='{w:.1f}' height='{h}' fill='transparent'>"
        "<title>{told}</title></rect>"
    ).format(
        x=_x(number, len(labels)) - wide / 2,
        y=_TOP,
        w=wide,
        h=HEIGHT - _TOP - _BOTTOM,
        told=f"{label}: {told}",
    )


def _x(number: int, count: int) -> float:
    wide = WIDTH - _LEFT - _RIGHT
    return _LEFT + (wide * number / (count - 1) if count > 1 else wide / 2)


def _y(value: float, top: int) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top


def _rounded_up(best: int) -> int:
    """The end of the scale, such that its quarters are whole: few, or a step times a power of ten."""
    if best <= 20:
        return 4 * max(1, ceil(best / 4))
    tenth = int(10 ** floor(log10(best)))
    return next(tenth * n for n in _STEPS if tenth * n >= 10 * best) // 10


def _width(text: str) -> int:
    return 16 + sum(7 if character.isascii() else 12 for character in text)


def told_curve(name: str, labels: Sequence[date], values: Sequence[int]) -> str:
    """A curve in words: from when to when, and its best day."""
    if not values or not max(values):
        return f"{name}: no views gained"
    best = max(range(len(values)), key=values.__getitem__)
    return (
        f"{name}: from {labels[0]} to {labels[-1]}, most views, {thousands(values[best])}, at {labels[best]}"
    )
