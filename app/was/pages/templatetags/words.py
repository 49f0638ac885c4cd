"""What templates may say about numbers, and where static files are."""

from __future__ import annotations

from django import template

from app.was.pages import assets

register = template.Library()


@register.simple_tag
def asset(name: str) -> str:
    return assets.address(name)


@register.filter
def comma(number: float | None) -> str:
    return "–" if number is None else f"{number:,.0f}".replace("-", "−")


@register.filter
def signed(number: float | None) -> str:
    """With a real minus sign, and a plus where there is one."""
    return "–" if number is None else f"{number:+,.0f}".replace("-", "−") if number else "0"


@register.filter
def percent(part: float | None) -> str:
    return "–" if part is None else f"{part * 100:+.0f}%".replace("-", "−")


@register.filter
def direction(number: float | None) -> str:
    """The class that colours a change: red is more, blue is less, as Korean papers print it."""
    return "same" if not number else "up" if number > 0 else "down"
