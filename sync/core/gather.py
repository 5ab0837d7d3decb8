"""Team sheets into a Portfolio: rows become columns, references become keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sync.core.arrays import Bools, Ints, keys
from sync.core.collector import no_collector
from sync.core.columns import parts_of
from sync.core.cycle import Cycle, current, resolve
from sync.core.identity import identity_of_id, is_invalid
from sync.core.laid import amount, cells, dates, part, table_of, texts
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
    Measure,
    Person,
    Status,
    Team,
    TeamSheet,
)
from sync.core.policy import Organisation
from sync.core.portfolio import Origin, Portfolio, Seen


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
        name: texts([getattr(team, name) for team in teams])
        for name in ("unit", "level", "parent", "cycle", "champion", "manager", "time_zone")
    }
    frame |= amount("weight", *map(cells, parts_of(Amount, weights)))
    frame["starts"] = dates([cycle.starts for cycle in cycles])
    frame["ends"] = dates([cycle.ends for cycle in cycles])
    frame["source_key"] = np.array([*range(len(sheets)), *[-1] * len(grouping)], dtype=np.int64)
    frame["grouping"] = np.array([False] * len(sheets) + [True] * len(grouping))
    key_of = {name: key for key, name in enumerate(names)}
    parents, in_loop = _parents([key_of.get(team.parent, -1) for team in teams])
    frame["parent_key"] = parents
    frame["in_loop"] = in_loop
    levels = [team.level for team in teams]
    frame["parent_level"] = texts([levels[parent] if parent >= 0 else "" for parent in parents])
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
    frame = pd.DataFrame(table_of(sheets, "objectives"), copy=False).rename(
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
    frame = pd.DataFrame(table_of(sheets, "key_results"), copy=False).rename(
        columns={
            "status": "status_typed",
            "measure": "measure_typed",
            "starts": "starts_typed",
            "due": "due_typed",
        }
    )
    frame["identity"] = _identities(frame["identity"], frame["id"], frame["key_result"])
    frame["objective_key"], frame["objective_state"] = _objective_of(sheets, objectives, frame)
    frame["measure"] = texts(
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
    frame["level"] = texts(units["level"].to_numpy()[unit])
    owner = keys(frame, "objective_key")
    orphan = owner < 0
    frame["ambition"] = texts(_taken(objectives["ambition"].to_numpy(), owner, str(Ambition.ASPIRATIONAL)))
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
    frame["value_seen"] = dates([entry.value_seen for entry in found])
    frame["changed_on"] = dates([entry.changed_on for entry in found])
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
    return texts(named)


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
    return np.array(part(found, 0), dtype=np.int64), texts(part(found, 1))


def _of_key_results(sheets: Sequence[TeamSheet], table: str, key_results: pd.DataFrame) -> pd.DataFrame:
    """Check-ins or initiatives with the key of the key result each names by id, or by its exact text."""
    frame = table_of(sheets, table)
    named: list[str] = frame["kr_id"].tolist()
    ids, said_of = _names(key_results), key_results["key_result"].tolist()
    gone = key_results["gone"].tolist()
    keys: list[int] = []
    first = 0
    for sheet in sheets:
        after = first + len(sheet.key_results)
        said = named[len(keys) : len(keys) + len(getattr(sheet, table))]
        by_id = dict(zip(ids[first:after], range(first, after), strict=True))
        by_id.pop("", None)
        if not by_id.keys() >= set(said):  # somebody wrote a text, or nothing
            by_id = _only_ones(said_of[first:after], gone[first:after], first) | by_id
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
    key, raw, target, target_key, state = (part(links, at) for at in range(len(Link._fields)))
    return pd.DataFrame(
        {
            key_name: np.array(key, dtype=np.int64),
            "raw": texts(raw),
            "target": texts(target),
            "target_key": np.array(target_key, dtype=np.int64),
            "state": texts(state),
        }
    )
