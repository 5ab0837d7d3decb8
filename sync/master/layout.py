"""The master workbook as plain values, from one run's results. Pure: the same input, the same workbook.

build(given: MasterInput) -> Workbook          (then `excel.publish(workbook, path, …)`)
digest(workbook) -> str                        (does what would be written differ from what was?)
"""

from __future__ import annotations

from sync.master.cells import Workbook, digest
from sync.master.given import Change, MasterInput, Point

__all__ = ["Change", "MasterInput", "Point", "build", "digest"]


def build(given: MasterInput) -> Workbook:
    """The master: Roll-up first, then every list it rests on."""
    raise NotImplementedError
