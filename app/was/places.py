"""The places figures are about: provinces of Korea and districts of Seoul, by code, name, people and map tile.

`tile` is (column, row) on a map of equal squares: every place as large as any other, names readable on a phone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    code: str
    ko: str
    en: str
    people: int = 0                         # residents, end of 2022; 0: rates make no sense
    tile: tuple[int, int] | None = None

    def name(self, language: str) -> str:
        return self.en if language == "en" else self.ko


TOTAL = Place("total", "전국", "Korea", 51_439_000)
QUARANTINE = Place("quarantine", "검역", "Border")

PROVINCES = (
    Place("seoul", "서울", "Seoul", 9_428_000, (1, 0)),
    Place("busan", "부산", "Busan", 3_318_000, (3, 3)),
    Place("daegu", "대구", "Daegu", 2_364_000, (2, 2)),
    Place("incheon", "인천", "Incheon", 2_967_000, (0, 0)),
    Place("gwangju", "광주", "Gwangju", 1_431_000, (1, 3)),
    Place("daejeon", "대전", "Daejeon", 1_446_000, (1, 2)),
    Place("ulsan", "울산", "Ulsan", 1_111_000, (3, 2)),
    Place("sejong", "세종", "Sejong", 384_000, (1, 1)),
    Place("gyeonggi", "경기", "Gyeonggi", 13_589_000, (2, 0)),
    Place("gangwon", "강원", "Gangwon", 1_537_000, (3, 0)),
    Place("chungbuk", "충북", "Chungbuk", 1_595_000, (2, 1)),
    Place("chungnam", "충남", "Chungnam", 2_123_000, (0, 1)),
    Place("jeonbuk", "전북", "Jeonbuk", 1_770_000, (0, 2)),
    Place("jeonnam", "전남", "Jeonnam", 1_818_000, (0, 3)),
    Place("gyeongbuk", "경북", "Gyeongbuk", 2_600_000, (3, 1)),
    Place("gyeongnam", "경남", "Gyeongnam", 3_280_000, (2, 3)),
    Place("jeju", "제주", "Jeju", 678_000, (0, 4)),
)

DISTRICTS = (
    Place("jongno", "종로구", "Jongno", 141_000, (2, 1)),
    Place("junggu", "중구", "Jung", 121_000, (2, 2)),
    Place("yongsan", "용산구", "Yongsan", 219_000, (2, 3)),
    Place("seongdong", "성동구", "Seongdong", 281_000, (3, 2)),
    Place("gwangjin", "광진구", "Gwangjin", 338_000, (4, 2)),
    Place("ddm", "동대문구", "Dongdaemun", 337_000, (4, 1)),
    Place("jungnang", "중랑구", "Jungnang", 385_000, (5, 1)),
    Place("seongbuk", "성북구", "Seongbuk", 430_000, (3, 1)),
    Place("gangbuk", "강북구", "Gangbuk", 294_000, (3, 0)),
    Place("dobong", "도봉구", "Dobong", 311_000, (4, 0)),
    Place("nowon", "노원구", "Nowon", 504_000, (5, 0)),
    Place("ep", "은평구", "Eunpyeong", 466_000, (1, 1)),
    Place("sdm", "서대문구", "Seodaemun", 306_000, (1, 2)),
    Place("mapo", "마포구", "Mapo", 365_000, (0, 2)),
    Place("yangcheon", "양천구", "Yangcheon", 441_000, (0, 4)),
    Place("gangseo", "강서구", "Gangseo", 569_000, (0, 3)),
    Place("guro", "구로구", "Guro", 396_000, (1, 4)),
    Place("geumcheon", "금천구", "Geumcheon", 230_000, (1, 5)),
    Place("ydp", "영등포구", "Yeongdeungpo", 376_000, (1, 3)),
    Place("dongjak", "동작구", "Dongjak", 381_000, (2, 4)),
    Place("gwanak", "관악구", "Gwanak", 486_000, (2, 5)),
    Place("seocho", "서초구", "Seocho", 404_000, (3, 4)),
    Place("gangnam", "강남구", "Gangnam", 529_000, (4, 4)),
    Place("songpa", "송파구", "Songpa", 658_000, (5, 4)),
    Place("gangdong", "강동구", "Gangdong", 460_000, (5, 3)),
)
ELSEWHERE = Place("etc", "기타", "Others")

PROVINCE_BY_CODE = {place.code: place for place in (TOTAL, *PROVINCES, QUARANTINE)}
DISTRICT_BY_CODE = {place.code: place for place in (*DISTRICTS, ELSEWHERE)}
# The portal writes 합계 for the total; 강원 and 전북 became 특별자치도 in 2023 and 2024.
PROVINCE_BY_GUBUN = {
    **{place.ko: place for place in (*PROVINCES, QUARANTINE)},
    "합계": TOTAL, "강원특별자치도": PROVINCE_BY_CODE["gangwon"], "전북특별자치도": PROVINCE_BY_CODE["jeonbuk"],
}
