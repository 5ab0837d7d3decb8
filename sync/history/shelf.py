"""The sheets of the last run and their columns, on a shelf beside the history: a file that spares most work.

What lies there is history's own content under the digests of its documents, so a sheet that has not changed
is neither unpacked nor laid out again. It may be deleted: a shelf that is missing, damaged, of another
okrsync, or that holds a sheet which history has forgotten, is none, and then everything is read from history,
which gives the same and takes longer. It holds people's words and is as private as the history.

The file: a line that says what it is, the length of a JSON text, the text, the arrays, a SHA-256 of it all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sync.core.columns import Columns, Kept
from sync.core.model import Binding, Team, TeamSheet
from sync.core.packed import Packed, pack, unpack
from sync.core.portfolio import Portfolio
from sync.core.stack import TABLES as STACKED
from sync.core.stack import Coded, Held, Stack, names_of, stack_of
from sync.history.folders import SHELF
from sync.history.payload import TABLES, columns_for, dumps, gone_of, table_in, text_of
from sync.history.records import SourceRecord

MOST_WORDS = 50_000
"""Check-ins of which the words lie there: those that a master lists."""
_WORTH = 0.05  # rewritten when more than this share of the sheets had to be read from history
_LENGTH = struct.Struct("<Q")
_SEAL = hashlib.sha256().digest_size


class Shelf(NamedTuple):
    """What lies on a shelf: the stack, and by digest what is to be known of a sheet besides its tables."""

    stack: Stack
    places: Mapping[str, int]
    heads: Sequence[TeamSheet]
    counts: Mapping[str, Sequence[int]]
    firsts: Mapping[str, Sequence[int]]

    def sheet(self, digest: str, data: bytes) -> TeamSheet | None:
        """The sheet of a document that is unpacked once somebody looks into its tables; None if not there."""
        at = self.places.get(digest)
        if at is None:
            return None
        document = _Document(data)
        tables: dict[str, Any] = {
            name: Columns(row, kept=self._kept(name, at, partial(document.packed, name, row)), count=count)
            for name, row in TABLES
            if (count := self.counts[name][at])
        }
        return self.heads[at]._replace(**tables)

    def _kept(self, name: str, at: int, load: Any) -> Kept:  # noqa: ANN401  # see Kept
        return Kept(self.stack, self.firsts[name][at], load)


NOTHING = Shelf(Stack({}, np.zeros(0, dtype=np.int64), {}), {}, (), {}, {})


class _Document:
    """A document that is unpacked once, if at all."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def packed(self, name: str, row: type[Any]) -> tuple[Packed, ...]:
        return table_in(row, self._content[name]).packed

    @cached_property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(text_of(self._data))
        return content


def fetched(folder: Path) -> Shelf:
    """The shelf in the state folder; an empty one where there is none that can be used."""
    try:
        data = memoryview((folder / SHELF).read_bytes())
    except OSError:
        return NOTHING
    body, manner = data[:-_SEAL], _manner()
    if body[: len(manner)] != manner or data[-_SEAL:] != hashlib.sha256(body).digest():
        return NOTHING
    (length,) = _LENGTH.unpack_from(body, len(manner))
    start = len(manner) + _LENGTH.size
    content = json.loads(bytes(body[start : start + length]).decode("utf-8", "surrogatepass"))
    return _shelf(content, dict(_arrays(content["arrays"], body[start + length :])))


