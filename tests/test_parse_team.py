"""The Team tab: whose sheet it is, at which level, for which cycle, and how its numbers are written."""

from __future__ import annotations

from datetime import date

import pytest

from sync.core import team_tab
from sync.core.grid import Cell, Grid, Kind
from sync.core.model import CellRef, Team, Was
from sync.core.parse import parse
from sync.core.problems import Problem
from tests.grids import table, text, with_cell, workbook

REQUIRED = "Unit | Marketing\nLevel | Team\nCycle | 2026-Q4"


def team_of(team: str) -> Team:
    sheet = parse("mkt.xlsx", workbook(team=team)).sheet
    assert sheet is not None
    return sheet.team


def problems(team: str) -> list[Problem]:
    return list(parse("mkt.xlsx", workbook(team=team)).problems)


def told(team: str) -> list[tuple[str, str, str]]:
    return [(p.code, p.cell, p.message) for p in problems(team)]


def test_all_fields_are_read() -> None:
    team = team_of("""
        Unit             | Marketing
        Level            | team
        Parent           | Growth
        Weight           | 2
        Cycle            | Autumn push
        Starts           | 2026-09-28
        Ends             | 27.12.2026
        Champion         | Kim Larsen
        Manager          | Ada Moreau
        Time zone        | Europe/Berlin
        Number format    | 1.234,5
        Template version | 1
    """)
    assert team._replace(weight=team.weight) == Team(
        "Marketing", "Team", "Growth", team.weight, "Autumn push", date(2026, 9, 28), date(2026, 12, 27),
        "Kim Larsen", "Ada Moreau", "Europe/Berlin", "1.234,5", "1",
    )  # fmt: skip
    assert (team.weight.value, team.weight.was) == (2.0, Was.NUMBER)


def test_labels_stand_anywhere_each_with_its_value_to_the_right() -> None:
    layout = """
        Our team      |           |  |
                      | Team name | Marketing | | Unit level | Team
        Quarter:      | 2026-Q4   |  |
    """
    parsed = parse("mkt.xlsx", workbook(team=layout))
    assert parsed.sheet is not None
    assert parsed.sheet.team[:5] == ("Marketing", "Team", "", parsed.sheet.team.weight, "2026-Q4")
    assert parsed.sheet.ref("team", 0, "unit") == CellRef("mkt.xlsx", "Team", "C2")
    assert parsed.sheet.ref("team", 0, "level") == CellRef("mkt.xlsx", "Team", "F2")
    assert parsed.problems == ()


def test_a_value_is_no_label() -> None:
    """Level's value `Team` is also an alias of Unit."""
    assert team_of("Team | Marketing\nLevel | Team\nCycle | 2026-Q4").unit == "Marketing"


def test_a_banner_that_says_team_is_no_second_unit() -> None:
    assert team_of("Team |\nTeam name | Marketing\nLevel | Team\nCycle | 2026-Q4").unit == "Marketing"


def test_the_template_s_own_label_wins_over_an_alias() -> None:
    team = "Name | Kim Larsen\nUnit | Marketing\nLevel | Team\nCycle | 2026-Q4"
    assert (team_of(team).unit, problems(team)) == ("Marketing", [])


def test_a_merged_label_has_its_value_after_the_merge() -> None:
    sheet = table(
        "Team", "Unit | | Marketing\nLevel | | Team\nCycle | | 2026-Q4", merged=("A1:B1", "A2:B2", "A3:B3")
    )
    parsed = parse("mkt.xlsx", workbook(team=sheet))
    assert parsed.sheet is not None
    assert parsed.sheet.team.unit == "Marketing"


def test_a_renamed_team_tab_is_known_by_its_labels() -> None:
    grid = workbook()
    assert parse("x", Grid((grid.sheets[0]._replace(name="About us"), *grid.sheets[1:]))).sheet is not None
    two = (
        grid.sheets[0]._replace(name="About us"),
        grid.sheets[0]._replace(name="About them"),
        *grid.sheets[1:],
    )
    assert parse("x", Grid(two)).sheet is None


@pytest.mark.parametrize("unit", ("NA", "None", "null", "'0", "True North"))
def test_trust_08_a_unit_may_be_called_anything(unit: str) -> None:
    assert team_of(f"Unit | {unit}\nLevel | Team\nCycle | 2026-Q4").unit == unit.removeprefix("'")


@pytest.mark.parametrize(
    ("team", "place", "message"),
    (
        ("Level | Team\nCycle | 2026-Q4", "", "Unit on the Team tab is missing."),
        ("Unit |\nLevel | Team\nCycle | 2026-Q4", "B1", "Unit on the Team tab is blank."),
    ),
)
def test_without_a_unit_the_workbook_belongs_to_nobody(team: str, place: str, message: str) -> None:
    parsed = parse("mkt.xlsx", workbook(team=team))
    assert parsed.sheet is None
    assert [(p.code, p.cell, p.message) for p in parsed.problems] == [("S120", place, message)]


def test_a_broken_unit_is_no_unit() -> None:
    sheet = with_cell(table("Team", REQUIRED), 1, 2, Cell(Kind.ERROR, "#N/A", formula=True))
    parsed = parse("mkt.xlsx", workbook(team=sheet))
    assert parsed.sheet is None
    assert [(p.code, p.cell, p.value) for p in parsed.problems] == [("S103", "B1", "#N/A")]


