"""Promises 14 and 19 end to end: a past run is rebuilt from history, and what was not done is redone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sync.config import Settings
from sync.core.assess import Assessment, assess
from sync.core.errors import PublishError
from sync.core.portfolio import Origin, Seen
from tests.company import KEY_RESULTS, NEXT_DAY, THIRD_DAY, TODAY, Company, codes, loaded, scores
from tests.test_pipeline_faults import SALES


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def figures(assessment: Assessment | None) -> dict[str, dict[str, object]]:
    """Every computed figure of an assessment, by table."""
    assert assessment is not None
    tables = assessment.scores
    return {
        name: getattr(tables, name).astype(str).to_dict() for name in ("key_results", "objectives", "units")
    }


def rebuilt(company: Company, run: int) -> Assessment:
    """The assessment of a past run, from history alone and with the settings recorded then."""
    with company.store() as store:
        past = store.rebuild(run)
    records = [record for record in past.sources if record.sheet is not None]
    settings = Settings.model_validate(json.loads(past.run.settings), context=company.folder)
    return assess(
        [record.sheet for record in records if record.sheet],
        [Origin(record.name, record.key, record.url, record.state) for record in records],
        (),
        policies=settings.policies(),
        as_of=past.run.as_of,
        people=past.people,
        seen={key: Seen(*dates) for key, dates in past.seen.items()},
    )


def test_trust_14_every_past_run_is_rebuilt_from_history_with_its_own_settings(company: Company) -> None:
    told = []
    company.team()
    company.team("Sales", **SALES)
    told.append(company.sync("2026-11-18"))
    company.team(key_results=KEY_RESULTS.replace("| 4 ", "| 6 "))
    company.config.write_text(company.config.read_text() + '\n[scoring]\nroll_up = "pooled"\n')
    told.append(company.sync("2026-11-25"))
    (company.teams / "Sales.xlsx").write_bytes(b"broken")
    told.append(company.sync("2026-12-02"))
    company.team("Sales", **(SALES | {"key_results": SALES["key_results"].replace("SK1", "SK9")}))
    told.append(company.sync("2026-12-09"))
    told.append(company.sync("2026-12-16"))  # SK1 was missed twice and is gone
    company.team("Acme International", file="Acme.xlsx")
    told.append(company.sync("2026-12-23"))

    assert [done.run_id for done in told] == [1, 2, 3, 4, 5, 6]
    assert told[0].assessment != told[1].assessment
    for done in told:
        assert figures(rebuilt(company, done.run_id)) == figures(done.assessment), done.run_id


def test_trust_19_a_master_that_could_not_be_written_is_written_by_the_next_run(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PublishError("The disk is full.")

    company.team()
    with monkeypatch.context() as full:
        full.setattr("sync.master.excel.publish", refuse)
        done = company.sync(TODAY)
    assert (done.exit_code, done.written, done.messages) == (4, [], ["The disk is full."])
    status = company.command("status")
    assert (status.code, "has not been published" in status.out) == (3, True)

    done = company.sync(TODAY)
    assert (done.exit_code, done.written) == (0, [str(company.master)])
    assert company.command("status").code == 0


def test_trust_19_findings_that_could_not_be_written_back_are_written_by_the_next_run(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync.feedback import excel

    company.config.write_text(company.config.read_text() + "\n[feedback]\nexcel = true\n")
    path = company.team()
    busy = excel.Refused("because it is open.", retry=True)
    with monkeypatch.context() as open_in_excel:
        open_in_excel.setattr(excel, "write", lambda *_, **__: busy)
        done = company.sync(TODAY)
    assert (done.exit_code, done.written) == (0, [str(company.master)])  # it never fails the sync (27)
    assert any("Acme.xlsx" in message and "open" in message for message in done.messages)

    done = company.sync(TODAY)
    assert done.written == [str(path)]
    assert company.sync(TODAY).state == "unchanged"


def test_a_master_that_is_open_is_written_beside_and_merged_at_the_next_run(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.team()
    company.sync(TODAY)
    lock = company.folder / "~$master.xlsx"
    lock.write_bytes(b"")
    before = company.master.read_bytes()
    company.team(key_results=KEY_RESULTS.replace("| 4 ", "| 6 "))
    done = company.sync(NEXT_DAY)
    (beside,) = done.written
    assert (done.exit_code, company.master.read_bytes()) == (0, before)
    assert Path(beside).parent == company.folder
    assert Path(beside).name in " ".join(done.messages)

    lock.unlink()
    done = company.sync(NEXT_DAY)
    assert done.written == [str(company.master)]
    assert company.sync(NEXT_DAY).state == "unchanged"


def test_a_managers_note_survives_and_follows_its_row(company: Company) -> None:
    company.team()
    company.sync(TODAY)
    book = loaded(company.master, formulas=True)
    sheet = book["Key results"]
    header = next(row for row in sheet.iter_rows() if "Manager note" in [cell.value for cell in row])
    columns = {cell.value: cell.column for cell in header}
    ids = {sheet.cell(row, columns["ID"]).value: row for row in range(header[0].row + 1, sheet.max_row + 1)}
    sheet.cell(ids["KR2"], columns["Manager note"]).value = "ask Ada about =SUM(A1)"
    book.save(company.master)

    company.team(
        key_results=KEY_RESULTS.replace(
            "    KR1", "    KR0 | O1 | Press | Kim | 0 | 10 | 4 | 2026-11-17\n    KR1"
        )
    )
    assert company.sync(NEXT_DAY).written == [str(company.master)]
    sheet = loaded(company.master, formulas=True)["Key results"]
    noted = {
        sheet.cell(row, columns["ID"]).value: sheet.cell(row, columns["Manager note"]).value
        for row in range(header[0].row + 1, sheet.max_row + 1)
    }
    assert noted["KR2"] == "ask Ada about =SUM(A1)"
    assert [row_id for row_id, note in noted.items() if note] == ["KR2"]


def note_of(company: Company, sheet: str, row: dict[str, str], note: str = "") -> str | None:
    """The manager's note beside the row with those cells; `note` is written there first, when given."""
    book = loaded(company.master, formulas=True)
    page = book[sheet]
    header = next(line for line in page.iter_rows() if "Manager note" in [cell.value for cell in line])
    columns = {cell.value: cell.column for cell in header}
    at = next(
        number
        for number in range(header[0].row + 1, page.max_row + 1)
        if all(page.cell(number, columns[name]).value == value for name, value in row.items())
    )
    cell = page.cell(at, columns["Manager note"])
    if note:
        cell.value = note
        book.save(company.master)
    found: str | None = cell.value
    return found


