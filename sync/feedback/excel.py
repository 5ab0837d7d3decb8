"""Findings written into a team's workbook by replacing only the sheet parts that okrsync owns.

Libraries that load and save a workbook lose what they do not know (cached values, sparklines, threaded
comments, labels …). Here every other part is copied still compressed. A workbook that cannot be
written is a value, Refused, never an exception: feedback does not fail a sync.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile, is_zipfile

from sync.core.grid import a1
from sync.core.lists import Lists, list_columns
from sync.core.schema import Tab
from sync.core.status_tab import STYLE_COLUMN, Feedback, StatusStyle, status_cells, status_heights
from sync.feedback.sheet_part import NewCell, Part, find_book, read_part, shared_strings, with_cells
from sync.feedback.swap import clear, content_hash, look, swap
from sync.feedback.zip_parts import Busy, Unfit, read_parts, replace_parts

_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
_FRESH_TAB = "copy the tab from a fresh template (okrsync template) if you want findings in the sheet"
_QUOTE = "'"
_CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")


class Written(NamedTuple):
    """What the file is now, so that our own write is not taken for a change of the team's.

    `token` is what the source lists for it, `content_hash` the sha256 of its bytes.
    """

    token: str
    content_hash: str


class Refused(NamedTuple):
    """Why the findings were not written: `reason` completes "… not written into it, ".

    `retry`: the next run may succeed although the workbook is the same (it was open, or just saved).
    """

    reason: str
    retry: bool


def write(
    path: Path, feedback: Feedback, *, expected_hash: str, lists: Lists | None = None
) -> Written | Refused:
    """Replaces Sync status (and Lists, if given) in the workbook whose bytes have that sha256."""
    try:
        seen = look(path, expected_hash)
        content = patched(seen.content, feedback, lists)
        clear(seen, lambda left: _holds_no_edit(left, seen.content))
        stat = swap(seen, content)
    except Unfit as unfit:
        return Refused(f"because {unfit}.", retry=isinstance(unfit, Busy))
    except OSError as error:
        return Refused(f"because the system refused: {error.strerror or type(error).__name__}.", retry=True)
    token = "|".join(map(str, (path, stat.st_mtime_ns, stat.st_size, stat.st_ino)))
    return Written(token, content_hash(content))


def digest(feedback: Feedback) -> str:
    """A hash of everything but `as_of`: while it stays the same the workbook need not be written."""
    told = (feedback.figures, feedback.problems, feedback.rows)
    return hashlib.sha256(json.dumps(told, allow_nan=False).encode()).hexdigest()


def patched(content: bytes, feedback: Feedback, lists: Lists | None = None) -> bytes:
    """The workbook's bytes with the tabs that okrsync owns rewritten. Raises Unfit."""
    if content.startswith(_COMPOUND_FILE):
        raise Unfit("it is encrypted or in the old .xls format")
    with read_parts(content) as archive:
        names = set(archive.namelist())
        if any(name.startswith("_xmlsignatures/") for name in names):
            raise Unfit("it is signed, and a change would break the signature")
        book = find_book(archive.read, names)
        strings = shared_strings(archive.read(book.shared_strings)) if book.shared_strings else []

        def owned(title: str) -> Part:
            if title not in book.tabs:
                raise Unfit(f"it has no tab “{title}”; {_FRESH_TAB}")
            return read_part(archive.read(book.tabs[title]), strings)

        status = owned(Tab.SYNC_STATUS)
        parts = {
            book.tabs[Tab.SYNC_STATUS]: with_cells(
                status, _status(status, feedback, book.tabs), status_heights(feedback)
            )
        }
        if lists is not None and Tab.LISTS in book.tabs:
            choices = owned(Tab.LISTS)
            parts[book.tabs[Tab.LISTS]] = with_cells(choices, _choices(choices, lists))
    return replace_parts(content, parts)


def _holds_no_edit(left: bytes, content: bytes) -> bool:
    """Whether a file is our half-written one, or differs from the workbook in nothing but our own tabs."""
    if not is_zipfile(BytesIO(left)):
        return left[:4] in (b"", b"PK\3\4")  # an encrypted workbook begins otherwise
    try:
        with read_parts(left) as theirs, read_parts(content) as ours:
            return _sums(theirs) == _sums(ours)
    except (Unfit, BadZipFile, zlib.error):  # it is not what we write
        return False


def _sums(archive: ZipFile) -> dict[str, tuple[int, int]]:
    """Length and checksum of every part that is not ours. Raises Unfit."""
    tabs = find_book(archive.read, set(archive.namelist())).tabs
    owned = {tabs.get(Tab.SYNC_STATUS), tabs.get(Tab.LISTS)}
    return {one.filename: (one.file_size, one.CRC) for one in archive.infolist() if one.filename not in owned}


def _status(part: Part, feedback: Feedback, tabs: Collection[str]) -> Iterator[NewCell]:
    """The cells of Sync status in the styles that the tab's own samples carry now."""
    styles = {}
    for row, style in enumerate(StatusStyle, 1):
        sample = part.cells.get(a1(row, STYLE_COLUMN))
        if sample is None or sample.text != style.mark:
            raise Unfit(f"its tab “{Tab.SYNC_STATUS}” was rearranged; {_FRESH_TAB}")
        styles[style] = sample.style
    for cell in status_cells(feedback):
        tab, address = cell.link
        link = (
            f"'{tab.replace(_QUOTE, _QUOTE * 2)}'!{address}"
            if tab in tabs and _CELL.fullmatch(address)
            else ""
        )
        yield NewCell(cell.row, cell.column, cell.value, styles[cell.style], link)


def _choices(part: Part, lists: Lists) -> Iterator[NewCell]:
    """The cells of Lists, in the style of its first header."""
    columns = list_columns(lists)
    for column, name in enumerate(columns, 1):
        header = part.cells.get(a1(1, column))
        if header is None or header.text != name:
            raise Unfit(f"its tab “{Tab.LISTS}” was rearranged; {_FRESH_TAB}")
    style = part.cells["A1"].style
    for column, (name, values) in enumerate(columns.items(), 1):
        for row, text in enumerate((name, *values), 1):
            yield NewCell(row, column, text, style)
