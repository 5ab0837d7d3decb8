"""The search language of files.list: `mimeType = '…' and 'folder' in parents and not trashed = true`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.sheets_server.clock import rfc3339
from tests.sheets_server.errors import Refusal
from tests.sheets_server.world import File

Test = Callable[[File], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<sign>!=|<=|>=|=|<|>|\(|\))|(?P<word>[A-Za-z][\w.]*))"""
)


def bad_query() -> Refusal:
    return Refusal(400, "Invalid Value", reason="invalid", location="q")


def parse(text: str, modified: Callable[[File], float]) -> Test:
    """A test of files. `modified` gives the time of change as it is listed. Raises Refusal."""
    words: list[str] = []
    place = 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if not found:
            raise bad_query()
        words.append(found[0].strip())
        place = found.end()
    parser = _Parser(words, modified)
    test = parser.either()
    if parser.words:
        raise bad_query()
    return test


class _Parser:
    def __init__(self, words: list[str], modified: Callable[[File], float]) -> None:
        self.words = words
        self._modified = modified

    def _take(self) -> str:
        if not self.words:
            raise bad_query()
        return self.words.pop(0)

    def either(self) -> Test:
        tests = [self._both()]
        while self.words[:1] == ["or"]:
            self._take()
            tests.append(self._both())
        return lambda file: any(test(file) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self.words[:1] == ["and"]:
            self._take()
            tests.append(self._single())
        return lambda file: all(test(file) for test in tests)

    def _single(self) -> Test:
        word = self._take()
        if word == "not":
            inner = self._single()
            return lambda file: not inner(file)
        if word == "(":
            inner = self.either()
            if self._take() != ")":
                raise bad_query()
            return inner
        if word[0] in "'\"":
            return self._member(_plain(word))
        return self._compared(word)

    def _member(self, value: str) -> Test:
        if self._take() != "in":
            raise bad_query()
        field = self._take()
        if field == "parents":
            return lambda file: value in file.parents
        if field == "owners":
            return lambda file: file.owner == value
        if field in ("writers", "readers"):
            return lambda file: any(one.get("emailAddress") == value for one in file.permissions.values())
        raise bad_query()

    def _compared(self, field: str) -> Test:
        sign, value = self._take(), _plain(self._take())
        if field == "trashed" and sign in ("=", "!="):
            wanted = (value == "true") == (sign == "=")
            return lambda file: file.trashed == wanted
        if field in ("name", "fullText") and sign == "contains":
            return lambda file: _contains(file.name, value)
        if field in ("modifiedTime", "createdTime"):
            return self._timed(field, sign, value)
        reading: dict[str, Callable[[File], Any]] = {"name": lambda f: f.name, "mimeType": lambda f: f.kind}
        read = reading.get(field)
        if read is None:
            raise bad_query()
        if sign == "contains":
            return lambda file: value in read(file)
        if sign not in ("=", "!="):
            raise bad_query()
        return lambda file: (read(file) == value) == (sign == "=")

    def _timed(self, field: str, sign: str, value: str) -> Test:
        signs: dict[str, Callable[[str, str], bool]] = {
            "<": lambda a, b: a < b,
            ">": lambda a, b: a > b,
            "<=": lambda a, b: a <= b,
            ">=": lambda a, b: a >= b,
            "=": lambda a, b: a == b,
            "!=": lambda a, b: a != b,
        }
        if sign not in signs:
            raise bad_query()
        limit = _moment(value)
        return lambda file: signs[sign](
            rfc3339(self._modified(file) if field == "modifiedTime" else file.created), limit
        )


def _plain(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word[0] in "'\"" else word


def _contains(name: str, value: str) -> bool:
    """Google matches the beginnings of words."""
    return re.search(rf"(?<!\w){re.escape(value)}", name, re.IGNORECASE) is not None


def _moment(text: str) -> str:
    """A time of RFC 3339 as `rfc3339` writes it, so that the two compare as text."""
    import datetime as dt

    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise bad_query() from None
    return rfc3339(moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp())
