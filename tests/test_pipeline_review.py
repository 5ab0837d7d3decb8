"""Faults that a fresh pair of eyes found in whole runs: each is a promise that was broken once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import noting, working
from sync.core.errors import UsageError
from sync.health import accept_source
from tests.company import NEXT_DAY, THIRD_DAY, TODAY, Company, codes, plain_master, scores

JUNK = b"not a workbook at all"
HEADER = "ID | Objective ID | Key result | Owner | Start | Target | Current | Last check-in"
THREE = f"""
    {HEADER}
    K1 | O1 | Calls   | Kim | 0 | 10 | 2 | 2026-11-17
    K2 | O1 | Visits  | Kim | 0 | 10 | 4 | 2026-11-17
    K3 | O1 | Letters | Kim | 0 | 10 | 6 | 2026-11-17
"""
TWO = f"""
    {HEADER}
    K2 | O1 | Visits  | Kim | 0 | 10 | 4 | 2026-11-17
    K3 | O1 | Letters | Kim | 0 | 10 | 6 | 2026-11-17
"""
FOURTH_DAY = "2026-11-21"


@pytest.fixture(autouse=True)
def _no_master() -> Iterator[None]:
    with plain_master():
        yield


def test_trust_03_a_day_on_which_a_source_cannot_be_read_is_no_day_on_which_a_row_was_missed(
    tmp_path: Path,
) -> None:
    company = Company(tmp_path)
    company.team(key_results=THREE)
    company.sync(TODAY)
    company.team(key_results=TWO)
    assert scores(company.sync(TODAY))["O1"] == pytest.approx(0.4)
    (company.folder / "teams" / "Acme.xlsx").write_bytes(JUNK)
    for day in (NEXT_DAY, THIRD_DAY, FOURTH_DAY):
        done = company.sync(day)
        assert scores(done)["O1"] == pytest.approx(0.4)
        assert "S112" in codes(done)
        assert done.exit_code == 3


def test_trust_33_namesakes_in_two_places_keep_their_findings_apart(tmp_path: Path) -> None:
    places = '\n[[sources.excel]]\npaths = ["teams"]\n[[sources.excel]]\npaths = ["more"]\n'
    company = Company(tmp_path)
    config = company.folder / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + places, encoding="utf-8")
    company.team(file="okr.xlsx", key_results=f"{HEADER}\nK1 | O1 | Calls | Kim | 0 | 10 | four | 2026-11-17")
    more = company.folder / "more"
    more.mkdir()
    company.team("Beta", level="Team", parent="Acme", file="beta.xlsx")
    (company.folder / "teams" / "beta.xlsx").rename(more / "okr.xlsx")
    done = company.sync(TODAY)
    at_fault = {problem.source for problem in done.problems if problem.code == "S104"}
    assert len(at_fault) == 1
    assert at_fault.pop().endswith("teams/okr.xlsx")


def test_trust_07_a_number_format_declared_later_reads_the_sheets_again(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.team(
        key_results=f"{HEADER}\nK1 | O1 | Calls | Kim | 0 | 2000 | '1.234 | 2026-11-17", number_format=""
    )
    config = company.folder / "config.toml"
    text = config.read_text(encoding="utf-8").replace('number_format = "1,234.5"\n', "")
    config.write_text(text, encoding="utf-8")
    assert scores(company.sync(TODAY))["K1"] is None
    config.write_text(
        text.replace("[organisation]", '[organisation]\nnumber_format = "1.234,5"', 1), encoding="utf-8"
    )
    assert scores(company.sync(TODAY))["K1"] == pytest.approx(0.617)


def test_a_contest_ends_when_the_original_is_deleted_and_the_copy_is_judged_against_its_rows(
    tmp_path: Path,
) -> None:
    company = Company(tmp_path)
    company.team(key_results=THREE)
    company.sync(TODAY)
    original = company.folder / "teams" / "Acme.xlsx"
    (company.folder / "teams" / "Acme copy.xlsx").write_bytes(original.read_bytes())
    assert codes(company.sync(TODAY)).count("S117") == 2
    original.unlink()
    done = company.sync(NEXT_DAY)
    assert "S117" not in codes(done)
    assert scores(done)["O1"] == pytest.approx(0.4)
    assert done.sources["held"] == 0


def test_accepting_one_of_two_contesting_workbooks_is_refused_with_the_way_out(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.team()
    company.sync(TODAY)
    original = company.folder / "teams" / "Acme.xlsx"
    (company.folder / "teams" / "Acme copy.xlsx").write_bytes(original.read_bytes())
    company.sync(TODAY)
    with pytest.raises(UsageError, match="Move one of the two"):
        accept_source("Acme copy.xlsx", company.settings())


def test_trust_01_accepting_an_unreadable_source_leaves_no_permission_behind(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.team()
    company.sync(TODAY)
    (company.folder / "teams" / "Acme.xlsx").write_bytes(JUNK)
    company.sync(NEXT_DAY)
    with pytest.raises(UsageError, match="cannot be read"):
        accept_source("Acme.xlsx", company.settings())


def test_trust_12_a_file_that_is_refused_is_no_idle_run(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.team()
    company.sync(TODAY)
    old = company.folder / "teams" / "Beta.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    done = company.sync(TODAY)
    assert "S110" in codes(done)
    assert done.exit_code == 3
    old.unlink()
    assert company.sync(TODAY).exit_code == 0


def test_trust_32_a_run_that_fails_is_on_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    company = Company(tmp_path)
    company.team()
    company.sync(TODAY)
    company.team(key_results=THREE)

    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError("the roof fell in")

    monkeypatch.setattr(working, "assess", fail)
    with pytest.raises(RuntimeError):
        company.sync(NEXT_DAY)
    with company.store() as store:
        status = store.status()
    assert not status.healthy
    assert status.last is not None
    assert status.last.cause == "RuntimeError: the roof fell in"


@pytest.mark.parametrize("typed", ("", "7", "my own text", "[1, 2]", "{}", "[]"))
def test_a_hidden_identity_that_somebody_typed_over_stops_no_run(typed: str) -> None:
    assert noting._renamed(typed, {"Acme": "Acme Corp"}, {}) == typed


def test_a_row_of_the_master_follows_its_unit_and_its_first_id() -> None:
    known: dict[tuple[str, ...], str] = {("Acme", "2026-Q4", "~1"): "KR2"}
    units = {"Acme": "Acme Corp"}
    assert noting._renamed('["Acme","2026-Q4","~1"]', units, known) == '["Acme Corp","2026-Q4","KR2"]'
    assert noting._renamed('["Beta","2026-Q4","~1"]', units, known) == '["Beta","2026-Q4","~1"]'
