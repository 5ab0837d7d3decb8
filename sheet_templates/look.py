"""The formats of a workbook in okrsync's palette; each is made once per workbook, so styles stay few."""

from __future__ import annotations

from typing import Any, TypeAlias

from sync.core import palette
from sync.core.palette import Tint

# XlsxWriter ships no types.
Book: TypeAlias = Any
Sheet: TypeAlias = Any
Format: TypeAlias = Any

DATE_FORMAT = "yyyy-mm-dd"

_BASE: dict[str, Any] = {
    "font_name": palette.FONT,
    "font_size": palette.FONT_SIZE,
    "font_color": palette.INK,
    "valign": "vcenter",
}
_LINE = {"bottom": 1, "bottom_color": palette.LINE}
_LEFT = {"align": "left", "indent": 1}
_CELL = {**_LINE, **_LEFT}
_BAND = {"bg_color": palette.BRAND, "font_color": palette.PAPER}
_HEADER = {
    "font_color": palette.PAPER,
    "bold": True,
    "text_wrap": True,
    "border": 1,
    "border_color": palette.BRAND_SOFT,
    "indent": 1,
}
_STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "band": _BAND,
    "title": {**_BAND, "font_size": 18, "bold": True, "indent": 1},
    "hint": {"bg_color": palette.BRAND_SOFT, "font_color": palette.BRAND, "italic": True, "indent": 1},
    "hint band": {"bg_color": palette.BRAND_SOFT},
    "header": {**_HEADER, "bg_color": palette.BRAND_BRIGHT},
    "header owned": {**_HEADER, "bg_color": palette.MUTED},
    "text": {**_CELL, "num_format": "@", "text_wrap": True, "valign": "top"},
    "amount": {**_LINE, "valign": "top", "align": "right"},
    "amount percent": {**_LINE, "valign": "top", "align": "right", "num_format": "0.0%"},
    "date": {**_LINE, "valign": "top", "align": "center", "num_format": DATE_FORMAT},
    "owned": {
        **_CELL,
        "valign": "top",
        "text_wrap": True,
        "bg_color": palette.COMPUTED,
        "font_color": palette.MUTED,
    },
    "owned progress": {
        **_LINE,
        "valign": "top",
        "align": "right",
        "bg_color": palette.COMPUTED,
        "num_format": "0%",
    },
    "field": {**_CELL, "bold": True, "font_color": palette.BRAND},
    "value": {**_CELL, "num_format": "@"},
    "value amount": _CELL,
    "value date": {**_CELL, "num_format": DATE_FORMAT},
    "value owned": {**_CELL, "num_format": "@", "bg_color": palette.COMPUTED, "font_color": palette.MUTED},
    "help": {**_CELL, "font_color": palette.MUTED, "text_wrap": True},
    "number": {"font_size": 14, "bold": True, "font_color": palette.BRAND_BRIGHT, "align": "center", **_LINE},
    "step": {**_CELL, "bold": True, "font_color": palette.BRAND},
    "line": {**_CELL, "text_wrap": True},
    "legend wanted": {**_CELL, "bg_color": palette.HINT},
    "legend computed": {**_CELL, "bg_color": palette.COMPUTED, "font_color": palette.MUTED},
    "legend finding": {**_CELL, "font_color": palette.RED.ink},
    "subtitle": {"bg_color": palette.BRAND, "font_color": palette.BRAND_SOFT, "font_size": 11, "indent": 1},
    # Sync status: one style for each StatusStyle
    "status title": {**_LEFT, "font_size": 18, "bold": True, "font_color": palette.BRAND},
    "status subtitle": {**_LEFT, "font_color": palette.MUTED, "italic": True},
    "status label": {**_LEFT, "font_color": palette.MUTED},
    "status value": {**_LEFT, "bold": True},
    "status percent": {**_LEFT, "bold": True, "num_format": "0.0%"},
    "status header": {**_LEFT, "bg_color": palette.MUTED, "font_color": palette.PAPER, "bold": True},
    "status text": {**_CELL, "valign": "top", "text_wrap": True, "num_format": "@"},
    "status link": {
        **_CELL,
        "valign": "top",
        "font_color": palette.BRAND_BRIGHT,
        "underline": 1,
        "num_format": "@",
    },
    "status key": {"font_color": palette.MUTED},
}


class Look:
    """The formats of one workbook, by name."""

    def __init__(self, workbook: Book) -> None:
        self._workbook = workbook
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Format:
        if name not in self._made:
            self._made[name] = self._workbook.add_format({**_BASE, **_STYLES[name]})
        return self._made[name]

    def tint(self, tint: Tint, **more: object) -> Format:
        """A format for conditional formatting: ink and fill only, whatever else the cell has stays."""
        key = f"{tint}{more}"
        if key not in self._made:
            colours = {"font_color": tint.ink, "bg_color": tint.fill}
            self._made[key] = self._workbook.add_format({**colours, **more})
        return self._made[key]

    def ink(self, colour: str) -> Format:
        """A format for conditional formatting that only colours the text."""
        if colour not in self._made:
            self._made[colour] = self._workbook.add_format({"font_color": colour})
        return self._made[colour]

    def fill(self, colour: str) -> Format:
        """A format for conditional formatting that only colours the ground."""
        key = "fill " + colour
        if key not in self._made:
            self._made[key] = self._workbook.add_format({"bg_color": colour})
        return self._made[key]