def test_a_managers_note_follows_a_row_that_gets_its_first_id_and_a_unit_that_is_renamed(
    company: Company,
) -> None:
    blank = KEY_RESULTS.replace("KR2 |", "    |")
    company.team(key_results=blank)
    company.sync(TODAY)
    note_of(company, "Key results", {"Key result": "Leads"}, "ask Ada")
    note_of(company, "Roll-up", {"Unit": "Acme"}, "well done")
    company.team(key_results=KEY_RESULTS)
    company.sync(TODAY)
    assert note_of(company, "Key results", {"ID": "KR2"}) == "ask Ada"
    company.team("Acme Corp", file="Acme.xlsx")
    company.sync(NEXT_DAY)
    assert note_of(company, "Key results", {"ID": "KR2", "Unit": "Acme Corp"}) == "ask Ada"
    assert note_of(company, "Roll-up", {"Unit": "Acme Corp"}) == "well done"


def test_changes_and_trend_reach_the_master(company: Company) -> None:
    monday = KEY_RESULTS.replace("2026-11-17", "2026-11-09")
    company.team(key_results=monday)
    company.team("Quiet", level="Team", parent="Acme", objectives="ID | Objective\nQ1 | Rest", key_results="")
    company.sync("2026-11-11")
    company.team(key_results=monday.replace("| 4 ", "| 6 "))
    done = company.sync("2026-11-18")
    assert scores(done)["KR1"] == 0.6
    book = loaded(company.master)
    changes = {tuple(str(cell) for cell in row if cell is not None) for row in book["Changes"].values}
    assert any({"KR1", "4", "6"} <= set(row) for row in changes)
    trend = next(row for row in book["Trend"].values if "Company" in row)
    assert [cell for cell in trend if isinstance(cell, float)] == pytest.approx([0.6, 0.7])
    change = row_of(book["Roll-up"], "Company")["Change"]
    assert change == pytest.approx(0.1)


