"""What worker processes do in tests in place of `read_team`; kept light, because each loads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from sync.reading import Read, Wanted, read_team


def while_sales_is_locked(wanted: Wanted) -> Iterator[str | Read]:
    """Reads as on a system where another program has Sales.xlsx open for itself."""
    real = os.open

    def refuse(path: Any, *rest: Any, **more: Any) -> int:
        if str(path).endswith("Sales.xlsx"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest, **more)

    with patch.object(os, "open", refuse):
        yield from read_team(wanted)


def crashing_on_sales(wanted: Wanted) -> Iterator[str | Read]:
    """Reads, but the process dies of Sales' content, as of a fault in a library."""
    for told in read_team(wanted):
        if isinstance(told, Read) and wanted.name == "Sales.xlsx":
            os.abort()
        yield told
