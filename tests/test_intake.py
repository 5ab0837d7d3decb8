"""Sources listed and read: one place or many, the settings' formats and aliases, and the people list."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheet_templates.people import build_people
from sync import intake
from sync.core.errors import UsageError
from tests.company import CONFIG, TODAY, Company, codes, loaded, problem, scores

TEXTS = """
    ID  | Objective ID | Key result | Start | Target   | Current
    KR1 | O1           | Revenue    | '0    | '10.000  | '2.500
"""


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def names(company: Company) -> list[str]:
    found = intake.list_all(intake.configured(company.settings(), None), company.settings())
    return [listing.name for listing in found.listings]


def test_the_master_and_the_people_list_are_no_sources_wherever_they_lie(tmp_path: Path) -> None:
    inside = CONFIG.replace("master.xlsx", "teams/master.xlsx") + '\n[people]\npath = "teams/people.xlsx"\n'
    company = Company(tmp_path, inside)
    company.team()
    build_people(company.teams / "people.xlsx", [{"name": "Kim"}, {"name": "Ada"}])
    done = company.sync(TODAY)
    assert (done.exit_code, done.sources["ok"], codes(done)) == (0, 1, [])
    assert (company.teams / "master.xlsx").is_file()
    assert names(company) == ["Acme.xlsx"]
    assert company.sync(TODAY).state == "unchanged"


def test_a_workbook_that_two_places_name_counts_once(tmp_path: Path) -> None:
    twice = '\n[[sources.excel]]\npaths = ["teams"]\n[[sources.excel]]\npaths = ["teams/*.xlsx", "."]\n'
    company = Company(tmp_path, CONFIG + twice)
    company.team()
    assert names(company) == ["Acme.xlsx"]
    assert company.sync(TODAY).exit_code == 0


def test_a_folder_given_by_hand_is_read_without_the_master_and_the_people(tmp_path: Path) -> None:
    company = Company(tmp_path, CONFIG + '\n[people]\npath = "people.csv"\n')
    company.team()
    (tmp_path / "people.csv").write_text("Name\nKim\nAda\n")
    company.sync(TODAY)
    (tmp_path / "master 2026-11-17.xlsx").write_bytes(company.master.read_bytes())
    answer = company.command("check", str(tmp_path), "--as-of", TODAY)
    assert (answer.code, answer.out) == (0, "1 workbook checked: no findings.\n")


def test_each_place_has_its_own_number_format(tmp_path: Path) -> None:
    comma = '\n[[sources.excel]]\npaths = ["teams"]\nnumber_format = "1.234,5"\n'
    for config, score in ((comma, 0.25), ("", None)):
        company = Company(tmp_path / str(score), CONFIG.replace('number_format = "1,234.5"\n', "") + config)
        company.team(key_results=TEXTS, number_format="")
        done = company.sync(TODAY)
        assert scores(done)["KR1"] == score
        assert ("S104" in codes(done)) is (score is None)


def test_headers_that_only_the_settings_know(tmp_path: Path) -> None:
    mapping = '\n[[sources.excel]]\npaths = ["teams"]\nmapping = {"Key Results" = {Target = ["Ziel Q4"]}}\n'
    company = Company(tmp_path, CONFIG + mapping)
    path = company.team()
    book = loaded(path, formulas=True)
    sheet = book["Key Results"]
    header = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Target")
    header.value = "Ziel Q4"
    sheet.tables.clear()
    book.save(path)
    assert scores(company.sync(TODAY))["KR1"] == 0.4


def test_every_path_that_does_not_exist_is_told_at_once(company: Company) -> None:
    with pytest.raises(UsageError) as told:
        intake.named(["nowhere", str(company.teams), "neither.xlsx"], company.settings(), None)
    assert len(told.value.problems) == 2


def test_a_file_of_another_kind_is_named_and_nothing_else_is_lost(company: Company) -> None:
    company.team()
    (company.teams / "Old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    (company.teams / "notes.txt").write_text("nothing to read")
    (company.teams / "~$Acme.xlsx").write_bytes(b"lock")
    done = company.sync(TODAY)
    assert (done.exit_code, codes(done), problem(done, "S110").source) == (3, ["S110"], "Old.xls")
    assert scores(done)["KR1"] == 0.4


@pytest.mark.parametrize("suffix", (".xlsx", ".csv"))
def test_people_come_from_a_workbook_or_a_list(tmp_path: Path, suffix: str) -> None:
    company = Company(tmp_path, CONFIG + f'\n[people]\npath = "people{suffix}"\n')
    company.team()
    if suffix == ".csv":
        (tmp_path / "people.csv").write_text("Name;Email\nKim;kim@example.org\n", encoding="utf-8-sig")
    else:
        build_people(tmp_path / "people.xlsx", [{"name": "Kim", "email": "kim@example.org"}])
    found = problem(company.sync(TODAY), "S115")
    assert (found.row_id, found.value) == ("KR2", "Ada")


def test_a_people_list_that_is_missing_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    company = Company(tmp_path, CONFIG + '\n[people]\npath = "people.csv"\n')
    company.team()
    done = company.sync(TODAY)
    assert (done.exit_code, problem(done, "S110").source) == (3, "people.csv")
    assert scores(done)["KR1"] == 0.4
    (tmp_path / "people.csv").write_text("Name\nKim\nAda\n")
    assert company.sync(TODAY).exit_code == 0


def test_a_people_list_that_breaks_later_keeps_its_last_people(tmp_path: Path) -> None:
    company = Company(tmp_path, CONFIG + '\n[people]\npath = "people.csv"\n')
    company.team()
    people = tmp_path / "people.csv"
    people.write_text("Name\nKim\n")
    assert codes(company.sync(TODAY)) == ["S115"]
    people.write_text('Name\n"Kim\n')
    done = company.sync(TODAY)
    assert codes(done) == ["S110", "S115"]  # Ada is as unknown as before
    with company.store() as store:
        assert [person.name for person in store.people()] == ["Kim"]