def row_of(sheet: Any, cell: str) -> dict[str, Any]:
    """The first row of Roll-up with that cell, by header."""
    lines = [list(line) for line in sheet.values]
    headers = next(line for line in lines if "Roll-up" in line)
    return next(
        dict(zip(headers, line, strict=True)) for line in lines[lines.index(headers) :] if cell in line
    )


def test_a_unit_that_stands_still_has_a_trend_without_holes(company: Company) -> None:
    over = KEY_RESULTS.replace("2026-11-17", "2026-11-09")
    company.team(key_results=over)
    company.team("Quiet", level="Team", parent="Acme", objectives="ID | Objective\nQ1 | Rest", key_results="""
        ID | Objective ID | Key result | Start | Target | Current | Last check-in
        QK | Q1           | Sleep      | 0     | 8      | 4       | 2026-11-09
    """)  # fmt: skip
    company.sync("2027-01-06")  # the cycle is over: nothing but values can change
    company.team(key_results=over.replace("| 4 ", "| 6 "))
    company.sync("2027-01-13")
    company.sync("2027-01-20")
    lines = [
        [cell for cell in line if isinstance(cell, float)] for line in loaded(company.master)["Trend"].values
    ]
    assert [line for line in lines if line] == [
        pytest.approx([0.55, 0.6, 0.6]),
        pytest.approx([0.5, 0.5, 0.5]),
    ]


def test_the_trend_of_a_new_cycle_begins_anew(company: Company) -> None:
    company.team()
    company.sync("2026-12-30")
    company.config.write_text(company.config.read_text().replace("2026-Q4", "2027-Q1"))
    company.team(cycle="2027-Q1", key_results=KEY_RESULTS.replace("| 4 ", "| 0 ").replace("180", "100"))
    done = company.sync("2027-01-06")
    assert scores(done)["Acme"] == 0.0
    row = row_of(loaded(company.master)["Roll-up"], "Company")
    assert row["Change"] in (None, "")  # not 60 points down: last quarter is another story


def test_trust_20_a_damaged_history_stops_with_instructions_and_is_left_alone(company: Company) -> None:
    company.team()
    company.sync(TODAY)
    company.database.write_bytes(b"no database at all" * 100)
    before = company.tree()
    for command in (["sync", "--as-of", NEXT_DAY], ["sync", "--dry-run"], ["status"], ["history"]):
        answer = company.command(*command)
        assert (answer.code, answer.out) == (4, "")
        assert "damaged" in answer.err
        assert "backup" in answer.err
        assert "Traceback" not in answer.err
    assert company.tree() == before


def test_what_a_killed_run_left_is_no_obstacle(company: Company) -> None:
    company.team()
    company.sync(TODAY)
    with company.store() as store:
        store.begin_run(store.runs(1)[0].started, date.fromisoformat(TODAY))
        store._base = None  # killed: nobody takes the mark away
    company.team(key_results=KEY_RESULTS.replace("| 4 ", "| 6 "))
    assert scores(company.sync(THIRD_DAY))["KR1"] == 0.6
    assert codes(company.sync(THIRD_DAY)) == []
