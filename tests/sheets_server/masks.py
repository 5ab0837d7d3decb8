"""Field masks: `a,b(c,d/e),f.g,*` as a tree, and what is left of an answer under one."""

from __future__ import annotations

import re
from typing import Any

Mask = dict[str, "Mask"]  # an empty tree means: all of it
_TOKEN = re.compile(r"[A-Za-z0-9_\-@$]+|[*(),/.]")


class BadMask(ValueError):
    """The text is no field mask."""


def parse(text: str) -> Mask:
    """The tree of a mask. Raises BadMask for what is none."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s+", "", text) or not tokens:
        raise BadMask(text)
    tree, rest = _fields(tokens, text)
    if rest:
        raise BadMask(text)
    return tree


def _fields(tokens: list[str], text: str) -> tuple[Mask, list[str]]:
    tree: Mask = {}
    while True:
        tokens = _path(tree, tokens, text)
        if tokens[:1] != [","]:
            return tree, tokens
        tokens = tokens[1:]


def _path(tree: Mask, tokens: list[str], text: str) -> list[str]:
    """Adds one path to the tree and gives the tokens behind it."""
    if not tokens or tokens[0] in "(),/.":
        raise BadMask(text)
    name, rest = tokens[0], tokens[1:]
    whole = tree.get(name) == {}
    below = tree.setdefault(name, {})
    if rest[:1] in (["/"], ["."]):
        deeper: Mask = {}
        rest = _path(deeper, rest[1:], text)
    elif rest[:1] == ["("]:
        deeper, rest = _fields(rest[1:], text)
        if rest[:1] != [")"]:
            raise BadMask(text)
        rest = rest[1:]
    else:
        tree[name] = {}
        return rest
    if not whole:
        tree[name] = merged(below, deeper)
    return rest


def merged(one: Mask, other: Mask) -> Mask:
    """The tree that lets through what either lets through; both have names."""
    result = dict(one)
    for name, below in other.items():
        if name not in result:
            result[name] = below
        elif result[name] and below:
            result[name] = merged(result[name], below)
        else:
            result[name] = {}
    return result


def project(value: Any, mask: Mask) -> Any:
    """What is left of a JSON value. Lists are looked through; objects keep their place even when empty."""
    if not mask:
        return value
    if isinstance(value, list):
        return [project(one, mask) for one in value]
    if not isinstance(value, dict):
        return value
    star = mask.get("*")
    kept = {}
    for name, inner in value.items():
        below = mask.get(name)
        if below is None:
            below = star
        elif star is not None:
            below = merged(below, star) if below and star else {}
        if below is not None:
            kept[name] = project(inner, below)
    return kept


def below(mask: Mask, *path: str) -> Mask | None:
    """The tree under a path: {} when all is asked for, None when nothing is."""
    for name in path:
        if not mask:
            return {}
        found = mask.get(name, mask.get("*"))
        if found is None:
            return None
        mask = found
    return mask


def update(target: dict[str, Any], source: dict[str, Any], mask: Mask) -> dict[str, Any]:
    """A copy of `target` in which the masked fields are those of `source`; what `source` lacks is removed."""
    result = dict(target)
    for name, deeper in mask.items():
        if name == "*":
            return {**target, **source}
        given = source.get(name)
        if deeper and (isinstance(given, dict) or given is None):
            inner = update(result.get(name) or {}, given or {}, deeper)
            if inner or given is not None:
                result[name] = inner
            else:
                result.pop(name, None)
        elif given is None:
            result.pop(name, None)
        else:
            result[name] = given
    return result
