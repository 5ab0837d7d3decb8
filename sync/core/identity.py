"""Who is who: every objective and key result of a sheet gets the identity under which history knows it.

The rules are OKR.md §1. An identity is, within a unit and cycle and a table:
    the id itself               `MKT-O1`, byte for byte (one that begins with ~ ! ' gets a ' in front)
    `~` and twelve hex digits   provisional: the id is blank, so the text is what tells the row
    `!12:MKT-O1`                none: the row in line 12 cannot be told apart from another, and is not scored
Ids of objectives and of key results are apart: the same id in both tables is no clash.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from sync.core.checks.structure import S107
from sync.core.model import KeyResultRow, ObjectiveRow, TeamSheet
from sync.core.problems import Problem
from sync.core.standing import TABLES, AnyRow, Known, Rename, base_identity, is_invalid, text_of

__all__ = [
    "Known",
    "Rename",
    "Resolved",
    "base_identity",
    "identity_of_id",
    "is_invalid",
    "known_rows",
    "normalised",
    "provisional",
    "resolve",
    "text_of",
]

RowType = TypeVar("RowType", ObjectiveRow, KeyResultRow)


class Resolved(NamedTuple):
    """The sheet with every row's identity, and what is to be followed and told."""

    sheet: TeamSheet
    renames: tuple[Rename, ...]
    problems: tuple[Problem, ...]


def resolve(sheet: TeamSheet, known: Sequence[Known] = ()) -> Resolved:
    """The sheet with identities, itself if it has them. `known` are history's rows of its unit and cycle.

    It makes no difference which identities the sheet had before.
    """
    objectives = _Table(sheet, "objectives", sheet.objectives, known)
    key_results = _Table(sheet, "key_results", sheet.key_results, known)
    tables = (objectives, key_results)
    return Resolved(
        _filled(sheet, objectives.identities, key_results.identities),
        tuple(rename for table in tables for rename in table.renames),
        tuple(problem for table in tables for problem in table.problems),
    )


def known_rows(sheet: TeamSheet) -> Iterator[Known]:
    """The rows of a resolved sheet as history will know them; rows without an identity are left out."""
    for table in TABLES:
        for row in getattr(sheet, table):
            if not is_invalid(row.identity):
                yield Known(table, row.identity, row.id, text_of(row))


