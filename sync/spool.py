"""Requests to sync one workbook now: small files that the add-in leaves in `state/spool`, and their answers.

A request is NAME.json (letters, digits, `-`, `_`), written beside and renamed, and holds {"path": …,
"requested_by": …}. Its answer is NAME.answer.json; the request is gone once that is there. A request is a
stranger’s text: nothing is opened or looked up by what it says. Its path is compared with those of the
workbooks that the settings name (`sync.asking`), and that is all.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sync.errand import Answer

FOLDER = "spool"
EXPIRES = timedelta(minutes=15)
_KEPT = timedelta(days=1)  # how long an answer that nobody fetches lies there
_MOST_BYTES = 4096
_MOST_AT_ONCE = 100
_REQUEST = re.compile(r"([A-Za-z0-9_-]{1,64})\.json")
_ANSWER = re.compile(r"[A-Za-z0-9_-]{1,64}\.answer\.json(\.new-.*)?")
_UNKNOWN = (
    "That is no workbook that okrsync reads. [[sources.excel]] in config.toml names the folders; "
    "`okrsync check` lists what lies in them."
)
_MALFORMED = 'A request is {"path": "…", "requested_by": "…"} in at most 4 KiB.'
_EXPIRED = "The request is older than 15 minutes: no service ran, or it had other work. Ask again."


class Request(NamedTuple):
    """Somebody's wish to have one workbook synced now. `path` and `by` are what they say, nothing more."""

    name: str
    path: str
    by: str


class Spool:
    """The folder of requests. `say` hears what goes wrong with it."""

    def __init__(self, state: Path, say: Callable[[str], None]) -> None:
        self._folder = state / FOLDER
        self._say = say
        self._unanswerable: set[str] = set()

    def open(self) -> None:
        """Makes the folder, for the service's own account, where there is none. Without it nobody can ask."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            self._say(f"The folder {self._folder} could not be made: {error.strerror or error}.")

    def requests(self, now: datetime) -> list[Request]:
        """What is asked for, the oldest first. What is malformed or too old has its answer already."""
        return list(self._readable(now))

    def _readable(self, now: datetime) -> Iterator[Request]:
        for path, written in sorted(self._files(now), key=lambda file: file[1])[:_MOST_AT_ONCE]:
            name = path.name.removesuffix(".json")
            if now.timestamp() - written > EXPIRES.total_seconds():
                self.answer(name, {"state": "expired", "message": _EXPIRED})
                continue
            request = _parsed(name, _small_file(path))
            if request is None:
                self.answer(name, {"state": "refused", "message": _MALFORMED})
            else:
                yield request

    def _files(self, now: datetime) -> Iterator[tuple[Path, float]]:
        """Requests with the time they were written; answers that nobody fetched are removed on the way."""
        with suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    written = entry.stat(follow_symlinks=False).st_mtime
                    if _REQUEST.fullmatch(entry.name) and entry.name not in self._unanswerable:
                        yield Path(entry.path), written
                    elif _ANSWER.fullmatch(entry.name) and now.timestamp() - written > _KEPT.total_seconds():
                        Path(entry.path).unlink()

    def answer(self, name: str, content: Mapping[str, Any]) -> None:
        """Leaves the answer, whole or not at all, and takes the request away.

        Where that cannot be done the request is not taken again by this process, or it would be for ever.
        """
        place = self._folder / f"{name}.answer.json"
        try:
            handle, new = tempfile.mkstemp(prefix=place.name + ".new-", dir=self._folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False)
            Path(new).replace(place)
            (self._folder / f"{name}.json").unlink(missing_ok=True)
        except OSError as error:
            self._unanswerable.add(f"{name}.json")
            self._say(f"The answer {place} could not be written: {error.strerror or error}.")


def reply(request: Request, answer: Answer) -> Mapping[str, Any]:
    """What somebody is told, once the run they asked for has ended.

    A workbook that is none of ours is refused in the same words, whether or not there is such a file.
    """
    books = answer.more.get("books")
    if books is not None and request.path not in books:
        return {"state": "refused", "message": _UNKNOWN}
    told = {"state": "failed" if books is None else "done", "code": answer.code, "message": answer.said}
    return told | {"run_id": answer.more.get("run_id"), "book": books and books[request.path]}


def who(requests: Sequence[Request]) -> str:
    """Those who ask, as they call themselves."""
    return ", ".join(sorted({request.by for request in requests} - {""})) or "somebody"


def _small_file(path: Path) -> bytes:
    """What a regular file of few bytes holds; nothing for all else: links are not followed."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with suppress(OSError):
        handle = os.open(path, flags)
        with os.fdopen(handle, "rb") as file:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                return file.read(_MOST_BYTES + 1)
    return b""


def _parsed(name: str, content: bytes) -> Request | None:
    """The request; None when it is malformed."""
    if not 0 < len(content) <= _MOST_BYTES:
        return None
    with suppress(ValueError, RecursionError):
        told = json.loads(content)
        if isinstance(told, dict) and isinstance(told.get("path"), str) and told["path"]:
            return Request(name, told["path"], _plain(told.get("requested_by", "")))
    return None


def _plain(text: object) -> str:
    """Who asks, as it may stand in a line of a log."""
    return "".join(char for char in str(text)[:100] if char.isprintable())
