"""Files that nobody but their owner may read: keys, consents, state."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def keep(path: Path, text: str) -> None:
    """Writes a secret beside and puts it in place; only its owner may read it at any time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def readable_by_others(path: Path) -> bool:
    """Whether anybody but its owner may read the file; Windows keeps no such marks."""
    return os.name != "nt" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
