"""Formulas as text and as trees: tokens, a parser, and references that follow moved rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tests.sheets_server import a1

_TOKENS = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<ref>(?:(?:'(?:[^']|'')+'|[A-Za-z_][\w.]*)!)?
        (?:\$?[A-Za-z]{1,3}\$?[1-9]\d*(?::\$?[A-Za-z]{1,3}(?:\$?[1-9]\d*)?)?
          |\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?[1-9]\d*:\$?[1-9]\d*)(?![\w(.!]))
    |(?P<number>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
    |(?P<error>\#(?:REF!|N/A|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|ERROR!))
    |(?P<name>(?:(?:'(?:[^']|'')+'|[A-Za-z_][\w.]*)!)?[A-Za-z_][\w.]*)
    |(?P<sign><=|>=|<>|[-+*/^&=<>(),;%{}])""",
    re.VERBOSE,
)


class BadFormula(ValueError):
    """The text is no formula this parser reads: the cell shows #ERROR!."""


@dataclass(frozen=True)
class Literal:
    value: float | str | bool | None


@dataclass(frozen=True)
class ErrorLiteral:
    text: str


@dataclass(frozen=True)
class Reference:
    sheet: str | None
    cells: str


@dataclass(frozen=True)
class Name:
    text: str


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Operation:
    sign: str
    left: Node | None
    right: Node | None


Node = Literal | ErrorLiteral | Reference | Name | Call | Operation


def tokens(text: str) -> list[tuple[str, str]]:
    """Kind and text of each token, spaces included."""
    result = []
    place = 0
    while place < len(text):
        found = _TOKENS.match(text, place)
        if not found:
            raise BadFormula(text)
        result.append((str(found.lastgroup), found[0]))
        place = found.end()
    return result


_LEVELS = (("=", "<>", "<", ">", "<=", ">="), ("&",), ("+", "-"), ("*", "/"))


class Parser:
    """Reads one formula without its leading `=`. Where the decimal sign is a comma, `;` parts arguments."""

    def __init__(self, text: str, *, comma: bool = False) -> None:
        if comma:
            text = re.sub(r'("[^"]*")|(\d),(\d)', lambda m: m[1] or f"{m[2]}.{m[3]}", text)
        self._tokens = [token for token in tokens(text) if token[0] != "space"]
        self._text = text

    def parse(self) -> Node:
        node = self._level(0)
        if self._tokens:
            raise BadFormula(self._text)
        return node

    def _sign(self, *signs: str) -> str | None:
        if self._tokens and self._tokens[0][0] == "sign" and self._tokens[0][1] in signs:
            return self._tokens.pop(0)[1]
        return None

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._power()
        node = self._level(level + 1)
        while sign := self._sign(*_LEVELS[level]):
            node = Operation(sign, node, self._level(level + 1))
        return node

    def _power(self) -> Node:
        node = self._unary()
        while self._sign("^"):
            node = Operation("^", node, self._unary())
        return node

    def _unary(self) -> Node:
        sign = self._sign("-", "+")
        if sign:
            return Operation(sign, None, self._unary())
        node = self._primary()
        while self._sign("%"):
            node = Operation("%", node, None)
        return node

    def _primary(self) -> Node:
        if not self._tokens:
            raise BadFormula(self._text)
        kind, text = self._tokens.pop(0)
        if kind == "number":
            return Literal(float(text))
        if kind == "text":
            return Literal(text[1:-1].replace('""', '"'))
        if kind == "error":
            if self._tokens and self._tokens[0][0] in ("ref", "name"):
                self._tokens.pop(0)  # `#REF!B2`: a cell of a tab that is gone
            return ErrorLiteral(text)
        if kind == "ref":
            sheet, _, inside = text.rpartition("!")
            return Reference(_title(sheet), inside.replace("$", ""))
        if kind == "name":
            return self._name(text)
        if text == "(":
            node = self._level(0)
            if not self._sign(")"):
                raise BadFormula(self._text)
            return node
        raise BadFormula(self._text)

    def _name(self, text: str) -> Node:
        if self._sign("("):
            return Call(text.upper(), self._arguments())
        if text.upper() in ("TRUE", "FALSE"):
            return Literal(text.upper() == "TRUE")
        return Name(text)

    def _arguments(self) -> tuple[Node, ...]:
        if self._sign(")"):
            return ()
        found: list[Node] = []
        while True:
            empty = self._tokens[:1] in ([("sign", ",")], [("sign", ";")], [("sign", ")")])
            found.append(Literal(None) if empty else self._level(0))
            if self._sign(")"):
                return tuple(found)
            if not self._sign(",", ";"):
                raise BadFormula(self._text)


