"""Team sheets into a Portfolio: rows become columns, references become keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, islice, repeat
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sync.core.arrays import Bools, Ints, Texts, keys
from sync.core.collector import no_collector
from sync.core.columns import Columns, Row, parts_of, plan
from sync.core.cycle import Cycle, current, resolve
from sync.core.identity import identity_of_id, is_invalid
from sync.core.linking import (
    Directory,
    Link,
    Node,
    align,
    break_loops,
    depend,
    find_objective,
    named_in,
    objective_finder,
    owns_id,
)
from sync.core.measures import infer
from sync.core.model import (
    Ambition,
    Amount,
    CheckInRow,
    InitiativeRow,
    KeyResultRow,
    Measure,
    ObjectiveRow,
    Person,
    Status,
    Team,
    TeamSheet,
)
from sync.core.packed import Packed, together
from sync.core.policy import Organisation
from sync.core.portfolio import CHECK_IN_WORDS, Origin, Portfolio, Seen


@no_collector()
def gather(
    sheets: Sequence[TeamSheet],
    origins: Sequence[Origin],
    *,
    organisation: Organisation,
    as_of: date,
    people: Sequence[Person] = (),
    seen: Mapping[tuple[str, str, str], Seen] | None = None,
    other_cycle_ids: Collection[str] = (),
) -> Portfolio:
    """The Portfolio of the sheets of one cycle, in an order that does not depend on the order they came in.

    `origins[i]` belongs to `sheets[i]`; units are unique (see `sync.core.selection`). `seen` is keyed by
    (unit, cycle, identity).
    """
    pairs = sorted(zip(sheets, origins, strict=True), key=lambda pair: (pair[0].team.unit, pair[1].key))
    ordered = tuple(sheet for sheet, _ in pairs)
    units = _units(ordered, organisation, as_of)
    objectives = _objectives(ordered)
    key_results = _key_results(ordered, objectives, units, seen or {})
    check_ins = _of_key_results(ordered, "check_ins", key_results)
    initiatives = _of_key_results(ordered, "initiatives", key_results)
    alignments, dependencies = _links(units, objectives, key_results, other_cycle_ids)
    sources = pd.DataFrame([origin for _, origin in pairs], columns=Origin._fields, dtype=object)
    sources["unit_key"] = np.arange(len(ordered), dtype=np.int64)
    return Portfolio(
        units,
        objectives,
        key_results,
        check_ins,
        initiatives,
        alignments,
        dependencies,
        sources,
        tuple(people),
        ordered,
    )


# --- columns ------------------------------------------------------------------------------------

_DATES = frozenset({"date", "last_check_in", "starts", "due"})


def _table(sheets: Sequence[TeamSheet], table: str, row_type: type[Row]) -> dict[str, Any]:
    """The columns of one table of all sheets; source_key and unit_key are the same number here."""
    tables = [Columns.of(row_type, getattr(sheet, table)) for sheet in sheets]
    counts = [len(rows) for rows in tables]
    filled = [count for count in counts if count]
    nothing = repeat((), len(parts_of(row_type, ())))  # without any row there are columns, too
    parts = zip(*(rows.packed for rows in tables if rows), strict=True) if filled else nothing
    source = np.repeat(np.arange(len(sheets), dtype=np.int64), counts)
    frame: dict[str, Any] = {"unit_key": source, "source_key": source.copy()}
    for name, blank in plan(row_type):
        packed = list(islice(parts, 1 if blank is None else len(blank)))
        if table == "check_ins" and name in CHECK_IN_WORDS:
            continue
        used = packed if name == "current" else packed[:3]  # only of `current` a rule asks for formulas
        whole = [_joined(part, filled) for part in used]
        frame |= {name: _typed(name, *whole)} if blank is None else _amount(name, *whole)
    return frame


def _joined(packed: Sequence[Packed], counts: Sequence[int]) -> Texts:
    """One column of all sheets."""
    same = [part[""] for part in packed if isinstance(part, dict)]
    if len(same) == len(packed):
        return np.repeat(_cells(same), np.array(counts, dtype=np.int64))
    return _cells(together(packed, counts), sum(counts))


def _cells(values: Iterable[Any], count: int = -1) -> Texts:
    return np.fromiter(values, dtype=np.object_, count=count)


def _part(rows: Sequence[Any], at: int) -> list[Any]:
    """One part of every row."""
    return list(map(itemgetter(at), rows))


def _typed(name: str, column: Texts) -> Any:  # noqa: ANN401  # what a frame's column is made of
    if name in _DATES:
        day_of = {text: date.fromisoformat(text).toordinal() if text else 0 for text in set(column)}
        return _moments(map(day_of.__getitem__, column), len(column))
    return column.astype(np.int64) if name == "row" else _texts(column)


def _amount(name: str, value: Texts, was: Texts, raw: Texts, *formula: Texts) -> dict[str, Any]:
    """An Amount column as three: the number, what it was, its own text (and whether Current is a formula)."""
    numbers = value.astype(np.float64)  # None becomes NaN
    numbers[~np.isfinite(numbers)] = np.nan
    columns = {name: numbers, f"{name}_was": _texts(was), f"{name}_raw": _texts(raw)}
    if name == "current":
        columns["current_formula"] = formula[0].astype(np.bool_)
    return columns


_EPOCH = date(1970, 1, 1).toordinal()
_NO_DATE = np.iinfo(np.int64).min  # how numpy stores NaT


def _dates(column: Sequence[date | None] | Texts) -> npt.NDArray[Any]:
    """The column as datetime64[s]."""
    return _moments((0 if day is None else day.toordinal() for day in column), len(column))


def _moments(ordinals: Iterable[int], count: int) -> npt.NDArray[Any]:
    days = np.fromiter(ordinals, np.int64, count)
    return np.where(days == 0, _NO_DATE, (days - _EPOCH) * 86_400).view("datetime64[s]")


def _texts(column: Sequence[str] | Texts) -> pd.Series[Any]:
    return pd.Series(column, dtype=object, copy=False)


# --- tables -------------------------------------------------------------------------------------


def _units(sheets: Sequence[TeamSheet], organisation: Organisation, as_of: date) -> pd.DataFrame:
    teams = [sheet.team for sheet in sheets]
    named = {team.unit for team in teams}
    grouping = sorted({team.parent for team in teams if team.parent} - named)
    cycle_of = _cycle_resolver(organisation, as_of)
    names = [team.unit for team in teams] + grouping
    teams = teams + [
        Team(unit=name, cycle=teams[0].cycle, starts=teams[0].starts, ends=teams[0].ends) for name in grouping
    ]
    cycles = [cycle_of(team) for team in teams]
    weights = [team.weight for team in teams]
    frame: dict[str, Any] = {
        name: _texts([getattr(team, name) for team in teams])
        for name in ("unit", "level", "parent", "cycle", "champion", "manager", "time_zone")
    }
    frame |= _amount("weight", *map(_cells, parts_of(Amount, weights)))
    frame["starts"] = _dates([cycle.starts for cycle in cycles])
    frame["ends"] = _dates([cycle.ends for cycle in cycles])
    frame["source_key"] = np.array([*range(len(sheets)), *[-1] * len(grouping)], dtype=np.int64)
    frame["grouping"] = np.array([False] * len(sheets) + [True] * len(grouping))
    key_of = {name: key for key, name in enumerate(names)}
    parents, in_loop = _parents([key_of.get(team.parent, -1) for team in teams])
    frame["parent_key"] = parents
    frame["in_loop"] = in_loop
    levels = [team.level for team in teams]
    frame["parent_level"] = _texts([levels[parent] if parent >= 0 else "" for parent in parents])
    return pd.DataFrame(frame)


def _cycle_resolver(organisation: Organisation, as_of: date) -> Callable[[Team], Cycle]:
    """The cycle of a Team tab; one that names no dates of its own falls back to the organisation's."""
    fallback = current(organisation, as_of)

    def cycle_of(team: Team) -> Cycle:
        own = resolve(team.cycle, team.starts, team.ends, organisation.fiscal_year_start)
        return own or fallback._replace(name=team.cycle)

    return cycle_of


