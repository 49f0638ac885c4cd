"""Addresses of the pages, in either language: Korean has the short ones, English the same under /en."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    language: str
    section: str = "overview"       # overview, province, seoul, news
    place: str = ""

    def _under(self, path: str) -> str:
        prefixed = f"/en{path}" if self.language == "en" else path
        return prefixed.rstrip("/") or "/"

    @property
    def overview(self) -> str:
        return self._under("/")

    @property
    def seoul(self) -> str:
        return self._under("/seoul")

    @property
    def news(self) -> str:
        return self._under("/news")

    def province(self, code: str) -> str:
        return self._under(f"/provinces/{code}")

    @property
    def here(self) -> str:
        places = {"overview": self.overview, "seoul": self.seoul, "news": self.news}
        return places.get(self.section) or self.province(self.place)

    @property
    def other_language(self) -> str:
        return Links("ko" if self.language == "en" else "en", self.section, self.place).here

    @property
    def data(self) -> str:
        return {"overview": "/api/overview", "seoul": "/api/seoul", "news": "/api/news"}.get(
            self.section, f"/api/provinces/{self.place}")
