"""Rows by columns and back; a table too long for a tuple a row is kept so.

A row is a named tuple. Its columns stand in the order of its fields; a field that is a named tuple itself
(an Amount) gives one column for each of its parts, side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cache, lru_cache, partial
from itertools import chain, compress, islice, repeat
from typing import Any, Generic, NamedTuple, TypeVar, get_type_hints, overload

from sync.core.packed import Packed, pack, unpack

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


@cache
def dates_of(row: type[Row]) -> frozenset[int]:
    """Which of a row type's parts hold dates."""
    hints = get_type_hints(row)
    kinds = [hints[name] for name, inner in plan(row) for _ in (inner or (None,))]
    return frozenset(at for at, kind in enumerate(kinds) if kind == date | None)


def _inner(blank: Any, parts: Parts) -> Iterable[Any]:  # noqa: ANN401  # any named tuple
    """A field's values of their parts; where all are blank they share one, which most columns are made of."""
    values = map(_maker(type(blank)), zip(*parts, strict=True))
    if all(part.count(nothing) == len(part) for part, nothing in zip(parts, blank, strict=True)):
        return chain.from_iterable(map(repeat, islice(values, 1)))
    return values


def _maker(row: type[Row]) -> Callable[[Iterable[Any]], Row]:
    """`row._make` without its check of the length, which `zip` has seen to: it is called a million times."""
    return partial(tuple.__new__, row)


class Kept(NamedTuple):
    """Rows that stand in a `sync.core.stack.Stack`, from row `first` on; `load` gives them packed."""

    stack: Any
    first: int
    load: Callable[[], tuple[Packed, ...]]


class Columns(Sequence[Row], Generic[Row]):
    """Rows of one type held by columns, frozen: a million check-ins are not four million tuples.

    Columns that come packed are unpacked when somebody looks at their cells; those that are `kept` are
    not even loaded before.
    """

    __slots__ = ("_count", "_packed", "_parts", "_rows", "kept", "row")

    def __init__(
        self,
        row: type[Row],
        parts: Parts | None = None,
        *,
        packed: tuple[Packed, ...] | None = None,
        kept: Kept | None = None,
        count: int = 0,
    ) -> None:
        """From their parts; or from what `packed` gave, or will give, of so many rows."""
        self.row, self._count = row, len(parts[0]) if parts else count
        self.kept = kept
        self._parts, self._packed = parts, packed
        self._rows: tuple[Row, ...] | None = None

    @classmethod
    def of(cls, row: type[Row], rows: Iterable[Row] = ()) -> Columns[Row]:
        """The columns of these rows."""
        return rows if isinstance(rows, Columns) else cls(row, parts_of(row, tuple(rows)))

    @property
    def packed(self) -> tuple[Packed, ...]:
        """The parts as they are stored, a date as its ISO text; of no rows there are none."""
        if self._packed is None and self._parts is None and self.kept:
            self._packed = self.kept.load()
        if self._packed is None:
            dated = dates_of(self.row)
            parts = enumerate(self.parts if self else ())
            self._packed = tuple(pack(_texts(part) if at in dated else part) for at, part in parts)
        return self._packed

    @property
    def parts(self) -> Parts:
        """The columns, an amount as four."""
        if self._parts is None:
            self._parts = tuple(map(self._part, range(len(self.packed))))
        return self._parts

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows, made once."""
        if self._rows is None:
            self._rows = rows_of(self.row, self.parts)
        return self._rows

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
        return self._part(at) if self._parts is None else self._parts[at]

    def _part(self, at: int) -> tuple[Any, ...]:
        cells = unpack(self.packed[at], self._count)
        return tuple(map(_day, cells)) if at in dates_of(self.row) else cells

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Columns[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Columns[Row]:
        if isinstance(at, slice):
            return Columns(self.row, tuple(part[at] for part in self.parts))
        return self.rows[at]

    def __add__(self, more: Columns[Row]) -> Columns[Row]:
        pairs = zip(self.parts, more.parts, strict=True)
        return Columns(self.row, tuple((*one, *other) for one, other in pairs))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Columns):
            return self.row is other.row and self.parts == other.parts
        return self.rows == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.rows)

    def __reduce__(self) -> tuple[Any, ...]:
        return Columns, (self.row, self.parts)

    def __repr__(self) -> str:
        return repr(self.rows)


def _texts(days: Iterable[date | None]) -> list[str]:
    return [day.isoformat() if day else "" for day in days]


@lru_cache(maxsize=10_000)
def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
