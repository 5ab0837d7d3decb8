"""The shelf spares work and changes nothing: with it, without it, with a damaged one a run says the same."""

from __future__ import annotations

import random
import shutil
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.columns import Columns
from sync.core.gather import gather
from sync.core.model import TeamSheet
from sync.core.policy import Organisation
from sync.core.portfolio import Origin, Portfolio
from sync.core.stack import CHECK_IN_WORDS
from sync.history import shelf
from sync.history.payload import Document, sheet_document, sheet_of
from sync.history.records import SourceRecord
from tests.company import Company
from tests.test_history_payload import SHEETS

DAY = date(2026, 10, 12)
TABLES = ("units", "objectives", "key_results", "check_ins", "initiatives", "alignments", "dependencies")


def portfolio_of(sheets: list[TeamSheet]) -> Portfolio:
    origins = [Origin(sheet.source, f"{at:03}", "") for at, sheet in enumerate(sheets)]
    return gather(sheets, origins, organisation=Organisation(), as_of=DAY)


def laid_on(folder: Path, sheets: list[TeamSheet]) -> list[Document]:
    """The sheets' documents, once the sheets lie on the shelf in that folder."""
    documents = [sheet_document(sheet) for sheet in sheets]
    records = {
        f"{at:03}": SourceRecord(f"{at:03}", sheet.source, digest=documents[at].digest)
        for at, sheet in enumerate(sheets)
    }
    shelf.put(folder, portfolio_of(sheets), lambda: records)
    return documents


def numbered(sheets: list[TeamSheet]) -> list[TeamSheet]:
    return [sheet._replace(team=sheet.team._replace(unit=f"Unit {at}")) for at, sheet in enumerate(sheets)]


def as_text(p: Portfolio) -> dict[str, str]:
    """All that a portfolio's frames hold, to the last bit: in a text, 0.0 is not -0.0 and 1 not True."""
    found = {name: repr(getattr(p, name).to_dict("list")) for name in TABLES}
    rows = p.newest_check_ins(100)
    return found | {name: repr(p.words(name, rows)) for name in CHECK_IN_WORDS}


@settings(max_examples=40)
@given(st.lists(SHEETS, min_size=1, max_size=4), st.lists(SHEETS, max_size=2))
def test_sheets_on_the_shelf_are_those_of_their_documents(
    sheets: list[TeamSheet], more: list[TeamSheet]
) -> None:
    sheets, more = numbered(sheets), [sheet_of(sheet_document(sheet).data) for sheet in numbered(more)]
    more = [sheet._replace(team=sheet.team._replace(unit=f"{sheet.team.unit} ½")) for sheet in more]
    with TemporaryDirectory() as name:
        documents = laid_on(Path(name), [sheet_of(sheet_document(sheet).data) for sheet in sheets])
        found = shelf.fetched(Path(name))
    taken = [found.sheet(document.digest, document.data) for document in documents]
    assert all(taken)
    known = [sheet for sheet in taken if sheet]
    plain = [sheet_of(document.data) for document in documents]
    assert as_text(portfolio_of([*known, *more])) == as_text(portfolio_of([*plain, *more]))
    assert repr(known) == repr(plain)
    assert found.sheet("another", b"") is None


def test_cells_are_loaded_when_somebody_looks_at_them(tmp_path: Path, many: list[TeamSheet]) -> None:
    documents = laid_on(tmp_path, many)
    found = shelf.fetched(tmp_path)
    taken = [found.sheet(document.digest, b"no document") for document in documents]
    p = portfolio_of([sheet for sheet in taken if sheet])
    assert as_text(p) == as_text(portfolio_of(many))
    assert [len(sheet.objectives) for sheet in p.sheets] == [1, 1, 1]
    with pytest.raises(zlib.error, match="incorrect header"):
        list(p.sheets[0].objectives)


@pytest.fixture
def many(tmp_path: Path) -> Iterator[list[TeamSheet]]:
    company = Company(tmp_path / "company")
    for unit in ("Acme", "Sales", "Support"):
        company.team(unit, **_said(_chance(unit)))
    company.sync(DAY.isoformat())
    with company.store() as store:
        yield [record.sheet for record in store.load_sources().values() if record.sheet]


@pytest.mark.parametrize("at", (0, 30, 70, 200, -200, -40, -1))
def test_a_damaged_shelf_is_none(tmp_path: Path, many: list[TeamSheet], at: int) -> None:
    laid_on(tmp_path, many)
    whole = (tmp_path / "shelf").read_bytes()
    flipped = bytearray(whole)
    flipped[at] ^= 1
    for data in (bytes(flipped), whole[:at], b"", whole + b"\0"):
        (tmp_path / "shelf").write_bytes(data)
        assert shelf.fetched(tmp_path) is shelf.NOTHING
    (tmp_path / "shelf").write_bytes(whole)
    assert shelf.fetched(tmp_path).places