def _parents(wanted: Sequence[int]) -> tuple[Ints, Bools]:
    """(parent keys, in_loop): the units of a Parent chain that comes back to itself are cut loose."""
    state = [0] * len(wanted)  # 0 unseen, 1 on the path being walked, 2 settled
    in_loop = np.zeros(len(wanted), dtype=bool)
    for start in range(len(wanted)):
        path = []
        at = start
        while at >= 0 and state[at] == 0:
            state[at] = 1
            path.append(at)
            at = wanted[at]
        if at >= 0 and state[at] == 1:
            in_loop[path[path.index(at) :]] = True
        for unit in path:
            state[unit] = 2
    parents = np.array(wanted, dtype=np.int64)
    parents[in_loop] = -1
    return parents, in_loop


def _objectives(sheets: Sequence[TeamSheet]) -> pd.DataFrame:
    frame = pd.DataFrame(_table(sheets, "objectives", ObjectiveRow), copy=False).rename(
        columns={"status": "status_typed", "ambition": "ambition_typed"}
    )
    known = frame["ambition_typed"].isin(list(map(str, Ambition)))
    frame["ambition"] = frame["ambition_typed"].where(known, str(Ambition.ASPIRATIONAL))
    frame["identity"] = _identities(frame["identity"], frame["id"], frame["objective"])
    frame["valid"] = ~_unscored(frame)
    frame["active"] = frame["valid"] & ~frame["status_typed"].isin(_OUT)
    frame["gone"] = _gone(sheets, frame, "objectives")
    return frame


