"""Which objective a key result belongs to, and what `Aligned to` and `Depends on` point at.

References are ids, `ID · text` (what the drop-downs write) or the exact text; never a prefix, another
case or a wildcard (OKR.md §4). An id that stands in several units is resolved by the text beside it,
then by the nearest ancestor unit; what is still open is "ambiguous", never a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sync.core.identity import identity_of_id
from sync.core.model import split_id, split_several


class Node(NamedTuple):
    """Something that can be pointed at: an objective or a key result of the portfolio."""

    table: str
    key: int
    unit_key: int
    text: str


class Link(NamedTuple):
    """One resolved reference: who points (`key`), the raw entry, and where it leads."""

    key: int
    raw: str
    target: str
    target_key: int
    state: str


def objective_finder(rows: Sequence[tuple[int, tuple[str, str, str]]]) -> Mapping[str, int]:
    """Ids and exact texts of one sheet's objectives -> their keys; an id wins over an equal text.

    A row is a key and (id, text, identity).
    A text that two rows share finds nothing, and neither does an id that nobody won (S107).
    """
    by_text: dict[str, int] = {}
    for key, (_, text, _) in rows:
        if text:
            by_text[text] = -1 if text in by_text else key
    by_id = {row_id: key for key, (row_id, _, identity) in rows if row_id and owns_id(row_id, identity)}
    lost = {row_id: -1 for _, (row_id, _, _) in rows if row_id}
    return {**by_text, **lost, **by_id}


def owns_id(row_id: str, identity: str) -> bool:
    """Whether a row is the one that its id names: the loser of a duplicate id is not (S107)."""
    return identity in ("", identity_of_id(row_id))


def find_objective(raw: str, finder: Mapping[str, int], only: int) -> tuple[int, str]:
    """(objective key, state) of a key result's Objective ID; blank is allowed with a single objective."""
    if not raw:
        return (only, "ok") if only >= 0 else (-1, "blank")
    key = finder.get(raw, finder.get(split_id(raw), -1))
    return (key, "ok") if key >= 0 else (-1, "unknown")


def named_in(cells: Iterable[str]) -> frozenset[str]:
    """Every name that those cells may mean: each entry as it stands, and the id of `ID · text`."""
    entries = {entry for cell in cells for entry in split_several(cell)}
    return frozenset(entries | {split_id(entry) for entry in entries})


class Directory:
    """Everything in the organisation that a reference can name, by id, by text and by unit."""

    def __init__(
        self, nodes: Iterable[tuple[str, Node]], parents: Sequence[int], units: Mapping[str, int]
    ) -> None:
        self._by_name: dict[str, list[Node]] = defaultdict(list)
        for name, node in nodes:
            self._by_name[name].append(node)
            if node.text and node.text != name:
                self._by_name[node.text].append(node)
        self._parents = parents
        self._units = units

    def find(self, raw: str, unit_key: int) -> tuple[Node | None, str]:
        """(node, state) of an entry seen from a unit: state is "ok", "unknown" or "ambiguous"."""
        candidates = self._by_name.get(raw) or self._by_name.get(split_id(raw), [])
        if " · " in raw and len(candidates) > 1:
            text = raw.partition(" · ")[2].strip()
            candidates = [node for node in candidates if node.text == text] or candidates
        if len(candidates) > 1:
            candidates = self._nearest(candidates, unit_key)
        if not candidates:
            return None, "unknown"
        return (candidates[0], "ok") if len(candidates) == 1 else (None, "ambiguous")

    def unit(self, name: str) -> int:
        """The key of the unit of exactly that name, -1 if there is none."""
        return self._units.get(name, -1)

    def _nearest(self, candidates: list[Node], unit_key: int) -> list[Node]:
        ancestor = self._parents[unit_key]
        while ancestor >= 0:
            here = [node for node in candidates if node.unit_key == ancestor]
            if here:
                return here
            ancestor = self._parents[ancestor]
        return candidates


def align(
    objectives: Iterable[tuple[int, int, str]],
    directory: Directory,
    kr_objective: Sequence[int],
    contributors: Collection[int],
    other_cycle_ids: Collection[str],
) -> list[Link]:
    """One Link for each entry of `Aligned to`, given (key, unit key, raw cell) of each objective.

    `kr_objective[k]` is the objective of key result k; `contributors` are the keys measured by Contributors.
    """
    links = []
    for key, unit_key, cell in objectives:
        for raw in split_several(cell):
            node, state = directory.find(raw, unit_key)
            if node is None:
                known_elsewhere = state == "unknown" and split_id(raw) in other_cycle_ids
                links.append(Link(key, raw, "", -1, "other_cycle" if known_elsewhere else state))
                continue
            if node.table == "key_result" and node.key not in contributors:
                state = "not_contributors"
            parent = node.key if node.table == "objective" else kr_objective[node.key]
            links.append(Link(key, raw, node.table, node.key, "self" if parent == key else state))
    return _without_repeats(links)


def depend(key_results: Iterable[tuple[int, int, str]], directory: Directory) -> list[Link]:
    """One Link for each entry of `Depends on`: a key result, an objective, or a unit by its name."""
    links = []
    for key, unit_key, cell in key_results:
        for raw in split_several(cell):
            node, state = directory.find(raw, unit_key)
            unit = directory.unit(raw)
            if node is not None:
                links.append(Link(key, raw, node.table, node.key, state))
            elif unit >= 0:
                links.append(Link(key, raw, "unit", unit, "ok"))
            else:
                links.append(Link(key, raw, "", -1, state))
    return links


def break_loops(
    links: list[Link], kr_objective: Sequence[int], name: Sequence[tuple[str, str]]
) -> list[Link]:
    """The links, one edge of each alignment cycle marked "loop": that of the child with the largest id.

    `name[o]` is (id, unit) of objective o, which orders children when ids are equal (OKR.md §4).
    """
    edges = {
        at: (link.key, link.target_key if link.target == "objective" else kr_objective[link.target_key])
        for at, link in enumerate(links)
        if link.state == "ok"
    }
    for at in _broken(edges, name):
        links[at] = links[at]._replace(state="loop")
    return links


def _broken(edges: dict[int, tuple[int, int]], name: Sequence[tuple[str, str]]) -> list[int]:
    broken: list[int] = []
    while core := _cyclic_core(edges):
        import networkx as nx  # noqa: PLC0415  # only organisations with an alignment cycle pay for it

        graph = nx.DiGraph(core.values())
        for component in nx.strongly_connected_components(graph):
            inside = [
                at for at, (child, parent) in core.items() if child in component and parent in component
            ]
            if inside:
                worst = max(inside, key=lambda at: (name[edges[at][0]], name[edges[at][1]], at))
                broken.append(worst)
                del edges[worst]
    return broken


def _cyclic_core(edges: Mapping[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """The edges left when edges of childless and of parentless nodes are peeled off again and again."""
    core = dict(edges)
    while core:
        children = {child for child, _ in core.values()}
        parents = {parent for _, parent in core.values()}
        kept = {at: edge for at, edge in core.items() if edge[0] in parents and edge[1] in children}
        if len(kept) == len(core):
            break
        core = kept
    return core


def _without_repeats(links: list[Link]) -> list[Link]:
    """The links without a second entry for the same target: naming a parent twice does not count twice."""
    seen: set[tuple[int, str, int]] = set()
    kept = []
    for link in links:
        place = (link.key, link.target, link.target_key)
        if link.target and place in seen:
            continue
        seen.add(place)
        kept.append(link)
    return kept
