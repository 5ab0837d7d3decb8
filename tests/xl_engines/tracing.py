"""Which attributes of an engine xlwings asks for, and whether xlwings' engines for Excel have them.

The engines for Windows and the Mac cannot be imported elsewhere, so their source is read instead.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from tests.xl_engines.contract import Counted

SPECIAL = ("__call__", "__contains__", "__getitem__", "__iter__", "__len__")
WINDOWS, MAC, BASE = "_xlwindows", "_xlmac", "base_classes"


class Touch(NamedTuple):
    """An attribute that xlwings read of an object of the engine, or set in it."""

    kind: str
    name: str
    is_set: bool = False

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}{'=' * self.is_set}"


@contextmanager
def traced() -> Iterator[set[Touch]]:
    """What xlwings touches meanwhile of any engine; what an engine asks of itself is not part of it."""
    touched: set[Touch] = set()
    with _patched(list(_kinds(Counted)), touched):
        yield touched


def _kinds(of: type[Counted]) -> Iterator[type[Counted]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _kinds(kind)


@contextmanager
def _patched(kinds: list[type[Counted]], touched: set[Touch]) -> Iterator[None]:
    patches = [
        patch.object(Counted, "__getattribute__", _noting_get(Counted.__getattribute__, touched)),
        patch.object(Counted, "__setattr__", _noting_set(Counted.__setattr__, touched)),
        *(
            patch.object(kind, name, _noting_call(vars(kind)[name], name, touched))
            for kind in kinds
            for name in SPECIAL
            if name in vars(kind)
        ),
    ]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


def _by_xlwings(depth: int = 2) -> bool:
    """Whether the caller's caller is a line of xlwings."""
    return str(sys._getframe(depth).f_globals.get("__name__")).partition(".")[0] == "xlwings"


def _note(touched_object: object, name: str, touched: set[Touch]) -> None:
    if not name.startswith("_") and _by_xlwings(3):
        touched.add(Touch(type(touched_object).__name__, name))


def _noting_get(original: Callable[..., Any], touched: set[Touch]) -> Callable[..., Any]:
    def get(self: object, name: str) -> Any:
        try:
            found = original(self, name)
        except AttributeError:  # xlwings asked whether it is there, and lives without it
            raise
        except BaseException:
            _note(self, name, touched)
            raise
        _note(self, name, touched)
        return found

    return get


def _noting_set(original: Callable[..., Any], touched: set[Touch]) -> Callable[..., Any]:
    def put(self: object, name: str, value: Any) -> None:
        if not name.startswith("_") and _by_xlwings():
            touched.add(Touch(type(self).__name__, name, is_set=True))
        original(self, name, value)

    return put


def _noting_call(original: Callable[..., Any], name: str, touched: set[Touch]) -> Callable[..., Any]:
    def call(self: object, *args: Any) -> Any:
        if _by_xlwings():
            touched.add(Touch(type(self).__name__, name))
        return original(self, *args)

    return call


def missing(touched: set[Touch], engine: str) -> list[str]:
    """What of it the engine (WINDOWS or MAC) does not have, or has only to raise NotImplementedError."""
    return sorted(str(touch) for touch in touched if not _has(touch, engine))


def _has(touch: Touch, engine: str) -> bool:
    for body in _lineage(engine, touch.kind):
        found = [node for node in body if _names(node, touch.name)]
        if found:
            return _usable(found, is_set=touch.is_set)
    return touch.is_set  # any object takes an attribute that its class does not govern


def _usable(found: list[ast.AST], *, is_set: bool) -> bool:
    """Whether one of the definitions does something, for setting or for reading."""
    plain = [node for node in found if not isinstance(node, ast.FunctionDef)]
    functions = [node for node in found if isinstance(node, ast.FunctionDef)]
    wanted = [node for node in functions if _is_setter(node) == is_set]
    return bool(plain) or any(not _only_raises(node) for node in wanted)


def _is_setter(node: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr == "setter" for each in node.decorator_list)


def _only_raises(node: ast.FunctionDef) -> bool:
    last = node.body[-1]
    return len(node.body) <= 2 and isinstance(last, ast.Raise) and "NotImplementedError" in ast.dump(last)


def _names(node: ast.AST, name: str) -> bool:
    """Whether the node defines the name: a function, an assignment in the class or to `self.name`."""
    if isinstance(node, ast.FunctionDef):
        return node.name == name
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(getattr(target, "attr", getattr(target, "id", "")) == name for target in targets)


@cache
def _lineage(file: str, kind: str) -> tuple[tuple[ast.AST, ...], ...]:
    """The definitions in a class, then those in its bases, nearest first."""
    node = _classes(file).get(kind)
    if node is None:
        return ()
    own = [*node.body, *(each for each in ast.walk(node) if _of_self(each))]
    lines: list[tuple[ast.AST, ...]] = [tuple(own)]
    for base in node.bases:
        if isinstance(base, ast.Attribute):
            lines.extend(_lineage(BASE, base.attr))
        elif isinstance(base, ast.Name):
            lines.extend(_lineage(file, base.id))
    return tuple(lines)


def _of_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
        for target in node.targets
    )


@cache
def _classes(file: str) -> dict[str, ast.ClassDef]:
    spec = find_spec("xlwings")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).with_name(f"{file}.py").read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
