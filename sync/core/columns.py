"""Rows by columns and back; a table too long for a tuple a row is kept so.

A row is a named tuple. Its columns stand in the order of its fields; a field that is a named tuple itself
(an Amount) gives one column for each of its parts, side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import chain, compress, islice, repeat
from typing import Any, Generic, TypeVar, get_type_hints, overload

Row = TypeVar("Row", bound=tuple[Any, ...])
Parts = tuple[tuple[Any, ...], ...]


def parts_of(row: type[Row], rows: Sequence[Row]) -> Parts:
    """The columns of the rows, however they are held."""
    if isinstance(rows, Columns):
        return rows.parts
    if not rows:
        return ((),) * sum(inner is None or len(inner) for _, inner in plan(row))
    parts: list[tuple[Any, ...]] = []
    for (_, inner), column in zip(plan(row), zip(*rows, strict=True), strict=True):
        if inner is None:
            parts.append(column)
        else:
            parts.extend(zip(*column, strict=True))
    return tuple(parts)


def rows_of(row: type[Row], parts: Parts) -> tuple[Row, ...]:
    """The rows of the columns."""
    rest = iter(parts)
    fields = [
        next(rest) if inner is None else _inner(inner, tuple(islice(rest, len(inner))))
        for _, inner in plan(row)
    ]
    return tuple(map(_maker(row), zip(*fields, strict=False)))  # a blank amount is repeated without end


@cache
def plan(row: type[Any]) -> tuple[tuple[str, Any | None], ...]:
    """Each field of a row type with None, or with its blank value where that has parts of its own."""
    hints, blank = get_type_hints(row), row._field_defaults
    return tuple((name, blank[name] if hasattr(hints[name], "_fields") else None) for name in row._fields)


def _inner(blank: Any, parts: Parts) -> Iterable[Any]:  # noqa: ANN401  # any named tuple
    """A field's values of their parts; where all are blank they share one, which most columns are made of."""
    values = map(_maker(type(blank)), zip(*parts, strict=True))
    if all(part.count(nothing) == len(part) for part, nothing in zip(parts, blank, strict=True)):
        return chain.from_iterable(map(repeat, islice(values, 1)))
    return values


def _maker(row: type[Row]) -> Callable[[Iterable[Any]], Row]:
    """`row._make` without its check of the length, which `zip` has seen to: it is called a million times."""
    return partial(tuple.__new__, row)


class Columns(Sequence[Row], Generic[Row]):
    """Rows of one type held by columns, frozen: a million check-ins are not four million tuples."""

    __slots__ = ("parts", "row")

    def __init__(self, row: type[Row], parts: Parts) -> None:
        self.row, self.parts = row, parts

    @classmethod
    def of(cls, row: type[Row], rows: Iterable[Row] = ()) -> Columns[Row]:
        """The columns of these rows."""
        return cls(row, parts_of(row, tuple(rows)))

    def where(self, keep: Iterable[bool]) -> Columns[Row]:
        """Those of the rows for which `keep` is true."""
        chosen = tuple(keep)
        return Columns(self.row, tuple(tuple(compress(part, chosen)) for part in self.parts))

    def column(self, field: str) -> tuple[Any, ...]:
        """The values of a field that has no parts of its own."""
        at = 0
        for name, blank in plan(self.row):
            if name == field:
                break
            at += 1 if blank is None else len(blank)
        return self.parts[at]

    def __len__(self) -> int:
        return len(self.parts[0])

    def __iter__(self) -> Iterator[Row]:
        return iter(rows_of(self.row, self.parts))

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Columns[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Columns[Row]:
        if isinstance(at, slice):
            return Columns(self.row, tuple(part[at] for part in self.parts))
        return rows_of(self.row, tuple((part[at],) for part in self.parts))[0]

    def __add__(self, more: Columns[Row]) -> Columns[Row]:
        pairs = zip(self.parts, more.parts, strict=True)
        return Columns(self.row, tuple((*one, *other) for one, other in pairs))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Columns):
            return NotImplemented
        return self.row is other.row and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __repr__(self) -> str:
        return f"Columns.of({self.row.__name__}, {list(self)!r})"
