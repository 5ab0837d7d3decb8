"""The names of the files that spreadsheet programs keep beside a workbook while it is open."""

from __future__ import annotations


def lock_names(name: str) -> tuple[str, str]:
    """The names of the locks of Excel and of LibreOffice for a workbook of that name."""
    return f"~${name}", f".~lock.{name}#"
