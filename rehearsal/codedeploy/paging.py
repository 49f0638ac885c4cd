"""Pages of a list. A token holds where the next page begins, and which list it belongs to."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import TypeVar

from .errors import ApiError

T = TypeVar("T")


def page(name: str, items: Sequence[T], token: str | None, size: int) -> tuple[list[T], str | None]:
    """One page of the items, and the token of the next one if there is one."""
    start = _read(name, token) if token else 0
    end = start + size
    return list(items[start:end]), _write(name, end) if end < len(items) else None


def _write(name: str, start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, start]).encode()).decode()


def _read(name: str, token: str) -> int:
    try:
        owner, start = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, binascii.Error):
        owner, start = None, 0
    if owner != name or not isinstance(start, int) or start < 0:
        raise ApiError("InvalidNextTokenException", "The nextToken was not given out by this call; begin without one.")
    return start
