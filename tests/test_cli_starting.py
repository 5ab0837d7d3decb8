"""Starting: `init`, and `template` for one unit or for a whole list."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.config import load
from sync.starting import file_name
from tests.company import Answer, Company, loaded, okrsync

UNITS = """Unit,Level,Parent,Cycle,Weight,Champion,Starts,Ends,Number format
Acme,Company,,2026-Q4,,,,,
R&D / Lab: "x",Team,Acme,2026-Q4,2,Kim,,,"1.234,5"
007,Individual,Acme,Sprint 9,,,2026-11-01,2026-11-30,
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def from_list(folder: Path, text: str) -> Answer:
    (folder / "units.csv").write_text(text, encoding="utf-8")
    return okrsync("template", "--from", "units.csv", "-o", "teams", "--as-of", "2026-11-18")


def team_tab(path: Path) -> dict[str, object]:
    return {row[0]: row[1] for row in loaded(path)["Team"].iter_rows(values_only=True, max_col=2) if row[0]}


def test_one_template(folder: Path) -> None:
    answer = okrsync("template", "--unit", " Marketing ", "--parent", "Growth", "--as-of", "2026-11-18")
    assert (answer.code, answer.err) == (0, "")
    tab = team_tab(folder / "Marketing.xlsx")
    assert (tab["Unit"], tab["Level"], tab["Parent"], tab["Cycle"]) == (
        "Marketing",
        "Team",
        "Growth",
        "2026-Q4",
    )


def test_a_template_goes_where_it_is_sent_and_over_nothing(folder: Path) -> None:
    (folder / "teams").mkdir()
    assert okrsync("template", "--unit", "A", "-o", "teams").code == 0
    assert okrsync("template", "--unit", "B", "-o", "new/b.xlsx").code == 0
    assert (folder / "teams" / "A.xlsx").is_file()
    assert (folder / "new" / "b.xlsx").is_file()
    (folder / "A.xlsx").write_text("mine")
    answer = okrsync("template", "--unit", "A")
    assert "left as it is" in answer.out or "left as it was" in answer.out
    assert (folder / "A.xlsx").read_text() == "mine"


def test_templates_from_a_list(folder: Path) -> None:
    answer = from_list(folder, UNITS.replace('"x"', "x"))
    assert (answer.code, answer.err) == (0, "")
    assert sorted(path.name for path in (folder / "teams").iterdir()) == [
        "007.xlsx",
        "Acme.xlsx",
        "R&D - Lab- x.xlsx",
    ]
    lab, spy = team_tab(folder / "teams" / "R&D - Lab- x.xlsx"), team_tab(folder / "teams" / "007.xlsx")
    assert (lab["Unit"], lab["Weight"], lab["Number format"]) == ("R&D / Lab: x", 2, "1.234,5")
    assert (spy["Unit"], str(spy["Starts"])[:10]) == ("007", "2026-11-01")


def test_every_bad_line_of_a_list_is_told_at_once_and_nothing_is_made(folder: Path) -> None:
    answer = from_list(
        folder,
        "Unit,Level,Parent,Cycle,Weight,Number format,Wieght\n"
        ",Team,,2026-Q4,,,\n"
        "A,Galaxy,,2026-Q4,,,\n"
        "B,Team,,someday,,,\n"
        "C/D,Team,,,heavy,,\n"
        "c-d,Team,,,,,\n"
        "C-D,Team,,,1,,\n"
        'E,Team,,,-1,"1,2,3",\n'
        "F,Team,,,nan,,\n",
    )
    assert (answer.code, answer.out) == (2, "")
    told = answer.err
    for words in (
        'line 1: there is no column "Wieght"; did you mean "Weight"?',
        "line 2: the unit has no name",
        'line 3: the level "Galaxy"',
        'line 4: the cycle "someday"',
        'line 5: the weight "heavy"',
        'line 7: "C-D" would be the same file',
        'line 8: the weight "-1"',
        'line 8: the number format "1,2,3"',
        'line 9: the weight "nan"',
        "Nothing was made.",
    ):
        assert words in told
    assert not (folder / "teams").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    (
        ("", 'among them "Unit"'),
        ("Name of it,Level\nA,Team\n", 'among them "Unit"'),
        ("Unit,Level\n", "lists no unit"),
        ("Unit,Level\nA\n", "row 2 has 1"),
        ("Unit,Team,Level\nA,B,Team\n", "two columns mean unit"),
    ),
    ids=("empty", "no unit column", "no lines", "ragged", "the same column twice"),
)
def test_a_list_that_is_none(folder: Path, text: str, words: str) -> None:
    answer = from_list(folder, text)
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_a_list_that_does_not_exist(folder: Path) -> None:
    answer = okrsync("template", "--from", "nowhere.csv", "-o", "teams")
    assert (answer.code, "nowhere.csv could not be read" in answer.err) == (2, True)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("unit", "name"),
    (
        ("Sales", "Sales"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("a/b\\c:d*e?f", "a-b-c-d-e-f"),
        ("~$lock", "--lock"),
        ("...", "unit"),
        ("CON", "CON-"),
        ("nul.x", "nul.x-"),
        ("Größe 東京", "Größe 東京"),
        ("x" * 400, "x" * 100),
        ("tab\tline\n", "tab-line-"),
    ),
)
def test_a_units_file_name_is_safe_everywhere(unit: str, name: str) -> None:
    assert file_name(unit) == name


def test_what_init_makes_can_be_synced_as_it_is(folder: Path) -> None:
    answer = okrsync("init", "okrs", "--name", 'Acme "East" \\ Söhne', "--as-of", "2026-11-18")
    assert (answer.code, answer.err) == (0, "")
    made = Company.__new__(Company)
    made.config = folder / "okrs" / "config.toml"
    assert load(made.config, {}).organisation.name == 'Acme "East" \\ Söhne'
    names = sorted(str(path.relative_to(folder / "okrs")) for path in (folder / "okrs").rglob("*.*"))
    assert names == ["config.toml", "people.xlsx", "teams/Acme -East- - Söhne.xlsx", "teams/First team.xlsx"]

    done = made.command("sync", "--as-of", "2026-11-18")
    assert (done.code, done.err.count("Traceback")) == (0, 0)
    assert (folder / "okrs" / "master.xlsx").is_file()
    assert made.command("sync", "--as-of", "2026-11-18").out.startswith("Nothing has changed")
    assert made.command("status").code == 0

    again = okrsync("init", "okrs")
    assert (again.code, "exists already" in again.err) == (2, True)


def test_init_leaves_findings_out_of_a_folder_that_a_cloud_client_syncs(folder: Path) -> None:
    answer = okrsync("init", "OneDrive - Acme/okrs", "--as-of", "2026-11-18")
    assert "onedrive" in answer.out
    assert load(folder / "OneDrive - Acme" / "okrs" / "config.toml", {}).feedback.excel is False


@pytest.mark.parametrize("name", ("", "  ", "first team"))
def test_init_needs_a_name_of_its_own(folder: Path, name: str) -> None:
    assert okrsync("init", "okrs", "--name", name).code == 2
    assert list(folder.iterdir()) == []
