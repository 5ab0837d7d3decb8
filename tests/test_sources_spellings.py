"""However a workbook is spelled, its cells say the same; and two ways to read it never differ."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from sync.core.errors import SourceUnreadable
from sync.core.grid import Grid
from sync.core.policy import Limits
from sync.sources import xlsx
from sync.sources.xml_text import unusual
from tests.raw_workbooks import MAIN, parts, sheet, zipped
from tests.sheet_xml import Odd, Written, written

LURE = '<row r="1"><c r="A1"><v>9</v></c></row>'
Reader = Callable[[bytes, Limits], Grid]


def read_by_events_alone(data: bytes, limits: Limits) -> Grid:
    """Reads as if every part were spelled in a way that no regular expression takes."""
    with (
        patch("sync.sources.xlsx.read_by_scan", unusual),
        patch("sync.sources.workbook._scanned_texts", unusual),
    ):
        return xlsx.read(data, limits)


WAYS: tuple[Reader, Reader] = (xlsx.read, read_by_events_alone)
"""The two ways to read a workbook that must not differ."""


def outcome(read: Reader, data: bytes) -> Grid | tuple[str, str]:
    """The cells, or why there are none."""
    try:
        return read(data, Limits())
    except SourceUnreadable as refusal:
        return refusal.cause, refusal.hint


@settings(max_examples=120)
@given(written())
def test_every_spelling_means_the_same(book: Written) -> None:
    assert xlsx.read(book.data, Limits()) == book.meant


@pytest.mark.parametrize("odd", tuple(Odd))
def test_each_oddity_alone_changes_nothing(odd: Odd) -> None:
    @settings(max_examples=20)
    @given(written((odd,), tabs=1))
    def check(book: Written) -> None:
        assert xlsx.read(book.data, Limits()) == book.meant

    check()


@settings(max_examples=40)
@given(written(()))
def test_the_usual_spelling_says_what_was_meant(book: Written) -> None:
    assert xlsx.read(book.data, Limits()) == book.meant


IN_COMMENT = (
    sheet("")
    .replace("<sheetData>", f"<!-- <sheetData>{LURE}")
    .replace("</sheetData>", "</sheetData> --><sheetData/>")
)


@pytest.mark.parametrize(
    "made",
    (
        {**parts(""), "xl/worksheets/Tab1.xml": IN_COMMENT},
        parts('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', texts=())
        | {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><!--<si><t>9</t></si>--></sst>'},
        parts('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', texts=())
        | {"xl/sharedStrings.xml": f'<x:sst xmlns:x="{MAIN}"><si><t>9</t></si></x:sst>'},
    ),
    ids=("rows in a comment", "texts in a comment", "texts of another namespace"),
)
def test_what_only_looks_like_cells_is_none(made: dict[str, str]) -> None:
    ours, theirs = (outcome(read, zipped(made)) for read in WAYS)
    assert ours == theirs
    assert not isinstance(ours, Grid) or ours.sheets[0].rows == {}


@settings(max_examples=40)
@given(written())
def test_both_inner_ways_read_the_same(book: Written) -> None:
    """For damaged workbooks see test_sources_mutants.py."""
    assert outcome(WAYS[0], book.data) == outcome(WAYS[1], book.data)
