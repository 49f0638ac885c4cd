"""Charts of a table's cell: two weeks as a line, a share as a bar. Hidden from screen readers: the numbers
stand beside them.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.was.charts.svg import element, short

WIDTH, HEIGHT = 84, 22


def sparkline(values: Sequence[int | None]) -> str:
    known = [max(0, value) for value in values if value is not None]
    if len(known) < 2:
        return ""
    top, step = max(max(known), 1), WIDTH / (len(known) - 1)
    points = [(at * step, HEIGHT - 2 - value / top * (HEIGHT - 4)) for at, value in enumerate(known)]
    line = " ".join(f"{short(x)},{short(y)}" for x, y in points)
    end = element("circle", cx=short(points[-1][0] - 1.5), cy=short(points[-1][1]), r=2)
    return (f'<svg class="spark" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
            f"{element('polyline', points=line)}{end}</svg>")


def share(value: float, highest: float) -> str:
    """A bar as long as value is of highest."""
    length = 100 * max(0.0, value) / highest if highest > 0 else 0
    return element("svg", element("rect", width=f"{short(length)}%", height=8, rx=2), class_="share", width="100%",
                   height=8, aria_hidden="true")