@pytest.mark.parametrize(
    ("team", "expected"),
    (
        ("Unit | M\nLevel |\nCycle | 2026-Q4", [("S120", "B2", "Level on the Team tab is blank.")]),
        ("Unit | M\nCycle | 2026-Q4", [("S120", "", "Level on the Team tab is missing.")]),
        (
            "Unit | M\nLevel | Tem\nCycle | 2026-Q4",
            [("S120", "B2", 'Level on the Team tab says "Tem", which is no level.')],
        ),
        ("Unit | M\nLevel | Team\nCycle |", [("S120", "B3", "Cycle on the Team tab is blank.")]),
        (
            "Unit | M\nLevel | Team\nCycle | Q7",
            [("S120", "B3", 'Cycle on the Team tab says "Q7", which with Starts and Ends gives no period.')],
        ),
        (
            "Unit | M\nLevel | Team\nCycle | X\nStarts | 2026-12-31\nEnds | 2026-10-01",
            [("S120", "B5", "Ends on the Team tab is before Starts (2026-12-31).")],
        ),
        (
            f"{REQUIRED}\nUnit | Sales\nParent | A\nParent | A",
            [
                ("S120", "B4", "Unit on the Team tab stands twice, at B1 and B4."),
                ("S120", "B6", "Parent on the Team tab stands twice, at B5 and B6."),
            ],
        ),
        (
            f"{REQUIRED}\nNumber format | en-US",
            [("S120", "B4", 'Number format on the Team tab says "en-US", which is no known format.')],
        ),
        (
            f"{REQUIRED}\nNumber format | 1234.5",
            [("S120", "B4", 'Number format on the Team tab says "1234.5", which is no known format.')],
        ),
        (f"{REQUIRED}\nStarts | 31.02.2026", [("S105", "B4", None)]),
        (f"{REQUIRED}\nWeight | much", [("S104", "B4", None)]),
    ),
)
def test_a_field_that_is_blank_twice_or_impossible_is_named(
    team: str, expected: list[tuple[str, str, str | None]]
) -> None:
    found = [
        (code, place, message if want else None)
        for (code, place, message), (_, _, want) in zip(told(team), expected, strict=True)
    ]
    assert found == expected


def test_level_says_which_was_probably_meant() -> None:
    assert problems("Unit | M\nLevel | Tem\nCycle | 2026-Q4")[0].hint == (
        'Did you mean "Team"? Its choices are: Company, Department, Team, Individual.'
    )


@pytest.mark.parametrize("cycle", ("2026-Q4", "2026-H2", "2026", "Q4 2026"))
def test_plain_cycles_need_no_dates(cycle: str) -> None:
    assert problems(f"Unit | M\nLevel | Team\nCycle | {cycle}") == []


@pytest.mark.parametrize(
    ("written", "kept"),
    (
        ("Q4 2026", "2026-Q4"),
        ("fy2026 q4", "2026-Q4"),
        ("2026 / H2", "2026-H2"),
        ("FY2026", "2026"),
        ("Sprint   7", "Sprint 7"),
        ("Q7 2026", "Q7 2026"),
    ),
)
def test_a_cycle_has_one_name_however_it_is_spelled(written: str, kept: str) -> None:
    for dates in ("", "\nStarts | 2026-10-05\nEnds | 2026-12-20", "\nStarts | 2026-10-05\nEnds | 2026-10-01"):
        assert team_of(f"Unit | M\nLevel | Team\nCycle | {written}{dates}").cycle == kept


# --- TRUST 7: which number format counts --------------------------------------------------------------


def target(team_format: str, source_format: str, organisation_format: str) -> tuple[float | None, list[str]]:
    key_results = with_cell(
        table("Key Results", "ID | Objective ID | Key result | Target\nK1 | MKT-O1 | Grow"),
        2,
        4,
        text("1.234"),
    )
    team = f"{REQUIRED}\nNumber format | {team_format}"
    parsed = parse(
        "mkt.xlsx",
        workbook(team=team, key_results=key_results),
        number_format=source_format,
        organisation_format=organisation_format,
    )
    assert parsed.sheet is not None
    return parsed.sheet.key_results[0].target.value, [p.code for p in parsed.problems]


@pytest.mark.parametrize(
    ("team", "source", "organisation", "expected"),
    (
        ("1.234,5", "1,234.5", "1,234.5", (1234.0, [])),
        ("", "1.234,5", "1,234.5", (1234.0, [])),
        ("", "", "1.234,5", (1234.0, [])),
        ("", "1,234.5", "1.234,5", (1.234, [])),
        ("1'234.5", "", "", (1.234, [])),
        ("", "", "", (None, ["S104"])),
        ("unknown", "1,234.5", "1,234.5", (None, ["S104", "S120"])),
    ),
)
def test_trust_07_the_team_tab_then_the_source_then_the_organisation(
    team: str, source: str, organisation: str, expected: object
) -> None:
    assert target(team, source, organisation) == expected


# --- S116 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "codes"), (("1", ["S116"]), ("2", []), ("3", []), ("", []), ("mine", []))
)
def test_an_older_template_is_a_note(version: str, codes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team_tab, "TEMPLATE_VERSION", "2")
    found = problems(f"{REQUIRED}\nTemplate version | {version}")
    assert [p.code for p in found] == codes
    if codes:
        assert found[0].message == "This workbook was made from template version 1; the newest is 2."
