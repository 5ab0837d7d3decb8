"""The master is put together from pieces, kept or new: the same bytes always, and everybody can read them."""

from __future__ import annotations

import hashlib
import random
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from sync.core.policy import Limits
from sync.master import bulk, excel, kept, look, package, prints
from sync.master.cells import Column, Formula, Placed, Sheet, Style, Table, Value, Workbook, digest
from sync.master.package import Part, Piece, deflated, zipped
from sync.master.render import render
from sync.master.selfcheck import bulk_works
from sync.master.splice import Rendered
from sync.sources import xlsx
from tests.company import TODAY, Company

DAY = date(2026, 11, 18)
ROWS = 3 * prints.BLOCK + 7
BAND = look.band("Title", "words", "as of")


def column(header: str, values: list[Value], style: Style = look.TEXT, **more: object) -> Column:
    return Column(header, values, style, **more)  # type: ignore[arg-type]  # as given


def workbook(**changed: object) -> Workbook:
    """A list with everything in it that rows can have, of several blocks."""
    names: list[Value] = [f"Zeile {at} & ü" if at % 50 == 0 else f"Row {at} › x" for at in range(ROWS)]
    scores: list[Value] = [None if at % 7 == 0 else at / 97 for at in range(ROWS)]
    looks = [look.number_style(at / 4) for at in range(ROWS)]
    links = {at: f"external:t/{at // 9}.xlsx#'A'!B{at}" for at in range(90)}
    columns = (
        column("Name", names, look.WRAPPED, links=links),
        column("Score", scores, look.SCORE),
        column("Value", [at / 4 for at in range(ROWS)], look.AMOUNT, styles=looks),
        column("Day", [DAY if at % 3 else None for at in range(ROWS)], look.DATE),
        column("Live", [Formula(f"B{at}*2", 0.5) for at in range(ROWS)], look.RATIO),
        column("Mixed", [(True, 1.0, "1", 0.0, -0.0, None)[at % 6] for at in range(ROWS)]),
    )
    table = Table(5, columns, "List", [at % 4 for at in range(ROWS)])
    sheet = Sheet(
        "List",
        placed=(*BAND, Placed(300, 9, "beside", look.TEXT)),
        table=table,
        heights={5: 30.0} | {6 + at: 28.0 for at in range(0, ROWS, 11)},
    )
    return Workbook("Master", DAY, (replace(sheet, **changed), Sheet("Empty")))  # type: ignore[arg-type]  # as given


def with_values(book: Workbook, changes: dict[tuple[int, int], Value]) -> Workbook:
    """The workbook with some cells of its table (column, row, from 0) changed."""
    sheet = book.sheets[0]
    assert sheet.table is not None
    columns = [replace(one, values=list(one.values)) for one in sheet.table.columns]
    for (at, row), value in changes.items():
        columns[at].values[row] = value  # type: ignore[index]  # a list since just now
    return replace(
        book, sheets=(replace(sheet, table=replace(sheet.table, columns=tuple(columns))), *book.sheets[1:])
    )


def pieces_of(rendered: Rendered) -> dict[bytes, Piece]:
    view = memoryview(rendered.data)
    return {
        key: Piece(view[place.at : place.at + place.length], place.crc, place.size)
        for key, place in rendered.places.items()
    }


