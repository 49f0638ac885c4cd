"""New cases by day: bars and a seven-day mean, or weekly means where days would be thinner than pixels.

The drawing stretches with the page (an inner SVG without aspect ratio); text does not, since it is placed by
percentage.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from app.was.charts.scale import compact, date_marks, ticks
from app.was.charts.svg import element, short

HEIGHT, BELOW = 260, 24     # pixels: the plot, and the dates under it
WEEK = 7
WEEKLY_FROM = 200           # days


@dataclass(frozen=True)
class Bar:
    first: date
    last: date
    value: float
    mean: float | None      # of the seven days up to it; None for weekly bars and where days are missing

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What a chart says, in the page's language."""

    language: str
    label: str              # the chart in a sentence, for those who do not see it
    people: str             # "{}명"
    mean: str               # "7일 평균 {}명"


def bars(new: dict[date, int], first: date, last: date) -> list[Bar]:
    """Bars for the days from first to last; `new` may begin a week earlier, for the mean."""
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    if len(days) <= WEEKLY_FROM:
        return [Bar(day, day, new[day], _mean(new, day)) for day in days if day in new]
    weeks = [days[max(0, end - WEEK):end] for end in range(len(days), 0, -WEEK)][::-1]
    return [Bar(week[0], week[-1], sum(new.get(day, 0) for day in week) / len(week), None) for week in weeks]


def _mean(new: dict[date, int], day: date) -> float | None:
    week = [new.get(day - timedelta(days=back)) for back in range(WEEK)]
    known = [value for value in week if value is not None]
    return sum(known) / WEEK if len(known) == WEEK else None


def chart(shown: list[Bar], wording: Wording, marked: date | None = None) -> str:
    if not shown:
        return ""
    marks = ticks(max(bar.value for bar in shown))
    plot = _plot(shown, marks[-1], wording, marked)
    drawing = _grid(marks) + plot + _marks(marks, wording.language) + _dates(shown)
    return element(
        "svg", drawing, class_="chart", role="img", width="100%", height=HEIGHT + BELOW, aria_label=wording.label
    )


def _y(value: float, top: float) -> float:
    return HEIGHT - max(0.0, value) / top * (HEIGHT - 18)


def _grid(marks: list[int]) -> str:
    heights = [(mark, short(_y(mark, marks[-1]))) for mark in marks]
    return "".join(element("line", x1=0, x2="100%", y1=y, y2=y, class_="grid" if mark else "grid base")
                   for mark, y in heights)


def _marks(marks: list[int], language: str) -> str:
    """Written over the bars, with a halo: inside the plot, so that a phone loses no width to an axis."""
    return "".join(element("text", compact(mark, language), x=0, y=short(_y(mark, marks[-1])), dy="-4", class_="mark")
                   for mark in marks[1:])


def _plot(shown: list[Bar], top: float, wording: Wording, marked: date | None) -> str:
    drawn = [at for at, bar in enumerate(shown) if marked is None or not bar.first <= marked <= bar.last]
    special = [at for at in range(len(shown)) if at not in set(drawn)]
    inner = (_columns("bars", shown, drawn, top) + _columns("bars marked", shown, special, top) + _mean_line(shown, top)
             + "".join(_hint(at, bar, wording) for at, bar in enumerate(shown)))
    # viewBox and preserveAspectRatio keep their capitals, so they are written here.
    return (f'<svg class="plot" viewBox="0 0 {len(shown)} {HEIGHT}" preserveAspectRatio="none" width="100%" '
            f'height="{HEIGHT}">{inner}</svg>')


def _columns(name: str, shown: list[Bar], which: list[int], top: float) -> str:
    path = "".join(f"M{short(at + 0.12)} {HEIGHT}V{short(_y(shown[at].value, top))}h.76V{HEIGHT}z" for at in which)
    return element("path", d=path, class_=name) if path else ""


def _mean_line(shown: list[Bar], top: float) -> str:
    """Broken where a mean is missing, rather than drawn over what is not known."""
    path, pen = [], "M"
    for at, bar in enumerate(shown):
        if bar.mean is None:
            pen = "M"
        else:
            path.append(f"{pen}{short(at + 0.5)} {short(_y(bar.mean, top))}")
            pen = "L"
    return element("path", d="".join(path), class_="mean", vector_effect="non-scaling-stroke") if path else ""


def _hint(at: int, bar: Bar, wording: Wording) -> str:
    """What a pointer over a day shows."""
    when = bar.first.isoformat() if bar.days == 1 else f"{bar.first} – {bar.last}"
    mean = " · " + wording.mean.format(f"{bar.mean:,.0f}") if bar.mean is not None else ""
    text = escape(f"{when}: {wording.people.format(f'{bar.value:,.0f}')}{mean}")
    return f'<rect class="hint" x="{at}" y="0" width="1" height="{HEIGHT}"><title>{text}</title></rect>'


def _dates(shown: list[Bar]) -> str:
    days = [bar.first for bar in shown]
    years = days[-1].year != days[0].year
    texts = []
    for number, at in enumerate(date_marks(days)):
        x = f"{short((at + 0.5) / len(days) * 100)}%"
        text = f"{days[at].year}.{days[at].month}" if years and len(days) > 60 else f"{days[at].month}.{days[at].day}"
        texts.append(element("text", text, x=x, y=HEIGHT + 18, class_="date" if number % 2 == 0 else "date minor"))
    return "".join(texts)
