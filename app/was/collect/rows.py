"""What portals deliver, as typed rows, and the error that names who said what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.was.errors import Problem


class SourceError(Problem):
    """A portal refused, failed, or answered in another shape than agreed."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source}: no new figures", why=why, next=f"python3 -m app.was.collect {source}")
        self.source = source


@dataclass(frozen=True, kw_only=True)
class ProvinceRow:
    day: date
    province: str
    total: int
    new: int
    new_local: int
    new_imported: int
    deaths: int
    released: int | None
    isolated: int | None
    rate: Decimal | None


@dataclass(frozen=True, kw_only=True)
class DistrictRow:
    day: date
    district: str
    total: int
    new: int


@dataclass(frozen=True, kw_only=True)
class NewsRow:
    key: str
    title: str
    summary: str
    link: str
    source: str
    published: datetime


Row = ProvinceRow | DistrictRow | NewsRow


@dataclass(frozen=True)
class Batch:
    """Rows that belong together, and how many were unusable and left out."""

    rows: tuple[Row, ...] = ()
    left_out: int = 0