BASE = workbook()
FIRST = render(BASE, bulk=True)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The texts that were compressed, so far."""
    texts: list[bytes] = []
    plain = package.Deflater.piece

    def piece(deflater: package.Deflater, text: bytes) -> object:
        texts.append(text)
        return plain(deflater, text)

    monkeypatch.setattr(package.Deflater, "piece", piece)
    return texts


# ---------------------------------------------------------------- pieces and their zip


@given(st.lists(st.lists(st.binary(max_size=400), max_size=5), max_size=4), st.integers(0, 9))
def test_a_zip_of_pieces_is_the_zip_of_their_joined_texts(parts: list[list[bytes]], level: int) -> None:
    named = {f"xl/{at}.xml": texts for at, texts in enumerate(parts)}
    data, starts = zipped(
        Part(name, [deflated(text, level) for text in texts]) for name, texts in named.items()
    )
    with zipfile.ZipFile(BytesIO(data)) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == {
            name: b"".join(texts) for name, texts in named.items()
        }
    for name, texts in named.items():
        if texts:
            first = deflated(texts[0], level).data
            assert data[starts[name] :][: len(first)] == first


# ---------------------------------------------------------------- fingerprints

SIMPLE = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False) | st.text(max_size=3)
VALUES = SIMPLE | st.dates() | st.builds(Formula, st.text("A1+", max_size=2), st.floats(0, 1) | st.just(""))


@settings(max_examples=400)
@given(
    st.lists(VALUES, min_size=1, max_size=4),
    st.lists(VALUES, min_size=1, max_size=4),
    st.lists(st.text(alphabet="a\0", max_size=3), min_size=1, max_size=4),
)
def test_values_have_the_same_print_only_if_they_are_the_same(
    one: list[object], other: list[object], texts: list[object]
) -> None:
    for left in (one, texts):
        for right in (other, texts, [*texts[:-1], f"{texts[-1]}\0"]):
            same = [(type(value), repr(value)) for value in left] == [(type(v), repr(v)) for v in right]
            assert (prints.of_values(left) == prints.of_values(right)) == same


def test_numbers_that_are_equal_and_not_the_same_have_prints_of_their_own() -> None:
    alike: list[list[object]] = [[0.0], [-0.0], [False], [0], ["0"], [date(1970, 1, 1)], [None], [""]]
    assert len({prints.of_values(values) for values in alike}) == len(alike)
    assert prints.of_values(["a\0b"]) != prints.of_values(["a", "b"])


def test_looks_count_by_what_they_are() -> None:
    twin = [Style(*style) for style in BASE.sheets[0].table.columns[2].styles or ()]  # type: ignore[union-attr]  # it has a table
    table = BASE.sheets[0].table
    assert table is not None
    columns = list(table.columns)
    columns[2] = replace(columns[2], styles=twin)
    assert replace(table, columns=tuple(columns)).prints == table.prints
    twin[300], twin[301] = twin[301], twin[300]
    columns[2] = replace(columns[2], styles=twin)
    other = replace(table, columns=tuple(columns)).prints
    assert [at for at, pair in enumerate(zip(other, table.prints, strict=True)) if len(set(pair)) == 2] == [1]


# ---------------------------------------------------------------- rows in bulk


@given(
    st.lists(
        st.text(max_size=6) | st.sampled_from(["a", "_x0041_", " a", "a ", "a&b", "\ud800", "\xa0"]),
        min_size=1,
    )
)
def test_texts_go_in_plain_only_if_none_of_them_needs_care(texts: list[str]) -> None:
    careful = [bulk._inline(text) for text in texts]
    found = bulk._plain_texts(texts)
    if found is not None:
        assert [f"<t>{text.decode()}</t>" for text in found] == careful
    elif len(texts) == 1 and texts[0].isascii() and "\x7f" not in texts[0]:
        assert careful != [f"<t>{texts[0]}</t>"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(VALUES, min_size=1, max_size=12),
    st.lists(st.sampled_from([look.TEXT, look.RATIO, look.DATE]), min_size=12),
)
def test_any_values_are_the_same_in_bulk_and_cell_by_cell(values: list[Value], styles: list[Style]) -> None:
    found = [_in_excel(value) for value in values]
    columns = (column("One", found), column("Two", found, styles=styles[: len(found)]))
    book = Workbook("t", DAY, (Sheet("S", table=Table(1, columns)),))
    fast, slow = (xlsx.read(render(book, bulk=way).data, Limits()).sheet("S") for way in (True, False))
    assert fast == slow


@pytest.mark.parametrize("code", (*range(1, 0x20), 0x7F, *b"&<>"))
def test_no_character_that_needs_care_goes_in_plain(code: int) -> None:
    assert bulk._plain_texts(["a", f"b{chr(code)}c"]) is None


def test_values_that_python_takes_for_equal_stay_apart() -> None:
    columns = (column("One", [1.0, True, 0.0, False]), column("Two", [-0.0, 0.0, 1.0, "1"]))
    found = b"".join(rows.xml() for rows in bulk.rows(Sheet("S", table=Table(1, columns)), lambda _: 3))
    cells = [cell.split(b">", 1)[1] for cell in found.split(b"<c ")[3:]]
    assert cells == [
        b"<v>1.0</v></c>", b'<v>0.0</v></c></row><row r="3">',
        b"<v>1</v></c>", b'<v>0.0</v></c></row><row r="4">',
        b"<v>0.0</v></c>", b'<v>1.0</v></c></row><row r="5">',
        b"<v>0</v></c>", b"<is><t>1</t></is></c></row>",
    ]  # fmt: skip


def _in_excel(value: Value) -> Value:
    """A value as XlsxWriter writes it: to 15 digits, no day before 1900, no formula that shows nothing."""
    match value:
        case Formula():
            return value if value.value != "" else value._replace(value="nothing")
        case date():
            return value if value.year > 1900 else DAY
        case float():
            return float(f"{value:.15g}") if abs(value) < 1e300 else 0.5
        case _:
            return value


def test_openpyxl_calamine_and_our_own_reader_read_all_blocks_alike() -> None:
    page = load_workbook(BytesIO(FIRST.data), data_only=True)["List"]
    theirs = CalamineWorkbook.from_filelike(BytesIO(FIRST.data)).get_sheet_by_name("List").to_python()
    ours = xlsx.read(FIRST.data, Limits()).sheet("List")
    assert ours is not None
    assert len(theirs) == page.max_row == 5 + ROWS
    table = BASE.sheets[0].table
    assert table is not None
    for at in range(ROWS):
        named = [page.cell(6 + at, column).value for column in (1, 2)]
        assert named == [theirs[5 + at][0], theirs[5 + at][1] if named[1] is not None else None]
        assert named == [ours.cell(6 + at, column).value for column in (1, 2)]
        assert named == [table.columns[0].values[at], table.columns[1].values[at]]
    assert page["I300"].value == "beside"
    assert page["A6"].hyperlink.target == "t/0.xlsx"
    assert page["A95"].hyperlink.target == "t/9.xlsx"
    assert page["A95"].hyperlink.location == "'A'!B89"
    assert page.tables["List"].ref == page.tables["List"].autoFilter.ref == f"A5:F{5 + ROWS}"


@pytest.mark.parametrize("way", (True, False))
def test_the_zlib_level_is_in_force(way: bool) -> None:  # noqa: FBT001  # a parameter of the test
    sizes = [len(render(BASE, bulk=way, zlib_level=level).data) for level in (0, 1, 5, 9)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 5 * sizes[1]


# ---------------------------------------------------------------- kept pieces


MORE: tuple[dict[str, object], ...] = (
    {},
    {"heights": {5: 30.0, 400: 99.0}},
    {"placed": (*BAND, Placed(300, 9, "beside another", look.TEXT))},
    {"placed": (Placed(1, 1, "styles are numbered anew", Style(bold=True, ink="#123456")),)},
)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_kept_and_what_is_made_give_the_same_bytes(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    values: list[Value] = ["new", "a & b", None, 0.25, True, DAY, Formula("1+1", 2.0), -0.0, 0.0]
    cells = {
        (chance.randrange(6), chance.randrange(ROWS)): chance.choice(values)
        for _ in range(chance.randrange(5))
    }
    later = with_values(workbook(**MORE[seed % len(MORE)]), cells)
    assert render(later, bulk=True, kept=pieces_of(FIRST)).data == render(later, bulk=True).data


def test_an_unchanged_workbook_is_not_compressed_again_and_a_changed_cell_only_with_its_block(
    made: list[bytes],
) -> None:
    assert render(workbook(), bulk=True, kept=pieces_of(FIRST)) == FIRST
    assert made == []
    render(with_values(BASE, {(0, 300): "changed"}), bulk=True, kept=pieces_of(FIRST))
    assert len(made) == 1
    assert b'<row r="306"' in made[0]
    assert made[0].count(b"<row ") == prints.BLOCK


@pytest.mark.parametrize(
    ("changed", "same"),
    (
        (workbook(), True),
        (with_values(BASE, {(5, 3): 0.0}), True),
        (with_values(BASE, {(5, 3): 0.5}), False),
        (with_values(BASE, {(5, 1): True}), False),
        (with_values(BASE, {(5, 2): 1.0}), False),
        (workbook(heights={5: 30.0}), False),
        (workbook(placed=()), False),
    ),
)
def test_the_digest_sees_what_anybody_sees(changed: Workbook, same: bool) -> None:  # noqa: FBT001  # a parameter
    assert (digest(changed) == digest(BASE)) == same


# ---------------------------------------------------------------- the list beside the history


def published(folder: Path, book: Workbook, before: bytes = b"", **more: object) -> bytes:
    """The master that is published over that one."""
    path = folder / "master.xlsx"
    path.write_bytes(before)
    known = hashlib.sha256(before).hexdigest()
    options = {"pieces": folder / "pieces"} | more
    assert not excel.publish(book, path, expected_hash=known, **options).beside  # type: ignore[arg-type]  # as given
    return path.read_bytes()


def test_the_next_master_takes_over_what_is_unchanged(tmp_path: Path, made: list[bytes]) -> None:
    bulk_works()
    first = published(tmp_path, BASE)
    assert first == FIRST.data
    assert (tmp_path / "pieces").stat().st_mode & 0o777 == 0o600
    made.clear()
    later = with_values(BASE, {(0, 300): "changed"})
    second = published(tmp_path, later, first)
    assert len(made) == 1
    assert second == render(later, bulk=True).data
    made.clear()
    assert published(tmp_path, BASE, second) == first
    assert len(made) == 1


def _bad_lists(good: bytes) -> Iterator[bytes | None]:
    yield from (None, b"", b"okrsync", good[:-1], good + b"x", good[: len(good) // 2], bytes(len(good)))
    chance = random.Random(1)  # noqa: S311  # nothing secret
    for at in (0, 20, 60, len(good) - 1, *(chance.randrange(len(good)) for _ in range(20))):
        yield good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]


def test_a_list_that_is_missing_damaged_or_of_another_master_only_costs_time(
    tmp_path: Path, made: list[bytes]
) -> None:
    first = published(tmp_path, BASE)
    good, later = (tmp_path / "pieces").read_bytes(), with_values(BASE, {(0, 300): "changed"})
    expected = render(later, bulk=True).data
    for bad in _bad_lists(good):
        (tmp_path / "pieces").unlink()
        if bad is not None:
            (tmp_path / "pieces").write_bytes(bad)
        made.clear()
        assert published(tmp_path, later, first) == expected
        assert len(made) > 10
        assert kept.remembered(tmp_path / "pieces", expected, 5)
    (tmp_path / "pieces").write_bytes(good)
    made.clear()
    assert published(tmp_path, later, first[:-1] + b"x") == expected  # a manager saved it since
    assert len(made) > 10


def test_a_list_of_another_level_is_none(tmp_path: Path) -> None:
    first = published(tmp_path, BASE, zlib_level=9)
    assert kept.remembered(tmp_path / "pieces", first, 9)
    assert not kept.remembered(tmp_path / "pieces", first, 5)
    assert published(tmp_path, BASE, first) == FIRST.data


def test_trust_18_a_list_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "pieces").mkdir()
    assert published(tmp_path, BASE) == FIRST.data
    assert kept.remembered(tmp_path / "pieces", FIRST.data, 5) == {}
    assert published(tmp_path, BASE, pieces=None) == FIRST.data


def test_a_sync_over_the_last_master_gives_the_bytes_of_one_without_it(tmp_path: Path) -> None:
    one, other = Company(tmp_path / "one"), Company(tmp_path / "other")
    for at in (1, 2):
        for company in (one, other):
            company.team("Sales", objectives=f"ID | Objective\nS1 | Sell {at}", level="Team")
        assert one.sync(TODAY).exit_code == other.sync(TODAY).exit_code
        pieces = other.database.parent / "master-pieces"
        assert pieces.stat().st_mode & 0o777 == 0o600
        pieces.unlink()
    assert one.master.read_bytes() == other.master.read_bytes()