def put(folder: Path, portfolio: Portfolio, records: Callable[[], Mapping[str, SourceRecord]]) -> None:
    """Lays the portfolio's sheets on the shelf, unless nearly all of them lie there.

    `records` gives history's, after the run. Where the file cannot be written, there is none.
    """
    fresh = sum(not any(map(_is_kept, sheet)) for sheet in portfolio.sheets)
    if fresh <= _WORTH * len(portfolio.sheets):
        return
    body = b"".join(_body(portfolio, records()))
    binary = getattr(os, "O_BINARY", 0)
    with contextlib.suppress(OSError):
        handle = os.open(folder / SHELF, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | binary, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.write(hashlib.sha256(body).digest())


def _is_kept(value: object) -> bool:
    return isinstance(value, Columns) and value.kept is not None


@cache
def _manner() -> bytes:
    """By which okrsync, and of which columns, a shelf is."""
    columns = [(name, row._fields) for name, row in TABLES], list(map(names_of, STACKED))
    found = repr((version("okrsync"), sys.byteorder, columns, Team._fields, Binding._fields))
    return b"okrsync shelf 1\n" + hashlib.sha256(found.encode()).digest()


# ---------------------------------------------------------------- into the file


def _body(p: Portfolio, records: Mapping[str, SourceRecord]) -> Iterator[bytes]:
    stack = stack_of(p, np.sort(p.newest_check_ins(MOST_WORDS)))
    parts = list(_parts(stack))
    content = _heads(p, records) | {"arrays": [about for about, _ in parts]}
    text = dumps(content).encode("utf-8", "surrogatepass")
    yield from (_manner(), _LENGTH.pack(_filled(len(text))), text.ljust(_filled(len(text))))
    for _, values in parts:
        data = values.tobytes()
        yield data.ljust(_filled(len(data)))


def _filled(size: int) -> int:
    """The size with what makes numbers behind it begin where machines like them to."""
    return size + -size % 8


def _heads(p: Portfolio, records: Mapping[str, SourceRecord]) -> dict[str, Any]:
    layouts: dict[str, int] = {}
    of_sheets = [dumps([sheet.bindings, sheet.team_rows]) for sheet in p.sheets]
    return {
        "digests": [_digest(*pair, records) for pair in zip(p.sources["key"], p.sheets, strict=True)],
        "source": pack([sheet.source for sheet in p.sheets]),
        "book_id": pack([sheet.book_id for sheet in p.sheets]),
        "team": columns_for(Team, [sheet.team for sheet in p.sheets]),
        "layout": [layouts.setdefault(layout, len(layouts)) for layout in of_sheets],
        "layouts": list(layouts),
        "gone": [sheet.gone for sheet in p.sheets],
        "counts": {name: [len(getattr(sheet, name)) for sheet in p.sheets] for name, _ in TABLES},
    }


def _digest(key: str, sheet: TeamSheet, records: Mapping[str, SourceRecord]) -> str:
    """That of the sheet's document; "" where history has it under another name than the run."""
    record = records.get(key)
    return record.digest if record and record.name == sheet.source else ""


_About = tuple[str, str, str, int, tuple[int, Packed] | None]
"""Of an array: table, column, numpy's type, length; the number of its distinct texts, and these."""


def _parts(stack: Stack) -> Iterator[tuple[_About, npt.NDArray[Any]]]:
    tables = {**stack.tables, _WORDS: stack.words, _LISTED: {"": stack.listed}}
    for table, columns in tables.items():
        for name, held in columns.items():
            values, words = (held.code, held.words) if isinstance(held, Coded) else (held, None)
            texts = None if words is None else (len(words), pack(words.tolist()) if len(words) else [])
            yield (table, name, values.dtype.str, len(values), texts), values


_WORDS, _LISTED = "words", "listed"


# ---------------------------------------------------------------- and out of it


def _arrays(abouts: Sequence[_About], data: memoryview) -> Iterator[tuple[tuple[str, str], Held]]:
    at = 0
    for table, name, kind, count, texts in abouts:
        values = np.frombuffer(data, dtype=kind, count=count, offset=at)
        at += _filled(values.nbytes)
        if texts is None:
            yield (table, name), values
        else:
            words = np.fromiter(unpack(texts[1], texts[0]), dtype=np.object_, count=texts[0])
            yield (table, name), Coded(values, words)


def _shelf(content: Mapping[str, Any], arrays: Mapping[tuple[str, str], Held]) -> Shelf:
    tables: dict[str, dict[str, Held]] = {name: {} for name in (*STACKED, _WORDS, _LISTED)}
    for (table, name), held in arrays.items():
        tables[table][name] = held
    words, listed = tables.pop(_WORDS), tables.pop(_LISTED)[""]
    places = {digest: at for at, digest in enumerate(content["digests"]) if digest}
    firsts = {name: list(accumulate(counts, initial=0)) for name, counts in content["counts"].items()}
    stack = Stack(tables, np.asarray(listed), words)
    return Shelf(stack, places, list(_sheets(content)), content["counts"], firsts)


def _sheets(content: Mapping[str, Any]) -> Iterator[TeamSheet]:
    """The sheets without their tables. Those alike share where their columns stand."""
    layouts = [json.loads(layout) for layout in content["layouts"]]
    known = [({key: Binding(*one) for key, one in bindings.items()}, rows) for bindings, rows in layouts]
    teams = table_in(Team, content["team"]).rows
    texts = (unpack(content[name], len(teams)) for name in ("source", "book_id"))
    for source, book, team, layout, gone in zip(
        *texts, teams, content["layout"], content["gone"], strict=True
    ):
        bindings, rows = known[layout]
        yield TeamSheet(source, team, bindings=bindings, team_rows=rows, book_id=book, gone=gone_of(gone))
