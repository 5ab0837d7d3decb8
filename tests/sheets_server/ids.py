"""Ids that the server chooses. A replay of recorded traffic puts the recorded ones here first."""

from __future__ import annotations

import random
import string
from collections import defaultdict, deque

_LETTERS = string.ascii_letters + string.digits + "_-"


class Ids:
    """Seeded, so that a test sees the same ids each time; `forced` ids are handed out before made ones."""

    def __init__(self, seed: int = 4) -> None:
        self._random = random.Random(seed)  # noqa: S311 - ids of a test server are no secrets
        self.forced: dict[str, deque[str | int]] = defaultdict(deque)

    def file(self) -> str:
        if self.forced["file"]:
            return str(self.forced["file"].popleft())
        return "1" + "".join(self._random.choices(_LETTERS, k=43))

    def sheet(self) -> int:
        return self._number("sheet")

    def object(self) -> int:
        """The id of a named or protected range, a chart, a piece of metadata …"""
        return self._number("object")

    def name(self, prefix: str) -> str:
        return prefix + "".join(self._random.choices(string.ascii_letters + string.digits, k=24))

    def _number(self, kind: str) -> int:
        if self.forced[kind]:
            return int(self.forced[kind].popleft())
        return self._random.randrange(1, 2**31 - 1)
