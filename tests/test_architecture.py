"""Data flows one way: cli -> pipeline -> sources, master, feedback, history, notify (-> google) -> core."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("sync", "sheet_templates", "addin")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
OUTPUTS = {"sync.sources", "sync.master", "sync.feedback", "sync.history", "sync.notify"}
DOOR = "sync.google"
IO = {"os", "pathlib", "socket", "sqlite3", "subprocess", "time", "shutil", "tempfile", "urllib", "logging"}
IO_CALLS = {"open", "print", "input", "exec", "eval"}
COMMAND_LINE = ("sync.cli", "sync.cli_addin", "sync.cli_words", "sync.__main__")
CLOCKS = {"now", "today", "utcnow"}


def module_of(path: Path) -> str:
    """The dotted name of a file: sync/core/__init__.py is sync.core."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def imports(tree: ast.Module, *, at_run_time: bool = False) -> Iterator[str]:
    """What a module imports, as dotted names; `from a import b` is a.b where that is a module, else a."""
    typing = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    skipped = {inner for node in typing for inner in ast.walk(node)} if at_run_time else set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for name in (f"{node.module}.{alias.name}" for alias in node.names):
                yield name if name in MODULES else str(node.module)


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def allowed(importer: str, imported: str) -> bool:
    """Whether that arrow between two of our modules may be drawn."""
    if any(inside(imported, top) for top in COMMAND_LINE):
        return any(inside(importer, top) for top in COMMAND_LINE)
    if inside(importer, "sync.core"):
        return inside(imported, "sync.core")
    if inside(importer, "addin") and inside(imported, "sheet_templates"):
        return True  # the builder puts the buttons into the template
    if not inside(importer, "sync"):
        return inside(imported, "sync.core") or inside(imported, importer.split(".", maxsplit=1)[0])
    for room in (*OUTPUTS, DOOR):
        if inside(importer, room):
            return any(inside(imported, other) for other in ("sync.core", room, DOOR))
    return True


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_towards_the_core(module: str) -> None:
    ours = {name for name in imports(MODULES[module]) if name.split(".")[0] in PACKAGES} - {"sync"}
    assert [f"{module} -> {name}" for name in sorted(ours) if not allowed(module, name)] == []


def test_imports_form_no_loop() -> None:
    graph = {
        name: set(imports(tree, at_run_time=True)) & set(MODULES) - {name} for name, tree in MODULES.items()
    }
    list(TopologicalSorter(graph).static_order())  # raises CycleError with the loop in it


@pytest.mark.parametrize("module", [name for name in MODULES if inside(name, "sync.core")])
def test_the_core_has_no_files_sockets_clock_or_print(module: str) -> None:
    tree = MODULES[module]
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    io = {name for name in imports(tree) if name.split(".")[0] in IO}
    io |= {f.id for f in calls if isinstance(f, ast.Name) and f.id in IO_CALLS}
    io |= {f.attr for f in calls if isinstance(f, ast.Attribute) and f.attr in CLOCKS}
    assert sorted(io) == []
