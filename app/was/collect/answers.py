"""Reading what a stranger sent: XML without entities or DTD, numbers and dates that fit the database."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from app.was.collect.rows import SourceError

LARGEST = 2_000_000_000
DEEPEST = 12            # the portals nest five deep
DATE = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})(?!\d)")
TAG = re.compile(r"<(/?)[A-Za-z_][^>]*?(/?)>")
OPTIONAL = (None, "", "-")


def xml(source: str, body: bytes) -> dict[str, Any]:
    """The document as nested dicts. Anything but plain UTF-8 elements is refused before it is parsed."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(source, "the answer is not UTF-8") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SourceError(source, "the answer declares a document type or entities, which no portal does")
    if _depth(text) > DEEPEST:
        raise SourceError(source, f"the answer nests deeper than {DEEPEST} elements")
    try:
        document = xmltodict.parse(text, disable_entities=True)
    except (ExpatError, ValueError) as cause:
        raise SourceError(source, f"the answer is not XML: {cause}; it starts with {shown(text)}") from None
    return {str(name): value for name, value in document.items()}


def _depth(text: str) -> int:
    depth = deepest = 0
    for closing, empty in TAG.findall(text):
        depth += -1 if closing else 0 if empty else 1
        deepest = max(deepest, depth)
    return deepest


def shown(text: str, length: int = 80) -> str:
    """The beginning of an answer, fit for a log line."""
    return repr(" ".join(text.split())[:length])


def inside(value: Any, *path: str) -> Any:
    """The value at a path of nested dicts, or None: an empty element is None, not a dict."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def several(value: Any) -> list[dict[str, Any]]:
    """xmltodict gives one element as a dict, several as a list, none as None."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def count(source: str, name: str, text: Any) -> int | None:
    """A whole number; "" and "-" mean that the portal does not know."""
    if text in OPTIONAL:
        return None
    digits = str(text).replace(",", "").strip()
    if not re.fullmatch(r"[+-]?\d{1,12}(\.0+)?", digits) or abs(number := int(digits.split(".")[0])) > LARGEST:
        raise SourceError(source, f"{name} should be a whole number, is {shown(str(text))}")
    return number


def ratio(source: str, name: str, text: Any) -> Decimal | None:
    if text in OPTIONAL:
        return None
    try:
        number = Decimal(str(text).replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number < 10_000_000:
        raise SourceError(source, f"{name} should be a number from 0, is {shown(str(text))}")
    return number.quantize(Decimal("0.01"))


def day(source: str, name: str, text: Any) -> date:
    found = DATE.match(str(text or "").strip())
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(str(text))
    except ValueError:
        raise SourceError(source, f"{name} should be a date, is {shown(str(text))}") from None