@lru_cache(maxsize=50_000)
def parsed(text: str, *, comma: bool = False) -> Node:
    """The parsed formula; copies of a sheet share the texts of theirs."""
    return Parser(text, comma=comma).parse()


def _title(text: str) -> str | None:
    return (text[1:-1].replace("''", "'") if text.startswith("'") else text) or None


Moved = Callable[[int], int | None]


def moved(formula: str, home: str, title: str, dimension: str, where: Moved) -> str:
    """A formula (with `=`) of the sheet `home` after rows or columns of the sheet `title` moved.

    `where` gives an index's new place, None when it is gone; a reference to what is gone becomes #REF!.
    """
    return _rewritten(formula, lambda ref: _moved_reference(ref, home, title, dimension, where))


def _rewritten(formula: str, rewrite: Callable[[str], str]) -> str:
    try:
        parts = tokens(formula[1:])
    except BadFormula:
        return formula
    return "=" + "".join(rewrite(text) if kind == "ref" else text for kind, text in parts)


def _moved_reference(text: str, home: str, title: str, dimension: str, where: Moved) -> str:
    sheet, mark, inside = text.rpartition("!")
    if (_title(sheet) or home).casefold() != title.casefold():
        return text
    ends = inside.split(":")
    places = [_place(end, dimension) for end in ends]
    if any(place is None for place in places):
        return text
    indexes = [place for place in places if place is not None]
    new = [where(index) for index in indexes]
    if len(new) == 2:
        inner = [
            place for index in range(min(indexes), max(indexes) + 1) if (place := where(index)) is not None
        ]
        new = [min(inner), max(inner)] if inner else [None, None]
    if any(place is None for place in new):
        return "#REF!"
    return (
        sheet
        + mark
        + ":".join(
            _with_place(end, dimension, place)
            for end, place in zip(ends, new, strict=True)
            if place is not None
        )
    )


_PART = re.compile(r"^(\$?[A-Za-z]*)(\$?\d*)$")


def _place(end: str, dimension: str) -> int | None:
    found = _PART.match(end)
    text = found[2 if dimension == "ROWS" else 1].lstrip("$") if found else ""
    if not text:
        return None
    return int(text) - 1 if dimension == "ROWS" else a1.number(text)


def _with_place(end: str, dimension: str, place: int) -> str:
    found = _PART.match(end)
    assert found is not None
    column, row = found[1], found[2]
    if dimension == "ROWS":
        return f"{column}{'$' if row.startswith('$') else ''}{place + 1}"
    return f"{'$' if column.startswith('$') else ''}{a1.letters(place)}{row}"


def copied(formula: str, rows: int, columns: int) -> str:
    """A formula pasted that many rows down and columns right: references without `$` move along."""

    def shift(text: str) -> str:
        sheet, mark, inside = text.rpartition("!")
        ends = []
        for end in inside.split(":"):
            found = _PART.match(end)
            assert found is not None
            column, row = found[1], found[2]
            if column and not column.startswith("$"):
                if a1.number(column) + columns < 0:
                    return "#REF!"
                column = a1.letters(a1.number(column) + columns)
            if row and not row.startswith("$"):
                if int(row) + rows < 1:
                    return "#REF!"
                row = str(int(row) + rows)
            ends.append(column + row)
        return sheet + mark + ":".join(ends)

    return _rewritten(formula, shift)


def retitled(formula: str, old: str, new: str) -> str:
    """A formula after a sheet got another title."""

    def rename(text: str) -> str:
        sheet, mark, inside = text.rpartition("!")
        if mark and (_title(sheet) or "").casefold() == old.casefold():
            return f"{a1.quoted(new)}!{inside}"
        return text

    return _rewritten(formula, rename)
