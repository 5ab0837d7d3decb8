"""Field masks and A1 notation of the test server, against naive twins."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sheets_server import a1, masks
from tests.sheets_server.a1 import Area

NAMES = st.sampled_from("abc")
OBJECTS: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 9),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=12,
)
PATHS = st.lists(st.lists(NAMES | st.just("*"), min_size=1, max_size=3), min_size=1, max_size=4)


def leaves(value: Any, at: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], Any]:
    """Every value that is no object or list with fields, by the way to it; empty ones are leaves, too."""
    if isinstance(value, dict) and value:
        return {k: v for name, inner in value.items() for k, v in leaves(inner, (*at, name)).items()}
    if isinstance(value, list) and value:
        return {k: v for n, inner in enumerate(value) for k, v in leaves(inner, (*at, n)).items()}
    return {at: value}


def allowed(way: tuple[str | int, ...], paths: list[list[str]]) -> bool:
    """Whether a path lets the leaf at `way` through: as far as both go, they agree."""
    names = [step for step in way if isinstance(step, str)]
    return any(all(step in ("*", name) for step, name in zip(path, names, strict=False)) for path in paths)


@given(OBJECTS, PATHS)
def test_projecting_keeps_exactly_the_leaves_that_a_path_names(value, paths):
    mask = masks.parse(",".join(".".join(path) for path in paths))
    kept = leaves(masks.project(value, mask))
    expected = {way: leaf for way, leaf in leaves(value).items() if allowed(way, paths)}
    # What a path goes through without finding its end stays as an empty object: it is no leaf of the value.
    assert {way: leaf for way, leaf in kept.items() if way in leaves(value)} == expected
    assert all(leaf == {} for way, leaf in kept.items() if way not in leaves(value))


@given(PATHS)
def test_a_mask_means_the_same_with_dots_slashes_and_parentheses(paths):
    dotted = masks.parse(",".join(".".join(path) for path in paths))
    slashed = masks.parse(", ".join("/".join(path) for path in paths))
    nested = masks.parse(",".join("(".join(path) + ")" * (len(path) - 1) for path in paths))
    assert dotted == slashed == nested


@pytest.mark.parametrize("text", ("", "a,", "a(b", "a)b", ",a", "a..b", "a b", "a(,b)"))
def test_what_is_no_mask_is_refused(text):
    with pytest.raises(masks.BadMask):
        masks.parse(text)


def test_an_update_takes_named_fields_and_removes_what_is_not_given():
    target = {"a": 1, "b": {"c": 2, "d": 3}, "e": 4}
    mask = masks.parse("a,b.c,b.f")
    assert masks.update(target, {"a": 5, "b": {"f": 6}, "e": 7}, mask) == {
        "a": 5,
        "b": {"d": 3, "f": 6},
        "e": 4,
    }


@given(st.integers(0, 18_277))
def test_a_columns_letters_are_read_back(column):
    assert a1.number(a1.letters(column)) == column


TITLES = st.text(st.sampled_from(string.ascii_letters + string.digits + " '!:äß🌵"), min_size=1, max_size=12)


@given(TITLES, st.integers(0, 2000), st.integers(0, 800), st.integers(1, 50), st.integers(1, 50))
def test_an_area_written_as_a1_is_read_back(title, top, left, height, width):
    area = Area(7, top, left, top + height, left + width)
    read_title, inside = a1.split(a1.written(area, title))
    assert read_title == title
    assert a1.cells(inside or "", 7) == area


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("A1", Area(0, 0, 0, 1, 1)),
        ("$B$3:$A$1", Area(0, 0, 0, 3, 2)),
        ("A:C", Area(0, 0, 0, None, 3)),
        ("3:5", Area(0, 2, 0, 5, None)),
        ("A2:2", Area(0, 1, 0, 2, None)),
        ("B3:B", Area(0, 2, 1, None, 2)),
        ("A", None),
        ("A0", None),
        ("A1:", None),
        ("Sheet1", None),
    ),
)
def test_a1_texts_are_read_as_google_reads_them(text, expected):
    assert a1.cells(text, 0) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    (
        ("Sheet1", "Sheet1"),
        ("D3", "'D3'"),
        ("My tab", "'My tab'"),
        ("Bob's", "'Bob''s'"),
        ("2026", "'2026'"),
    ),
)
def test_a_title_is_quoted_where_google_quotes_it(title, expected):
    assert a1.quoted(title) == expected