def _key_results(
    sheets: Sequence[TeamSheet],
    objectives: pd.DataFrame,
    units: pd.DataFrame,
    seen: Mapping[tuple[str, str, str], Seen],
) -> pd.DataFrame:
    frame = pd.DataFrame(_table(sheets, "key_results", KeyResultRow), copy=False).rename(
        columns={
            "status": "status_typed",
            "measure": "measure_typed",
            "starts": "starts_typed",
            "due": "due_typed",
        }
    )
    frame["identity"] = _identities(frame["identity"], frame["id"], frame["key_result"])
    frame["objective_key"], frame["objective_state"] = _objective_of(sheets, objectives, frame)
    frame["measure"] = _texts(
        infer(
            typed=frame["measure_typed"].to_numpy(),
            start=frame["start"].to_numpy(),
            target=frame["target"].to_numpy(),
            current_was=frame["current_was"].to_numpy(),
            milestones=frame["milestones"].to_numpy(),
        )
    )
    unit = keys(frame, "unit_key")
    frame["starts"] = frame["starts_typed"].fillna(pd.Series(units["starts"].to_numpy()[unit]))
    frame["due"] = frame["due_typed"].fillna(pd.Series(units["ends"].to_numpy()[unit]))
    frame["level"] = _texts(units["level"].to_numpy()[unit])
    owner = keys(frame, "objective_key")
    orphan = owner < 0
    frame["ambition"] = _texts(_taken(objectives["ambition"].to_numpy(), owner, str(Ambition.ASPIRATIONAL)))
    duplicate = _unscored(frame)
    frame["valid"] = ~duplicate & ~orphan & _taken(objectives["valid"].to_numpy(), owner, False)
    parent_active = _taken(objectives["active"].to_numpy(), owner, False)
    frame["active"] = frame["valid"] & parent_active & ~frame["status_typed"].isin(_OUT)
    frame["gone"] = _gone(sheets, frame, "key_results")
    cycle = units["cycle"].to_numpy()[unit]
    found = [
        seen.get(key, _NEVER)
        for key in zip(units["unit"].to_numpy()[unit], cycle, frame["identity"], strict=True)
    ]
    frame["value_seen"] = _dates([entry.value_seen for entry in found])
    frame["changed_on"] = _dates([entry.changed_on for entry in found])
    return frame


def _unscored(frame: pd.DataFrame) -> Bools:
    """Rows that nobody can tell apart from another (`sync.core.identity`)."""
    return np.array([is_invalid(identity) for identity in frame["identity"]], dtype=np.bool_)


_OUT = [str(Status.PAUSED), str(Status.DROPPED)]
_NEVER = Seen(None, None)


def _taken(values: npt.NDArray[Any], keys: Ints, default: object) -> npt.NDArray[Any]:
    """`values[keys]`, `default` where the key is -1."""
    padded = np.append(values, np.array([default], dtype=values.dtype))
    taken: npt.NDArray[Any] = padded[keys]
    return taken


def _identities(identity: pd.Series[Any], row_id: pd.Series[Any], text: pd.Series[Any]) -> pd.Series[Any]:
    """Identities as resolved against history; rows that never met it are known by id, else by text."""
    if (identity != "").all():
        return identity
    named = [
        i or (identity_of_id(r) if r else "~" + t) for i, r, t in zip(identity, row_id, text, strict=True)
    ]
    return _texts(named)


def _gone(sheets: Sequence[TeamSheet], frame: pd.DataFrame, table: str) -> npt.NDArray[Any]:
    lost = {
        (source, gone.identity)
        for source, sheet in enumerate(sheets)
        for gone in sheet.gone
        if gone.table == table
    }
    if not lost:
        return np.zeros(len(frame), dtype=bool)
    places = zip(frame["source_key"], frame["identity"], strict=True)
    return np.fromiter((place in lost for place in places), bool, len(frame))


def _objective_of(
    sheets: Sequence[TeamSheet], objectives: pd.DataFrame, key_results: pd.DataFrame
) -> tuple[Ints, pd.Series[Any]]:
    found: list[tuple[int, str]] = []
    rows = list(zip(*(objectives[name] for name in ("id", "objective", "identity")), strict=True))
    named = key_results["objective_id"].tolist()
    first = 0
    for sheet in sheets:
        after = first + len(sheet.objectives)
        finder = objective_finder(list(enumerate(rows[first:after], first)))
        only = first if after == first + 1 else -1
        first = after
        names = named[len(found) : len(found) + len(sheet.key_results)]
        of_name = {name: find_objective(name, finder, only) for name in set(names)}
        found.extend(of_name[name] for name in names)
    return np.array(_part(found, 0), dtype=np.int64), _texts(_part(found, 1))


