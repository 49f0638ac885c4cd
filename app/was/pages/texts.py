"""Every word of the pages, in both languages. A test holds that both have the same."""

from __future__ import annotations

from datetime import datetime

KO = {
    "title": "코로나19 현황", "tagline": "전국 코로나19 일일 현황", "overview": "전국", "seoul": "서울", "news": "뉴스",
    "other_language": "English", "skip": "본문으로 건너뛰기", "menu": "주 메뉴",
    "seoul_title": "서울 자치구별 현황", "news_title": "코로나19 뉴스", "as_of": "{} 0시 기준", "updated": "{} 갱신",
    "never_updated": "아직 갱신되지 않음", "day": "날짜", "show": "보기", "previous_day": "이전 날", "next_day": "다음 날",
    "latest_day": "최신", "pick_day": "날짜 선택", "new_cases": "신규 확진", "week_mean": "7일 평균", "total_cases": "누적 확진",
    "deaths": "누적 사망", "isolated": "격리 중", "week_ago": "1주 전보다", "per_week": "전주 대비", "new_deaths": "신규 {}",
    "people": "{}명", "mean_people": "7일 평균 {}명", "share_people": "인구의 {}%", "daily_new": "일별 신규 확진",
    "weekly_new": "신규 확진 (주별 하루 평균)", "bars_legend": "하루 신규", "mean_legend": "7일 평균",
    "range": "기간", "range_30": "1개월", "range_90": "3개월", "range_365": "1년", "range_all": "전체",
    "chart_label": "{place}의 {first}부터 {last}까지 신규 확진자 막대그래프. 가장 많은 때는 {peak_day}, {peak}명. 마지막은 {latest}명.",
    "as_table": "표로 보기", "by_province": "시·도별 현황", "province": "시·도", "district": "자치구", "new": "신규",
    "change": "증감", "two_weeks": "최근 2주", "rate": "주간 발생률", "total": "누적",
    "rate_note": "인구 10만 명당 최근 7일 확진자", "map_title": "인구 10만 명당 최근 7일 확진자",
    "by_district": "자치구별 현황", "source": "출처", "sources": "공공데이터포털(보건복지부), 서울 열린데이터광장, 네이버 뉴스 검색",
    "release": "릴리스", "data": "데이터(JSON)", "no_figures": "아직 수집된 자료가 없습니다",
    "no_figures_why": "첫 수집은 매일 낮 12시(일요일 제외)에 이루어집니다. 잠시 후 다시 확인해 주세요.",
    "no_news": "아직 수집된 뉴스가 없습니다", "new_window": "원문", "back_to_korea": "전국 현황으로", "all_provinces": "다른 시·도",
    "late": "자료가 늦어지고 있습니다. 마지막 자료를 보여 드립니다.", "see_districts": "서울 자치구별 현황 보기",
    "problem_400": "주소를 이해하지 못했습니다", "problem_404": "찾으시는 페이지가 없습니다",
    "problem_405": "허용되지 않은 요청입니다", "problem_500": "문제가 생겼습니다", "problem_503": "잠시 자료를 볼 수 없습니다",
    "problem_503_why": "데이터베이스가 응답하지 않습니다. 잠시 후 다시 시도해 주세요.",
    "problem_500_why": "저희 쪽 오류이며 기록되었습니다. 잠시 후 다시 시도해 주세요.",
    "problem_404_why": "주소가 바뀌었거나 잘못 입력되었을 수 있습니다.", "home": "첫 화면으로", "request_id": "요청 번호",
    "no_day": "{}의 자료가 없습니다. {}부터 {}까지의 자료가 있습니다.", "bad_day": "날짜는 2022-12-31과 같은 형식이어야 합니다.",
    "bad_choice": "{name}에는 다음 중 하나를 쓸 수 있습니다: {choices}",
}

EN = {
    "title": "COVID-19 in Korea", "tagline": "COVID-19 in Korea, day by day", "overview": "Korea", "seoul": "Seoul", "news": "News",
    "other_language": "한국어", "skip": "Skip to content", "menu": "Main",
    "seoul_title": "Seoul by district", "news_title": "COVID-19 news", "as_of": "As of {}", "updated": "Updated {}",
    "never_updated": "Not updated yet", "day": "Date", "show": "Show", "previous_day": "Previous day", "next_day": "Next day",
    "latest_day": "Latest", "pick_day": "Choose a date", "new_cases": "New cases", "week_mean": "7-day mean",
    "total_cases": "Total cases", "deaths": "Total deaths", "isolated": "In isolation", "week_ago": "vs. a week ago",
    "per_week": "week on week", "new_deaths": "{} new", "people": "{}", "mean_people": "7-day mean {}",
    "share_people": "{}% of the population", "daily_new": "New cases by day", "weekly_new": "New cases (daily mean by week)",
    "bars_legend": "New that day", "mean_legend": "7-day mean", "range": "Period", "range_30": "1 month", "range_90": "3 months",
    "range_365": "1 year", "range_all": "All",
    "chart_label": "Bar chart of new cases in {place} from {first} to {last}. Highest on {peak_day} with {peak}. Last: {latest}.",
    "as_table": "Show as a table", "by_province": "By province", "province": "Province", "district": "District", "new": "New",
    "change": "Change", "two_weeks": "Two weeks", "rate": "Weekly rate", "total": "Total",
    "rate_note": "Cases of the last 7 days per 100,000 people", "map_title": "Cases of the last 7 days per 100,000 people",
    "by_district": "By district", "source": "Sources",
    "sources": "data.go.kr (Ministry of Health and Welfare), Seoul Open Data Plaza, Naver news search",
    "release": "Release", "data": "Data (JSON)", "no_figures": "No figures have been collected yet",
    "no_figures_why": "They are collected daily at noon in Seoul, except on Sundays. Please come back a little later.",
    "no_news": "No news has been collected yet", "new_window": "Article", "back_to_korea": "All of Korea",
    "all_provinces": "Other provinces", "late": "New figures are late. These are the last ones we have.",
    "see_districts": "See Seoul by district",
    "problem_400": "We did not understand that address", "problem_404": "There is no such page",
    "problem_405": "That kind of request is not allowed", "problem_500": "Something went wrong",
    "problem_503": "The figures cannot be shown right now",
    "problem_503_why": "The database does not answer. Please try again in a moment.",
    "problem_500_why": "The error is ours and has been recorded. Please try again in a moment.",
    "problem_404_why": "The address may have changed or been mistyped.", "home": "To the overview", "request_id": "Request",
    "no_day": "There are no figures for {}. There are some from {} to {}.", "bad_day": "A date looks like 2022-12-31.",
    "bad_choice": "{name} may be one of: {choices}",
}

WORDS = {"ko": KO, "en": EN}
UNITS = {"ko": ("방금", "{}분 전", "{}시간 전", "{}일 전"), "en": ("just now", "{} min ago", "{} h ago", "{} days ago")}


def ago(now: datetime, then: datetime, language: str) -> str:
    """How long ago, in the largest unit that fits."""
    just_now, minutes, hours, days = UNITS[language]
    seconds = max(0, int((now - then).total_seconds()))
    if seconds < 60:
        return just_now
    if seconds < 3600:
        return minutes.format(seconds // 60)
    return hours.format(seconds // 3600) if seconds < 2 * 86400 else days.format(seconds // 86400)
