"""What a stand-in for Excel offers to the suite of the add-in, and how its calls are counted.

A test asks for the fixture `excel` (`tests.xl_engines.fixture`) and gets one `Excel` after the other:

    book = excel.open(path)      # an xw.Book; xlwings' public API is all that a test or the add-in uses
    excel.calls.reset()
    check_in(book, ui)
    assert excel.calls.count <= 40
    excel.save(book, path)

The objects behind xlwings derive from `Counted`, give it the `Calls` of their program, and call among
themselves only names with an underscore: each public attribute that xlwings reads or sets is one call.
`api` gives `NoApi`, which is true and does nothing but raise: the add-in lives without it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, NoReturn, Protocol

# Walking to a place asks Excel for nothing (xlwings keeps coordinates and the process's number), so it is a
# step but no call.
WALKING = frozenset(
    {
        "api",
        "app",
        "apps",
        "arg1",
        "book",
        "books",
        "cells",
        "column",
        "columns",
        "coords",
        "engine",
        "font",
        "names",
    }
    | {"max_cells_per_read", "max_cells_per_write", "options", "parent", "pid", "range", "row", "rows"}
    | {"shape", "sheet", "sheets", "__call__", "__len__"}
    | {"clean_value_data", "prepare_xl_data_element", "type"}  # done in Python
)


class Calls:
    """What was asked of a program: `count` without the walking, `steps` with it, `names` one by one."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self._failing: tuple[str, int, BaseException] | None = None

    @property
    def count(self) -> int:
        """Calls that read, write or show something."""
        return sum(n for name, n in self.names.items() if name.rpartition(".")[2] not in WALKING)

    @property
    def steps(self) -> int:
        """All calls."""
        return self.names.total()

    def reset(self) -> None:
        """Counts from nothing, and fails nothing any more."""
        self.names.clear()
        self._failing = None

    def fail(self, name: str, error: BaseException, *, at: int = 1) -> None:
        """Makes the call of that name (`Range.raw_value=`: `=` for setting) fail, the `at`-th from now on."""
        self._failing = (name, at, error)

    def note(self, name: str) -> None:
        """Counts a call; raises what was to be raised at it."""
        self.names[name] += 1
        if self._failing and self._failing[0] == name:
            failing, at, error = self._failing
            self._failing = (failing, at - 1, error) if at > 1 else None
            if at == 1:
                raise error


class Counted:
    """An object of a program: `_calls` counts what is read of it and set in it."""

    _calls: Calls

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            object.__getattribute__(self, "_note")(name)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and name != "options":
            self._note(f"{name}=")
        object.__setattr__(self, name, value)

    def _note(self, name: str) -> None:
        self._calls.note(f"{type(self).__name__}.{name}")


class NoApi:
    """What stands where xlwings would give Excel's own object."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"The add-in asked Excel itself for {name}; it may use xlwings' own words only.")


class Excel(Protocol):
    """A program that opens workbooks for xlwings.

    `recalculates`: whether formulas get values. `answers` are given to questions in turn ("yes", "no";
    "yes" when there are none left), `told` are the texts that were shown.
    """

    name: str
    recalculates: bool
    calls: Calls
    answers: list[str]
    told: list[str]

    def open(self, path: Path) -> Any:
        """The workbook as an xw.Book; the active one from now on."""

    def save(self, book: Any, path: Path) -> None:
        """Saves the workbook there, whatever it was opened from."""

    def formula(self, book: Any, tab: str, cell: str) -> str:
        """The formula or text that stands in a cell: to look at what was written, uncounted."""

    def close(self) -> None:
        """Closes all workbooks and the program."""
