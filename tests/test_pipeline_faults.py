"""Promises 4 and 15 end to end: a source that cannot be read keeps its last rows, and harms no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sheet_templates.team import TeamDefaults
from tests import readers
from tests.company import (
    CONFIG,
    KEY_RESULTS,
    NEXT_DAY,
    THIRD_DAY,
    TODAY,
    Company,
    codes,
    plain_master,
    problem,
    scores,
    workbook,
)

SALES = {
    "objectives": "ID | Objective | Owner | Aligned to\nS1 | Sell more | Lee | O1",
    "key_results": """
        ID  | Objective ID | Key result | Owner | Start | Target | Current | Last check-in
        SK1 | S1           | Deals      | Lee   | 0     | 8      | 2       | 2026-11-17
        SK2 | S1           | Renewals   | Lee   | 0     | 10     | 9       | 2026-11-17
    """,
    "level": "Team",
    "parent": "Acme",
}


@pytest.fixture(autouse=True)
def _no_master() -> Iterator[None]:
    with plain_master():
        yield


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.team()
    company.team("Sales", **SALES)
    return company


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4000])


def web_page(path: Path) -> None:
    path.write_text("<!DOCTYPE html><html><body>Please sign in</body></html>")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def encrypted(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))


def nobodys(path: Path) -> None:
    path.write_bytes(workbook(TeamDefaults(), ()))


FAULTS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "truncated": (truncate, "S110"),
    "a web page named .xlsx": (web_page, "S110"),
    "empty": (empty, "S110"),
    "encrypted": (encrypted, "S110"),
    "deleted": (Path.unlink, "S112"),
    "of no unit": (nobodys, "S120"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_trust_04_a_source_that_cannot_be_read_keeps_its_last_rows_and_is_marked_stale(
    company: Company, fault: str
) -> None:
    before = scores(company.sync(TODAY))
    damage, code = FAULTS[fault]
    whole = (company.teams / "Sales.xlsx").read_bytes()
    damage(company.teams / "Sales.xlsx")

    done = company.sync(NEXT_DAY)
    assert (done.state, done.exit_code, done.sources["stale"]) == ("partial", 3, 1)
    assert scores(done) == before
    assert {code, "S112"} <= set(codes(done, "Sales.xlsx"))
    assert problem(done, "S112").message.startswith(f"Stale since {NEXT_DAY}: ")
    assert done.assessment is not None
    units = done.assessment.scores.units["stale_sources"].tolist()
    assert units == [1, 1]  # Acme's roll-up says so as well as Sales'

    later = company.sync(THIRD_DAY)
    assert problem(later, "S112").message.startswith(f"Stale since {NEXT_DAY}: ")
    assert company.command("status").out.count("Stale: Sales.xlsx") == 1

    (company.teams / "Sales.xlsx").write_bytes(whole)
    mended = company.sync(THIRD_DAY)
    assert (mended.exit_code, codes(mended), scores(mended)) == (0, [], before)


def test_trust_04_a_locked_source_is_read_as_soon_as_it_is_closed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.sync(TODAY)
    company.team("Sales", **(SALES | {"key_results": SALES["key_results"].replace("| 2  ", "| 4  ")}))
    with monkeypatch.context() as locked:
        locked.setattr("sync.reading.read_team", readers.while_sales_is_locked)
        done = company.sync(TODAY)
        assert (done.exit_code, scores(done)["SK1"]) == (3, 0.25)
        assert "Close it where it is open" in problem(done, "S110").hint
    done = company.sync(TODAY)  # the same bytes, the same mtime, the same date
    assert (done.exit_code, scores(done)["SK1"]) == (0, 0.5)


def test_trust_16_a_content_that_kills_its_process_is_named_and_not_tried_again_until_it_changes(
    company: Company, monkeypatch: pytest.MonkeyPatch, opened: list[str]
) -> None:
    before = scores(company.sync(TODAY))
    better = SALES | {"key_results": SALES["key_results"].replace("| 2  ", "| 4  ")}
    path = company.team("Sales", **better)
    company.team(key_results=KEY_RESULTS.replace("180 ", "190 "))
    opened.clear()
    with monkeypatch.context() as crash:
        crash.setattr("sync.reading.read_team", readers.crashing_on_sales)
        done = company.sync(TODAY)
        assert (done.exit_code, done.sources["stale"]) == (3, 1)
        finding = problem(done, "S110", "Sales.xlsx")
        assert "the process that read it crashed" in finding.message
        assert "fresh template" in finding.hint
        assert scores(done)["SK1"] == before["SK1"]  # its last good rows
        assert scores(done)["KR2"] == 0.9  # the others go on
        assert sorted(opened) == ["Acme.xlsx", "Sales.xlsx"]

    opened.clear()
    path.touch()  # another time, the same content: even a sound reader does not parse it
    again = company.sync(TODAY)
    assert (again.state, again.exit_code, opened) == ("unchanged", 3, ["Sales.xlsx"])
    company.team("Sales", **better, champion="Kim")
    mended = company.sync(TODAY)
    assert (mended.exit_code, scores(mended)["SK1"]) == (0, 0.5)


def test_trust_13_a_good_file_that_comes_back_after_a_refused_one_is_believed(tmp_path: Path) -> None:
    company = Company(tmp_path, CONFIG + '\n[limits]\nfile_size = "200 KiB"\n')
    path = company.team()
    good, before = path.read_bytes(), scores(company.sync(TODAY))
    path.write_bytes(good + bytes(300_000))
    assert company.sync(TODAY).exit_code == 3
    path.write_bytes(good)
    done = company.sync(TODAY)
    assert (done.exit_code, codes(done), scores(done)) == (0, [], before)


def test_trust_12_a_source_that_gets_another_name_while_it_is_touched_is_news_once(tmp_path: Path) -> None:
    company = Company(tmp_path, CONFIG + '\n[[sources.excel]]\npaths = ["teams", "other"]\n')
    path = company.team()
    company.sync(TODAY)
    company.team("Sales", **SALES).rename(_folder(tmp_path / "other") / "Acme.xlsx")
    path.write_bytes(path.read_bytes())
    assert company.sync(TODAY).state != "unchanged"
    assert company.sync(TODAY).state == "unchanged"
    assert company.record("teams/Acme.xlsx").state == "ok"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_forced_source_is_parsed_again_even_if_its_content_is_the_known_one(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.sync(TODAY)
    path = company.teams / "Sales.xlsx"
    path.write_bytes(path.read_bytes())
    monkeypatch.setattr("sync.reading.read_team", readers.crashing_on_sales)
    done = company.sync(TODAY, force=("Sales.xlsx",))
    assert "crashed" in problem(done, "S110", "Sales.xlsx").message


def test_trust_04_a_source_that_never_could_be_read_is_named_and_waits(company: Company) -> None:
    web_page(company.teams / "Portal.xlsx")
    done = company.sync(TODAY)
    assert (done.exit_code, done.sources["unreadable"]) == (3, 1)
    assert codes(done) == ["S110"]
    idle = company.sync(TODAY)
    assert (idle.state, idle.exit_code, idle.sources["unreadable"]) == ("unchanged", 3, 1)


def test_trust_04_the_same_damaged_content_is_not_read_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.sync(TODAY)
    truncate(company.teams / "Sales.xlsx")
    company.sync(TODAY)
    monkeypatch.setattr("sync.reading.read_team", None)  # opening any workbook would fail
    assert company.sync(TODAY).state == "unchanged"
    assert company.sync(NEXT_DAY).exit_code == 3


def test_trust_04_a_deleted_source_leaves_when_somebody_accepts_it(company: Company) -> None:
    company.sync(TODAY)
    (company.teams / "Sales.xlsx").unlink()
    assert company.sync(TODAY).exit_code == 3
    assert company.command("accept", "Sales.xlsx").code == 0
    done = company.sync(TODAY)
    assert (done.exit_code, "SK1" in scores(done), "Sales" in scores(done)) == (0, False, False)


def test_nothing_is_published_when_no_source_was_ever_readable(tmp_path: Path) -> None:
    company = Company(tmp_path)
    done = company.sync(TODAY)
    assert (done.exit_code, done.written, company.master.exists()) == (4, [], False)
    assert any("teams" in message for message in done.messages)  # where it looked
    web_page(company.teams / "Portal.xlsx")
    done = company.sync(TODAY)
    assert (done.exit_code, company.master.exists(), codes(done)) == (4, False, ["S110"])
    assert company.command("status").code == 3


@pytest.mark.parametrize("fault", FAULTS)
def test_trust_15_a_bad_source_changes_no_other_ones_results(tmp_path: Path, fault: str) -> None:
    alone, among = Company(tmp_path / "alone"), Company(tmp_path / "among")
    alone.team()
    among.team()
    FAULTS[fault][0](among.team("Sales", **SALES))
    results = scores(alone.sync(TODAY))
    done = among.sync(TODAY)
    assert scores(done) == results
    assert codes(done, "Acme.xlsx") == []
