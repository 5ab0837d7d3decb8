"""What the text of one `<c>` element says, as a Cell.

The rules behind it (TRUST 5-8): an error, an uncalculated formula or a text that its type does not
allow is never read as blank or as a number; a formula that gave an empty text is not an empty cell;
a number in a date format that is no day of the calendar stays a NUMBER with style DATE.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time
from math import isfinite, nan
from typing import NamedTuple

from sync.core.grid import Cell, Kind, Style
from sync.core.number_formats import PLAIN, NumberFormat, Shape, from_serial
from sync.sources.refusals import damaged


class Book(NamedTuple):
    """What cells need to know of their workbook.

    `formats` are the number formats by style index, as the cells write it; none without a styles part.
    `recalculates`: the workbook asks to be calculated anew when it is opened, because its writer did not.
    """

    texts: tuple[str, ...] = ()
    formats: Mapping[str, NumberFormat] = {}  # a NamedTuple default; never written to
    date1904: bool = False
    recalculates: bool = False

    def format(self, style: str | None) -> NumberFormat:
        """The number format of a style index as it stands in the file; a cell that names none has style 0."""
        index = "0" if style is None else style
        known = self.formats.get(index)
        if known is None:
            if index == "0" and not self.formats:
                return PLAIN
            raise damaged(f"a cell has the style {index[:20]}, which the workbook does not define")
        return known

    def text(self, index: str) -> str:
        """The shared text of an index as it stands in the file."""
        if (
            index.isascii()
            and index.isdecimal()
            and len(index) < 10
            and (number := int(index)) < len(self.texts)
        ):
            return self.texts[number]
        raise damaged(f"a cell points to the text number {index[:20]}, which the workbook does not hold")


def cell(kind: str, raw: str | None, style: NumberFormat, book: Book, *, formula: bool) -> Cell | None:
    """The cell of an element with the type `kind` and the value text `raw` (None: it has no value).

    The text is as it is meant; of a `<v>` see `said`.

    None is a cell that holds nothing: styled, but neither value nor formula.
    """
    if raw is None or (kind not in _TEXTS and (not raw or raw.isspace())):
        return Cell(_UNCALCULATED, None, style.style, formula) if formula else _nothing(kind, style)
    read = _READERS.get(kind)
    if read is None:
        return Cell(_ERROR, raw, style.style, formula)
    return read(raw, style, book, formula)


def said(kind: str, value: str) -> str:
    """What a `<v>` says in a cell of that type: texts may hold escapes."""
    return unescaped(value) if kind in _TEXTS else value


def unescaped(text: str) -> str:
    r"""The text with `_xHHHH_` read as the character it stands for; `_x005F_` protects an underscore.

    Halves of a surrogate pair are joined. One half alone is no character and could be stored nowhere;
    it becomes U+FFFD.
    """
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NUMERAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_TEXTS = frozenset({"str", "inlineStr"})
_SPACE = " \t\r\n"
_STRICT_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # sheets know no zones
# Looked up once: a look into an Enum costs as much as the rest of a short text's cell.
_TEXT, _NUMBER, _BOOL = Kind.TEXT, Kind.NUMBER, Kind.BOOL
_ERROR, _UNCALCULATED = Kind.ERROR, Kind.UNCALCULATED
_DATE, _TIME, _PLAIN_NUMBER = Kind.DATE, Kind.TIME, Shape.NUMBER


def _nothing(kind: str, style: NumberFormat) -> Cell | None:
    # An error whose text is missing is still an error.
    return Cell(_ERROR, "", style.style) if kind == "e" else None


def _number(raw: str, style: NumberFormat, book: Book, formula: bool) -> Cell:  # noqa: FBT001  # a table of readers
    digits = raw.strip(_SPACE)
    # Checked before float(), which would also take "nan", "1_000" and digits of other scripts.
    value = float(digits) if _NUMERAL.fullmatch(digits) else nan
    if not isfinite(value):
        return Cell(_ERROR, raw, style.style, formula)
    if formula and value == 0 and book.recalculates:
        # Writers that do not calculate put 0 here (XlsxWriter) and ask for calculation on opening.
        return Cell(_UNCALCULATED, None, style.style, formula)
    return _shown(value + 0.0, style, book, formula)  # + 0.0 makes 0.0 of -0.0


def _shown(value: float, style: NumberFormat, book: Book, formula: bool) -> Cell:  # noqa: FBT001  # as above
    if style.shape is not _PLAIN_NUMBER:
        moment = from_serial(value, style.shape, date1904=book.date1904)
        if moment is not None:
            return Cell(moment[0], moment[1], style.style, formula)
    return Cell(_NUMBER, value, style.style, formula)


def _shared(raw: str, style: NumberFormat, book: Book, formula: bool) -> Cell:  # noqa: FBT001  # as above
    return Cell(_TEXT, book.text(raw.strip(_SPACE)), style.style, formula)


def _text(raw: str, style: NumberFormat, _book: Book, formula: bool) -> Cell:  # noqa: FBT001  # as above
    return Cell(_TEXT, raw, style.style, formula)


def _bool(raw: str, style: NumberFormat, _book: Book, formula: bool) -> Cell:  # noqa: FBT001  # as above
    truth = _TRUTHS.get(raw.strip(_SPACE).lower())
    if truth is None:
        return Cell(_ERROR, raw, style.style, formula)
    return Cell(_BOOL, truth, style.style, formula)


def _error(raw: str, style: NumberFormat, _book: Book, formula: bool) -> Cell:  # noqa: FBT001  # as above
    return Cell(_ERROR, raw.strip(_SPACE), style.style, formula)


def _iso(raw: str, style: NumberFormat, book: Book, formula: bool) -> Cell:  # noqa: FBT001  # as above
    text = raw.strip(_SPACE)
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return _iso_time(text, style, formula=formula)
    if moment.year < 1900:
        # Strict workbooks write a time, or a duration, as that long after the last days of 1899.
        return _shown((moment - _STRICT_EPOCH).total_seconds() / 86_400, style, book, formula)
    value = moment if moment.time() != time.min else moment.date()
    return Cell(_DATE, value, Style.DATE, formula)


def _iso_time(text: str, style: NumberFormat, *, formula: bool) -> Cell:
    try:
        return Cell(_TIME, time.fromisoformat(text).replace(tzinfo=None), Style.DATE, formula)
    except ValueError:
        return Cell(_ERROR, text, style.style, formula)


_TRUTHS = {"1": True, "true": True, "0": False, "false": False}
_READERS: dict[str, Callable[[str, NumberFormat, Book, bool], Cell]] = {
    "n": _number,
    "s": _shared,
    "str": _text,
    "inlineStr": _text,
    "b": _bool,
    "e": _error,
    "d": _iso,
}
