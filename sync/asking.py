"""Which workbook of the settings somebody means who asks for one: texts are compared, nothing is opened.

So a request reaches no other file, and does not even learn whether one exists.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable

from sync import intake
from sync.config import Settings


def known(paths: Iterable[str], settings: Settings) -> dict[str, str]:
    """The key of the workbook that each path names; paths that name none of ours are left out.

    A workbook is known by its path, and by the one with all links resolved.
    """
    listings = intake.list_all(intake.configured(settings, None), settings).listings
    ours = {_spelling(spelled): key for key in (one.key for one in listings) for spelled in _ways_to(key)}
    return {path: ours[_spelling(path)] for path in paths if _spelling(path) in ours}


def _ways_to(key: str) -> tuple[str, str]:
    return os.path.realpath(key), key


def _spelling(path: str) -> str:
    """One spelling for all ways to write the same path, without asking the disk."""
    return os.path.normcase(os.path.normpath(unicodedata.normalize("NFC", path)))
