"""Finders of the S rules that need more than one table or sheet; `structure` declares them."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sync.core.checks.finding import Hit, finds
from sync.core.checks.structure import S108, S115, S118, S119
from sync.core.checks.wording import counted, did_you_mean, some
from sync.core.model import split_id, split_several
from sync.core.problems import shorten
from sync.core.schema import BY_KEY

if TYPE_CHECKING:
    from sync.core.checks.view import View


@finds(S108)
def id_of_several_units(view: View) -> Iterator[Hit]:
    """Objectives, and key results, whose id another unit uses too."""
    for table in ("objectives", "key_results"):
        units_of: dict[str, dict[int, list[int]]] = defaultdict(dict)
        shared = view.repeated(table, "id", view.present(table))
        for key, row_id, unit in view.rows(table, shared, "id", "unit_key"):
            units_of[row_id].setdefault(unit, []).append(key)
        for row_id, by_unit in units_of.items():
            if len(by_unit) > 1:
                yield from _shared(view, table, row_id, by_unit)


def _shared(view: View, table: str, row_id: str, by_unit: Mapping[int, list[int]]) -> Iterator[Hit]:
    first = list(by_unit)[:4]
    for unit, keys in by_unit.items():
        others = [view.name("units", other) for other in first if other != unit][:3]
        for key in keys:
            yield Hit(table, key, "id", row_id, {"other": some(others, len(by_unit) - 1)})


@finds(S115)
def unknown_owner(view: View) -> Iterator[Hit]:
    """Owners of objectives and key results who are not in the people list, if there is one."""
    if not view.portfolio.people:
        return
    people = _People(view)
    for table in ("objectives", "key_results"):
        owned = view.at_work(table) & (view.column(table, "owner") != "")
        for key, owners in view.rows(table, owned, "owner"):
            for owner in split_several(owners):
                if not people.knows(owner):
                    yield Hit(table, key, "owner", owner, {"suggestion": people.suggest(owner)})


class _People:
    """The people list, asked for names and e-mail addresses without regard to case and blanks.

    What it suggests are names: addresses stay in the people list (TRUST 24).
    """

    def __init__(self, view: View) -> None:
        self._names = [person.name for person in view.portfolio.people if person.name]
        addresses = (person.email for person in view.portfolio.people if person.email)
        self._known = {_folded(text) for text in (*self._names, *addresses)}
        self._suggestions: dict[str, str] = {}

    def knows(self, owner: str) -> bool:
        """Whether somebody has that name, that address, or `Name <address>`."""
        name, bracket, address = owner.partition("<")
        spelled = [owner] if not bracket else [owner, name, address.rstrip("> ")]
        return any(_folded(text) in self._known for text in spelled)

    def suggest(self, owner: str) -> str:
        """Who was probably meant, or what to do."""
        if owner not in self._suggestions:
            otherwise = "Write the name as in the people list, or add the person to it."
            self._suggestions[owner] = did_you_mean(owner.partition("@")[0], self._names, otherwise)
        return self._suggestions[owner]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


# --- S118, S119: rows that name something their sheet does not have ---------------------------------------


@finds(S118)
def without_objective(view: View) -> Iterator[Hit]:
    """Key results whose Objective ID is blank among several objectives, or names none of them."""
    state = view.column("key_results", "objective_state")
    lost = view.present("key_results") & (state != "ok") & view.sheet_has("key_results", "objectives")
    names = _NamesBySheet(view, "objectives", "objective")
    for key, raw, unit in view.rows("key_results", lost, "objective_id", "unit_key"):
        known = names.of(unit)
        reason = f'says "{shorten(raw)}", which is no objective of this sheet' if raw else "is blank"
        if {raw, split_id(raw)} & set(known):
            reason = f'says "{shorten(raw)}", which several objectives of this sheet are called'
            suggestion = "Give each of those objectives an ID of its own, and write the one that is meant."
        elif not known:
            suggestion = "Write the objective on the Objectives tab, with that id."
        elif raw:
            suggestion = did_you_mean(
                raw, known, "Write the ID, or the exact text, of one of the objectives."
            )
        else:
            suggestion = (
                "Write the ID of the objective that it measures; blank is enough only for a single one."
            )
        yield Hit("key_results", key, "objective_id", raw, {"reason": reason, "suggestion": suggestion})


@finds(S119)
def without_key_result(view: View) -> Iterator[Hit]:
    """Rows of Check-ins and Initiatives whose KR ID is blank, or names none or several of their sheet's.

    One hit for each such id of a tab, at its first row: a key result that was deleted had many check-ins.
    """
    names = _NamesBySheet(view, "key_results", "key_result")
    for table in ("check_ins", "initiatives"):
        lost = (view.column(table, "kr_key") < 0) & view.bound(table, "kr_id")
        rows_of: dict[tuple[int, str], list[int]] = defaultdict(list)
        for key, raw, unit in view.rows(
            table, lost & view.sheet_has(table, "key_results"), "kr_id", "unit_key"
        ):
            rows_of[unit, raw].append(key)
        texts = _texts(view) if rows_of else Counter()
        for (unit, raw), keys in rows_of.items():
            filling = _no_key_result(table, raw, len(keys), names.of(unit), texts[unit, raw])
            yield Hit(table, keys[0], "kr_id", raw, filling)


def _texts(view: View) -> Counter[tuple[int, str]]:
    """How many key results of a unit's sheet have each text."""
    rows = view.rows("key_results", view.present("key_results"), "unit_key", "key_result")
    return Counter((unit, text) for _, unit, text in rows)


def _no_key_result(table: str, raw: str, rows: int, known: list[str], alike: int) -> dict[str, str]:
    more = f" (and in {counted(rows - 1, 'more row')})" if rows > 1 else ""
    otherwise = "Write the ID of the key result that it belongs to."
    if raw and alike > 1:
        return {
            "column": BY_KEY[table].by_field["kr_id"].name,
            "reason": f'says "{shorten(raw)}"{more}, which is the text of {alike} key results of this sheet',
            "suggestion": otherwise,
        }
    return {
        "column": BY_KEY[table].by_field["kr_id"].name,
        "reason": f'says "{shorten(raw)}"{more}, which is no key result of this sheet'
        if raw
        else f"is blank{more}",
        "suggestion": did_you_mean(raw, known, otherwise) if raw else otherwise,
    }


class _NamesBySheet:
    """Ids, and the texts of rows without one, of a table's rows by unit; read when first asked."""

    def __init__(self, view: View, table: str, text: str) -> None:
        self._view, self._table, self._text = view, table, text
        self._by_unit: dict[int, list[str]] = {}

    def of(self, unit: int) -> list[str]:
        """What a reference in a unit's sheet can name."""
        if not self._by_unit:
            for _, at, row_id, text in self._view.rows(
                self._table, self._view.present(self._table), "unit_key", "id", self._text
            ):
                self._by_unit.setdefault(at, []).append(row_id or text)
        return self._by_unit.get(unit, [])
