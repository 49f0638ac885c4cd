"""SVG as text: elements, escaped."""

from __future__ import annotations

from html import escape


def element(name: str, content: str = "", **attributes: object) -> str:
    """Python cannot say `class` or `stroke-width`: `class_` and `stroke_width` stand for them."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items())
    return f"<{name}{given}>{content}</{name}>" if content else f"<{name}{given}/>"


def short(number: float) -> str:
    """A coordinate with no more digits than a screen can show."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
