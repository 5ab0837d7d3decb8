"""Folders of ours on disk, and what is said when they cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.core.errors import HistoryUnusable

SHELF = "shelf"
"""The file in the state folder of `sync.history.shelf`."""


@contextmanager
def files(path: Path) -> Iterator[None]:
    """A context in which what the disk refuses is a sentence that names the history's place."""
    try:
        yield
    except OSError as error:
        raise HistoryUnusable(
            f"The history {path} could not be opened ({error.strerror or error}). Check folder and rights."
        ) from error


def make_folder(folder: Path) -> None:
    """Makes the folder, for us alone; the rights of one that is there are its owner's business."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
