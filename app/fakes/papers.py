"""Generated news: what Naver's search answers, with its <b> marks and HTML entities, the same for the same day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

from app.fakes.figures import Figures, chance
from app.was.places import PROVINCES

PAPERS = ("yonhap.example.kr", "hankyung.example.kr", "news.kbs.example.kr", "chosun.example.kr", "donga.example.kr",
          "khan.example.kr", "mk.example.kr", "newsis.example.kr")
TITLES = (
    "{place} <b>코로나</b> 신규 <b>확진자</b> {new:,}명…전주 대비 {word}",
    "<b>코로나19</b> <b>확진자</b> {total:,}명 넘어서… &quot;개인 방역 지켜야&quot;",
    "방역당국 &quot;{place} <b>확진자</b> {new:,}명, 고위험군 접종 서둘러 달라&quot;",
    "[속보] {place} 어제 <b>확진자</b> {new:,}명 발생",
    "전국 시·도 &lt;<b>코로나</b> 현황&gt;…{place} 하루 {new:,}명 &amp; 누적 {total:,}명",
    "겨울철 <b>코로나</b> 대비…{place} 선별진료소 운영시간 늘린다",
    "<b>코로나</b> 확산세 {word}…전문가 &quot;정점은 아직&quot; 전망 엇갈려",
)
SUMMARY = (
    "{place}에서 하루 동안 <b>코로나19</b> <b>확진자</b>가 {new:,}명 나왔다. 누적 <b>확진자</b>는 {total:,}명이다. "
    "방역당국은 &#39;고위험군의 백신 접종과 마스크 착용&#39;을 거듭 당부했다..."
)
WORDS = ("증가", "감소", "소폭 증가", "감소세 뚜렷", "두 배")
A_DAY = 6


def articles(figures: Figures, today: date, count: int) -> list[dict[str, str]]:
    """The newest `count` articles, newest first."""
    days = [today - timedelta(days=back) for back in range(count // A_DAY + 1)]
    return [article(figures, day, number) for day in days for number in range(A_DAY)][:count]


def article(figures: Figures, day: date, number: int) -> dict[str, str]:
    draw = chance(figures.seed, "article", day.toordinal(), number)
    place = PROVINCES[int(draw * 1000) % len(PROVINCES)]
    known = figures.province(place, day - timedelta(days=1))
    words = {"place": place.ko, "new": known.new, "total": known.total, "word": WORDS[int(draw * 100) % len(WORDS)]}
    paper = PAPERS[int(draw * 10_000) % len(PAPERS)]
    path = f"{day:%Y%m%d}{number:02d}"
    published = datetime(day.year, day.month, day.day, 3, 40, tzinfo=UTC) - timedelta(minutes=47 * number)
    return {
        "title": TITLES[(number + day.toordinal()) % len(TITLES)].format(**words),
        "description": SUMMARY.format(**words),
        "originallink": f"https://{paper}/article/{path}",
        "link": f"https://n.news.example.kr/mnews/{path}?sid=102",
        "pubDate": format_datetime(published),
    }