def _of_key_results(sheets: Sequence[TeamSheet], table: str, key_results: pd.DataFrame) -> pd.DataFrame:
    """Check-ins or initiatives with the key of the key result each names by id, or by its exact text."""
    frame = _table(sheets, table, CheckInRow if table == "check_ins" else InitiativeRow)
    named: list[str] = frame["kr_id"].tolist()
    ids, texts = _names(key_results), key_results["key_result"].tolist()
    gone = key_results["gone"].tolist()
    keys: list[int] = []
    first = 0
    for sheet in sheets:
        after = first + len(sheet.key_results)
        said = named[len(keys) : len(keys) + len(getattr(sheet, table))]
        by_id = dict(zip(ids[first:after], range(first, after), strict=True))
        by_id.pop("", None)
        if not by_id.keys() >= set(said):  # somebody wrote a text, or nothing
            by_id = _only_ones(texts[first:after], gone[first:after], first) | by_id
            by_id.pop("", None)
        keys.extend(map(by_id.get, said, repeat(-1)))
        first = after
    return pd.DataFrame({"kr_key": np.array(keys, dtype=np.int64), **frame}, copy=False)


def _only_ones(texts: Sequence[str], gone: Sequence[bool], first: int) -> dict[str, int]:
    """The key of the only row with each text; of two rows with one text nobody can tell which is meant.

    A row that has gone from the sheet is nobody's rival: the one that is there is meant.
    """
    rows = list(zip(texts, gone, strict=True))
    count = Counter(rows)
    return {
        text: key
        for key, (text, away) in enumerate(rows, first)
        if count[text, away] == 1 and not (away and count[text, False])
    }


def _names(frame: pd.DataFrame) -> list[str]:
    """What other cells call each row: its id unless it lost that (S107), else its identity."""
    pairs = zip(frame["id"], frame["identity"], strict=True)
    return [
        row_id if row_id == identity or owns_id(row_id, identity) else identity for row_id, identity in pairs
    ]


def _links(
    units: pd.DataFrame, objectives: pd.DataFrame, key_results: pd.DataFrame, other_cycle_ids: Collection[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    aligned_to, depends_on = _filled(objectives, "aligned_to"), _filled(key_results, "depends_on")
    wanted = named_in(cell for _, _, cell in chain(aligned_to, depends_on))
    directory = Directory(
        chain(
            _nodes("objective", objectives, "objective", wanted),
            _nodes("key_result", key_results, "key_result", wanted),
        ),
        units["parent_key"].tolist(),
        {name: key for key, name in enumerate(units["unit"])},
    )
    kr_objective = key_results["objective_key"].tolist()
    contributors = set(np.flatnonzero(key_results["measure"] == str(Measure.CONTRIBUTORS)).tolist())
    aligned = align(aligned_to, directory, kr_objective, contributors, other_cycle_ids)
    unit_name = units["unit"].to_numpy()[keys(objectives, "unit_key")]
    aligned = break_loops(aligned, kr_objective, list(zip(objectives["identity"], unit_name, strict=True)))
    needed = depend(depends_on, directory)
    return _link_frame(aligned, "child_key"), _link_frame(needed, "kr_key")


def _nodes(table: str, frame: pd.DataFrame, text: str, wanted: Collection[str]) -> Iterator[tuple[str, Node]]:
    """(name, node) of the valid rows that some cell refers to."""
    rows = zip(_names(frame), frame[text], frame["unit_key"].tolist(), frame["valid"].tolist(), strict=True)
    return (
        (name, Node(table, key, unit, words))
        for key, (name, words, unit, valid) in enumerate(rows)
        if valid and (name in wanted or words in wanted)
    )


def _filled(frame: pd.DataFrame, column: str) -> list[tuple[int, int, str]]:
    rows = enumerate(zip(frame["unit_key"].tolist(), frame[column], strict=True))
    return [(key, unit, cell) for key, (unit, cell) in rows if cell]


def _link_frame(links: Sequence[Link], key_name: str) -> pd.DataFrame:
    key, raw, target, target_key, state = (_part(links, at) for at in range(len(Link._fields)))
    return pd.DataFrame(
        {
            key_name: np.array(key, dtype=np.int64),
            "raw": _texts(raw),
            "target": _texts(target),
            "target_key": np.array(target_key, dtype=np.int64),
            "state": _texts(state),
        }
    )