def test_the_shelf_of_another_okrsync_is_none(tmp_path: Path, many: list[TeamSheet]) -> None:
    laid_on(tmp_path, many)
    shelf._manner.cache_clear()
    with patch.object(shelf, "version", lambda _: "9.9"):
        assert shelf.fetched(tmp_path) is shelf.NOTHING
    shelf._manner.cache_clear()
    assert shelf.fetched(tmp_path) is not shelf.NOTHING


def test_a_folder_that_takes_no_file_has_no_shelf(tmp_path: Path, many: list[TeamSheet]) -> None:
    (tmp_path / "shelf").mkdir()
    laid_on(tmp_path, many)
    assert shelf.fetched(tmp_path) is shelf.NOTHING


# ---------------------------------------------------------------- whole runs


_NAMES = ("NPS", "Leads", "Calls", "Press", "Ä & <ö>", "a\x7fb")


def _chance(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311  # no secret


def _said(chance: random.Random) -> dict[str, Any]:
    """What a team may have typed into its tables."""
    one_of = chance.choice
    key_results = [
        f"K{at} | {one_of(('', 'O1'))} | {one_of(_NAMES)} {at} | 0 | {one_of(('10', '45%', 'x'))}"
        f" | {one_of(('', '4', '7.5', '#REF!'))} | {one_of(('', 'Kim', 'Ada'))}"
        for at in range(chance.randint(0, 4))
    ]
    check_ins = [
        f"{DAY - timedelta(one_of(range(9)))} | K{one_of(range(4))} | {one_of(range(10))} | Said {at}"
        for at in range(chance.randint(0, 5))
    ]
    objective = f"O1 | Sell {one_of('abc')} | {one_of(('', 'O1'))}"
    return {
        "objectives": f"ID | Objective | Aligned to\n{objective}",
        "key_results": "\n".join(
            ("ID | Objective ID | Key result | Start | Target | Current | Owner", *key_results)
        ),
        "check_ins": "\n".join(("Date | KR ID | Value | What changed", *check_ins)),
    }


@pytest.mark.parametrize("seed", range(4))
def test_trust_13_changed_runs_with_a_shelf_equal_runs_from_scratch(tmp_path: Path, seed: int) -> None:
    """Edits, new and lost workbooks, day after day; the twin loses shelf and pieces before every run."""
    chance = _chance(seed)
    real, twin = Company(tmp_path / "real"), Company(tmp_path / "twin")
    units = [f"Unit {at}" for at in range(30)]  # so many that one changed leaves the shelf as it is
    for unit in units:
        said = _said(chance)
        for company in (real, twin):
            company.team(unit, level="Team", **said)
    kept = 0
    with patch.object(shelf, "MOST_WORDS", 20):
        for days in range(6):
            day = (DAY + timedelta(days=days // 2)).isoformat()
            done, expected = real.sync(day), _from_scratch(twin, day)
            assert done.problems == expected.problems
            assert real.master.read_bytes() == twin.master.read_bytes()
            assert done.assessment is not None
            assert expected.assessment is not None
            assert as_text(done.assessment.portfolio) == as_text(expected.assessment.portfolio)
            kept += sum(_kept(sheet) for sheet in done.assessment.portfolio.sheets)
            assert not any(_kept(sheet) for sheet in expected.assessment.portfolio.sheets)
            for unit in chance.sample(units, chance.choice((1, 1, 2))):
                _edit((real, twin), unit, chance)
    assert kept > 60


def _from_scratch(twin: Company, day: str) -> Any:
    for name in ("shelf", "master-pieces"):
        (twin.folder / "state" / name).unlink(missing_ok=True)
    return twin.sync(day)


def _edit(companies: tuple[Company, ...], unit: str, chance: random.Random) -> None:
    said, gone = _said(chance), chance.random() < 0.2
    for company in companies:
        if gone:
            (company.teams / f"{unit}.xlsx").unlink(missing_ok=True)
        else:
            company.team(unit, level="Team", **said)


def _kept(sheet: TeamSheet) -> bool:
    return isinstance(sheet.key_results, Columns) and sheet.key_results.kept is not None


def test_nobody_forgotten_stays_on_a_shelf(tmp_path: Path) -> None:
    """`forget` removes it; one that another machine still has is not used, and replaced by its next run."""
    company = Company(tmp_path)
    company.team(key_results="ID | Objective ID | Key result | Owner\nK1 | O1 | NPS | Zoe Quill")
    company.sync(DAY.isoformat())
    place, other = company.folder / "state" / "shelf", tmp_path / "other"
    assert place.read_bytes().count(b"Zoe Quill") == 1
    shutil.copy(place, other)
    with company.store() as store:
        store.forget("Zoe Quill")
    assert not place.exists()
    shutil.copy(other, place)
    company.team("Sales", level="Team")
    done = company.sync((DAY + timedelta(days=1)).isoformat())
    assert done.assessment is not None
    assert not any(_kept(sheet) for sheet in done.assessment.portfolio.sheets)
    assert b"Zoe Quill" not in place.read_bytes()
    assert done.assessment.portfolio.key_results["owner"][0].startswith("person-")