def normalised(text: str) -> str:
    """The text in Unicode's composed form with white space folded; case counts."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def provisional(text: str) -> str:
    """The identity of a row without an id: the same for every spelling of white space and accents."""
    plain = normalised(text).encode("utf-8", "surrogatepass")
    return "~" + hashlib.sha1(plain, usedforsecurity=False).hexdigest()[:12]


def identity_of_id(id_: str) -> str:
    """The identity of a row by its id. Our own signs at its beginning are quoted: none can be forged."""
    return "'" + id_ if id_[:1] in {"~", "!", "'"} else id_


def _filled(sheet: TeamSheet, objectives: Mapping[int, str], key_results: Mapping[int, str]) -> TeamSheet:
    if _have(sheet.objectives, objectives) and _have(sheet.key_results, key_results):
        return sheet
    return sheet._replace(
        objectives=_named(sheet.objectives, objectives), key_results=_named(sheet.key_results, key_results)
    )


def _have(rows: Sequence[AnyRow], identities: Mapping[int, str]) -> bool:
    return all(row.identity == identities[place] for place, row in enumerate(rows))


def _named(rows: Sequence[RowType], identities: Mapping[int, str]) -> tuple[RowType, ...]:
    return tuple(row._replace(identity=identities[place]) for place, row in enumerate(rows))


class _Table:
    """One table being resolved: `identities` by place, in three passes: ids, blank ids, first ids."""

    def __init__(self, sheet: TeamSheet, name: str, rows: Sequence[AnyRow], known: Sequence[Known]) -> None:
        self.sheet, self.name, self.rows = sheet, name, rows
        self.known = {row.identity: row for row in known if row.table == name}
        self.identities: dict[int, str] = {}
        self.problems: list[Problem] = []
        blank = self._by_id()
        self._by_text(blank)
        self.renames = tuple(self._first_ids())

    def _by_id(self) -> list[int]:
        """Identities of the rows with an id; returns the places of those that count as blank."""
        places = _grouped((row.id, place) for place, row in enumerate(self.rows))
        blank = places.pop("", [])
        for id_, same in places.items():
            keeper = same[0] if len(same) == 1 else self._keeper(id_, same)
            if keeper is None:
                self._refuse(same, identity_of_id(id_))
            else:
                self.identities[keeper] = identity_of_id(id_)
                blank += [place for place in same if place != keeper]
            if len(same) > 1:
                self._report(same, keeper)
        return sorted(blank)

    def _keeper(self, id_: str, same: Sequence[int]) -> int | None:
        """The only one of several rows whose text is the one that history knows under the id."""
        known = self.known.get(identity_of_id(id_))
        matching = [place for place in same if known and self._text(place) == normalised(known.text)]
        return matching[0] if len(matching) == 1 else None

    def _by_text(self, blank: Sequence[int]) -> None:
        """Identities of the rows that have no id of their own: known by their text, else provisional."""
        if not blank:
            return
        taken = set(self.identities.values()) | {identity_of_id(row.id) for row in self.rows if row.id}
        of_text = _grouped((normalised(row.text), row.identity) for row in self.known.values())
        for text, same in _grouped((self._text(place), place) for place in blank).items():
            free = [identity for identity in of_text.get(text, []) if identity not in taken]
            identity = free[0] if len(free) == 1 else provisional(text)
            if len(same) == 1:
                self.identities[same[0]] = identity
            else:
                self._refuse(same, identity)
                self._report_twins(same)

    def _first_ids(self) -> Iterator[Rename]:
        """Rows whose id is new while history knows their text without an id."""
        taken = set(self.identities.values())
        without_id = {
            normalised(row.text): row.identity
            for row in self.known.values()
            if not row.id and row.identity not in taken
        }
        if not without_id:
            return
        new = [
            (self._text(place), identity)
            for place, identity in self.identities.items()
            if self.rows[place].id
            and identity == identity_of_id(self.rows[place].id)
            and identity not in self.known
        ]
        texts = Counter(text for text, _ in new)
        for text, identity in new:
            if text in without_id and texts[text] == 1:
                yield Rename(self.name, without_id[text], identity)

    def _text(self, place: int) -> str:
        return normalised(text_of(self.rows[place]))

    def _refuse(self, places: Iterable[int], identity: str) -> None:
        for place in places:
            self.identities[place] = f"!{self.rows[place].row}:{identity}"

    def _report(self, same: Sequence[int], keeper: int | None) -> None:
        """S107 at every row that does not keep the id, naming the others."""
        for place in same:
            if place == keeper:
                continue
            others = [other for other in same if other != place]
            self.problems.append(self._problem(place, others, self._outcome(keeper)))

    def _outcome(self, keeper: int | None) -> str:
        if keeper is None:
            return "None of these rows is scored, because okrsync cannot tell which one the id belongs to."
        kept = self.sheet.ref(self.name, self.rows[keeper].row, "id").cell
        return f"The row at {kept} keeps it: its text is the known one. This row is followed by its text."

    def _report_twins(self, same: Sequence[int]) -> None:
        """As S107, for rows that have neither an id nor a text of their own."""
        for place in same:
            others = [other for other in same if other != place]
            found = self._problem(place, others, "")
            message = (
                f"The row at {found.tab}!{found.cell} and the one at {self._cells(others)} have the same text"
                " and no id of their own, so they cannot be told apart. None of them is scored."
            )
            hint = "Give each of them an id of its own, or delete the one that is too many."
            self.problems.append(found._replace(message=message, hint=hint))

    def _problem(self, place: int, others: Sequence[int], outcome: str) -> Problem:
        row = self.rows[place]
        ref = self.sheet.ref(self.name, row.row, "id")
        return S107.problem(
            source=self.sheet.source,
            unit=self.sheet.team.unit,
            tab=ref.tab,
            cell=ref.cell,
            row_id=row.id,
            value=row.id or text_of(row),
            other=self._cells(others),
            outcome=outcome,
        )

    def _cells(self, places: Sequence[int]) -> str:
        return ", ".join(self.sheet.ref(self.name, self.rows[place].row, "id").cell for place in places)


Item = TypeVar("Item")


def _grouped(pairs: Iterable[tuple[str, Item]]) -> dict[str, list[Item]]:
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for key, item in pairs:
        groups[key].append(item)
    return dict(groups)
