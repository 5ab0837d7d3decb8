"""Promise 12: a run in which nothing changed records that it ran, and does nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.company import CONFIG, KEY_RESULTS, TODAY, Company, codes, retitle, scores

WITH_FEEDBACK = CONFIG + "\n[feedback]\nexcel = true\n"


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path, WITH_FEEDBACK)


def test_trust_12_a_second_run_only_records_that_it_ran(company: Company, opened: list[str]) -> None:
    company.team()
    assert company.sync(TODAY).written == [str(company.master), str(company.teams / "Acme.xlsx")]
    before, runs = company.tree(), company.run_count()
    opened.clear()

    done = company.sync(TODAY)
    assert (done.state, done.exit_code, done.written, done.problems) == ("unchanged", 0, [], ())
    after = company.tree()
    for changing in ("state", "state/history.db", "state/run.lock"):
        before.pop(changing, None)
        after.pop(changing, None)
    assert after == before
    assert (company.run_count(), opened) == (runs + 1, [])


def test_trust_12_our_own_findings_in_a_sheet_do_not_look_like_a_change(
    company: Company, opened: list[str]
) -> None:
    company.team(key_results=KEY_RESULTS.replace("180 ", "oops"))
    assert company.sync(TODAY).exit_code == 1
    opened.clear()
    for _ in range(2):
        idle = company.sync(TODAY)
        assert (idle.state, idle.exit_code) == ("unchanged", 1)  # as good or bad as the run before it
    assert opened == []


def test_trust_12_a_new_date_recomputes_without_opening_a_workbook(
    company: Company, opened: list[str]
) -> None:
    company.team()
    first = company.sync("2026-11-18")
    opened.clear()
    later = company.sync("2026-12-18")
    assert opened == []
    assert scores(later) == scores(first)
    assert first.assessment
    assert later.assessment
    before, after = (done.assessment.scores.key_results for done in (first, later) if done.assessment)
    assert (after["expected"] > before["expected"]).all()
    assert set(after["status"]) == {"Outdated"}
    assert (codes(first), set(codes(later))) == ([], {"B401"})


@pytest.mark.parametrize(
    "change",
    ("the settings", "the people list", "the version", "the master was deleted"),
)
def test_trust_12_whatever_went_into_a_run_wakes_the_next_one(
    company: Company, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = company.folder / "people.csv"
    people.write_text("Name,Email\nKim,kim@example.org\nAda,ada@example.org\n")
    company.config.write_text(WITH_FEEDBACK + '\n[people]\npath = "people.csv"\n')
    company.team()
    assert company.sync(TODAY).exit_code == 0
    assert company.sync(TODAY).state == "unchanged"
    match change:
        case "the settings":
            company.config.write_text(company.config.read_text() + "\n[checks]\nmin_key_results = 3\n")
        case "the people list":
            people.write_text("Name,Email\nKim,kim@example.org\n")
        case "the version":
            monkeypatch.setattr("sync.pipeline.version", lambda _: "99.0")
        case "the master was deleted":
            company.master.unlink()
    done = company.sync(TODAY)
    found = {"the settings": ["Q208"], "the people list": ["S115"]}.get(change, [])
    assert (done.state, codes(done)) == ("ok", found)
    assert company.master.exists()


@pytest.mark.parametrize("feedback", ("", "\n[feedback]\nexcel = true\n"))
@pytest.mark.parametrize("how", ("touched", "saved again"))
def test_trust_12_a_file_saved_without_an_edit_is_no_change(
    tmp_path: Path, opened: list[str], how: str, feedback: str
) -> None:
    company = Company(tmp_path, CONFIG + feedback)
    path = company.team()
    company.sync(TODAY)
    master, mtime = company.master.read_bytes(), company.master.stat().st_mtime_ns
    if how == "touched":
        path.write_bytes(path.read_bytes())
    else:
        retitle(path, "Lists", "Lists")  # packed anew: other bytes, the same rows
    opened.clear()
    done = company.sync(TODAY)
    assert (done.state, done.written, opened) == ("unchanged", [], ["Acme.xlsx"])
    assert (company.master.read_bytes(), company.master.stat().st_mtime_ns) == (master, mtime)
    opened.clear()
    assert company.sync(TODAY).state == "unchanged"
    assert opened == []  # the new file is known by now


def test_a_forced_source_is_read_although_it_looks_unchanged(company: Company, opened: list[str]) -> None:
    company.team()
    company.sync(TODAY)
    opened.clear()
    done = company.sync(TODAY, force=("Acme.xlsx",))
    assert (done.state, opened, done.written) == ("unchanged", ["Acme.xlsx"], [])


def test_forcing_a_source_that_does_not_exist_is_an_error(company: Company) -> None:
    company.team()
    company.sync(TODAY)
    answer = company.command("sync", "--force", "Acne.xlsx", "--as-of", TODAY)
    assert (answer.code, answer.out) == (2, "")
    assert "Acne.xlsx" in answer.err
    assert "Acme.xlsx" in answer.err  # what there is


def test_trust_12_an_idle_run_and_the_small_commands_never_load_pandas(company: Company) -> None:
    company.team()
    company.sync(TODAY)
    commands = [
        ["--help"],
        ["sync", "--help"],
        ["rules"],
        ["explain", "S107"],
        ["status"],
        ["history"],
        ["history", "Acme"],
        ["sync", "--as-of", TODAY],
    ]
    script = f"""
import sys
from contextlib import suppress
from sync.cli import main
for arguments in {commands!r}:
    sys.argv = ["okrsync", *arguments]
    with suppress(SystemExit):
        main()
    heavy = {{"pandas", "numpy", "xlsxwriter", "rapidfuzz", "alembic"}} & set(sys.modules)
    assert not heavy, (arguments, heavy)
    if arguments[0] == "--help":
        heavy = {{"sqlalchemy", "pydantic"}} & set(sys.modules)
        assert not heavy, (arguments, heavy)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=company.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Nothing has changed since the last run" in done.stdout


def test_an_idle_run_loads_nothing_that_opens_workbooks(company: Company) -> None:
    company.team()
    company.sync(TODAY)
    script = f"""
import sys
from contextlib import suppress
from sync.cli import main
sys.argv = ["okrsync", "sync", "--as-of", "{TODAY}"]
with suppress(SystemExit):
    main()
names = "reading workers receiving working core.parse core.checks core.guards sources.xlsx".split()
loaded = [name for name in names if f"sync.{{name}}" in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=company.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Nothing has changed since the last run" in done.stdout
