"""The checks of `addin.contract` in the user's own Excel, as a report to paste."""

# ruff: noqa: ANN401 - Excel and its workbooks are xlwings', which is only imported where Excel is spoken to

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from addin import contract
from addin.places import NoExcel


class Report(NamedTuple):
    """Lines to print, and whether all checks went well."""

    lines: tuple[str, ...]
    ok: bool


def selftest(start: Callable[[], Any], *, okrsync: str, computes: bool = True) -> Report:
    """The report of a scratch workbook in the program that `start` starts, which is ended in any case.

    Raises NoExcel when it does not start.
    """
    with _scratch(start) as book:
        head = tuple(_head(book, okrsync))
        outcomes = tuple(contract.run(book, computes=computes))
    lines = tuple(f"ok   {each.name}" if each.ok else f"NOT  {each.name}: {each.said}" for each in outcomes)
    failed = sum(not each.ok for each in outcomes)
    tail = f"{len(outcomes) - failed} of {len(outcomes)} checks are well."
    return Report((*head, *lines, tail), ok=not failed)


def excel() -> Any:
    """A new Excel, which no open workbook belongs to. Raises NoExcel."""
    import xlwings as xw  # noqa: PLC0415 - only where Excel is spoken to

    if "excel" not in [engine.name for engine in xw.engines]:
        raise NoExcel("xlwings finds no Excel on this system; the self-test runs on Windows and macOS only.")
    try:
        return xw.App(visible=False, add_book=False)
    except Exception as error:
        raise NoExcel(f"Excel does not start: {' '.join(str(error).split())[:200]}") from error


@contextmanager
def _scratch(start: Callable[[], Any]) -> Iterator[Any]:
    app = start()
    try:
        book = app.books.add()
        try:
            yield book
        finally:
            book.close()
    finally:
        app.quit()


def _head(book: Any, okrsync: str) -> Iterator[str]:
    import xlwings as xw  # noqa: PLC0415 - as above

    yield f"okrsync {okrsync}, xlwings {xw.__version__}, Python {platform.python_version()}"
    yield f"{platform.platform()}, Excel {book.app.version}"
