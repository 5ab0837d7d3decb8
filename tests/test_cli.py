"""The command line: what it prints where, its JSON, and the code it ends with (DESIGN.md, TRUST 32)."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sync.core.problems import RULES
from tests.company import KEY_RESULTS, NEXT_DAY, TODAY, Answer, Company, okrsync

COMMANDS = (
    *("demo", "init", "template", "check", "score", "sync"),
    *("status", "history", "rules", "explain", "accept", "forget", "doctor", "login"),
)
PROBLEM_KEYS = ["code", "severity", "tab", "cell", "row_id", "value", "message", "hint"]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.team()
    return company


def read_json(answer: Answer) -> Any:
    """The answer's JSON; NaN and Infinity, which JSON does not have, are refused."""
    return json.loads(answer.out, parse_constant=pytest.fail)


# --- help and mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_help_has_an_example(command: str) -> None:
    answer = okrsync(command, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert f"okrsync {command}" in answer.out.partition("Example")[2]


def test_the_help_lists_every_command() -> None:
    answer = okrsync("--help")
    assert answer.code == 0
    assert [name for name in COMMANDS if f" {name} " not in answer.out] == []


@pytest.mark.parametrize(
    "arguments",
    (
        ["sing"],
        ["sync", "--loudly"],
        ["check", "--format", "yaml"],
        ["explain"],
        ["score", "nowhere.xlsx", "neither.xlsx"],
        ["sync", "--config", "missing.toml"],
        ["sync", "--as-of", "yesterday"],
        ["sync", "--as-of", "2026-02-30"],
        ["score", "--as-of", "21.11.2026"],
        ["status"],
        ["history"],
        ["accept", "Acme.xlsx"],
        ["template"],
        ["template", "--unit", "A", "--from", "units.csv"],
        ["template", "--unit", "A", "--level", "Galaxy"],
        ["template", "--unit", "A", "--cycle", "soon"],
        ["template", "--unit", "  "],
        ["explain", "Q999"],
    ),
    ids=" ".join,
)
def test_trust_32_a_mistake_in_the_command_is_told_on_stderr_and_ends_with_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "teams").mkdir()
    answer = okrsync(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err
    assert "Traceback" not in answer.err
    assert "fault of okrsync" not in answer.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["teams"]  # nothing was made


def test_trust_32_every_problem_of_command_and_settings_is_told_at_once(company: Company) -> None:
    wrong = '\n[scorring]\n[checks]\nselect = ["X"]\n[guards]\nseen_dates = 0\n'
    company.config.write_text(company.config.read_text() + wrong)
    answer = company.command("sync")
    assert (answer.code, answer.out) == (2, "")
    for word in ("scorring", "select", "seen_dates"):
        assert word in answer.err
    both = okrsync("score", "a.xlsx", "b.xlsx")
    assert ("a.xlsx" in both.err, "b.xlsx" in both.err) == (True, True)


def test_a_fault_of_ours_is_one_sentence(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.looking.look", lambda *_, **__: 1 / 0)
    answer = company.command("score")
    assert (answer.code, answer.out) == (4, "")
    assert "This is a fault of okrsync itself (ZeroDivisionError" in answer.err
    assert "Traceback" not in answer.err


# --- check and score -----------------------------------------------------------------------------------


def test_check_json_has_the_keys_of_the_design(company: Company) -> None:
    company.team("Sales", level="Team", parent="Acme", key_results=KEY_RESULTS.replace("180 ", "oops"))
    (company.teams / "Portal.xlsx").write_text("<html>")
    answer = company.command("check", "--format", "json", "--as-of", TODAY)
    told = read_json(answer)
    assert list(told) == ["sources"]
    states = {source["source"]: (source["unit"], source["state"]) for source in told["sources"]}
    assert states == {
        "Acme.xlsx": ("Acme", "ok"),
        "Portal.xlsx": (None, "unreadable"),
        "Sales.xlsx": ("Sales", "ok"),
    }
    for source in told["sources"]:
        assert list(source) == ["source", "unit", "state", "rows", "problems"]
        assert list(source["rows"]) == ["objectives", "key_results", "check_ins", "initiatives"]
        for problem in source["problems"]:
            assert list(problem) == PROBLEM_KEYS
            assert all(isinstance(value, str) for value in problem.values())
            assert problem["severity"] in {"error", "warning", "note"}
    sales = told["sources"][2]
    assert sales["rows"] == {"objectives": 1, "key_results": 2, "check_ins": 0, "initiatives": 0}
    (wrong,) = [problem for problem in sales["problems"] if problem["code"] == "S104"]
    assert (wrong["tab"], wrong["cell"], wrong["row_id"], wrong["value"]) == (
        "Key Results",
        "I5",
        "KR2",
        "oops",
    )
    assert answer.code == 3
    assert json.dumps(told)  # plain JSON again


def test_score_json_has_the_keys_of_the_design(company: Company) -> None:
    third = "    KR3 | O1 | Calls | Kim | 0 | 3 | 1 | 2026-11-17\n    '04 | O1 | Mails | Kim | 0 | 3 | | \n"
    company.team(key_results=KEY_RESULTS + third)
    answer = company.command("score", "--format", "json", "--as-of", TODAY)
    told = read_json(answer)
    assert next(iter(told)) == "as_of"
    assert told["as_of"] == TODAY
    needed = {
        "units": "unit level parent own_score roll_up roll_up_as_if_zero status coverage alignment "
        "check_in_rate",
        "objectives": "id unit score as_if_zero expected status grade",
        "key_results": "id objective_id unit progress score expected gap status forecast grade",
        "problems": "source " + " ".join(PROBLEM_KEYS),
    }
    for table, names in needed.items():
        for record in told[table]:
            assert [name for name in names.split() if name not in record] == []
    key_results = {record["id"]: record for record in told["key_results"]}
    assert key_results["KR3"]["score"] == 1 / 3  # to the last bit
    assert key_results["KR3"]["gap"] == key_results["KR3"]["expected"] - 1 / 3
    missing = key_results["04"]
    assert (missing["score"], missing["progress"], missing["grade"]) == (None, None, None)
    (unit,) = told["units"]
    assert (unit["parent"], unit["coverage"], unit["alignment"]) == (None, 0.75, None)
    assert unit["roll_up_as_if_zero"] == pytest.approx((0.4 + 0.8 + 1 / 3) / 4)
    assert told["objectives"][0]["grade"] is None


def test_bare_files_need_no_settings_and_no_history(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for command in ("check", "score"):
        answer = okrsync(command, str(company.teams / "Acme.xlsx"), "--as-of", TODAY)
        assert answer.code == 0
    assert "60 %" in answer.out
    assert list(elsewhere.iterdir()) == []


def test_trust_28_cells_of_the_csv_are_no_formulas(company: Company) -> None:
    company.team(
        objectives="ID | Objective\n=1+1 | @SUM(A1)",
        key_results="""
            ID   | Objective ID | Key result           | Start | Target | Current
            -K1  | =1+1         | =HYPERLINK("http://x") | 0     | 10     | 5
            +K2  | =1+1         | plain, with a comma  | 0     | 10     | -5
        """,
    )
    answer = company.command("score", "--format", "csv", "--as-of", TODAY)
    records = list(csv.DictReader(io.StringIO(answer.out)))
    assert [record["id"] for record in records] == ["'-K1", "'+K2"]
    assert [record["objective_id"] for record in records] == ["'=1+1", "'=1+1"]
    assert records[0]["key_result"] == '\'=HYPERLINK("http://x")'
    assert records[1]["progress"] == "-0.5"  # a number stays one
    checked = company.command("check", "--format", "csv", "--as-of", TODAY)
    assert all(record["code"] for record in csv.DictReader(io.StringIO(checked.out)))


def test_data_goes_to_stdout_and_messages_to_stderr(company: Company) -> None:
    answer = company.command("score", "--format", "json", "--as-of", TODAY)
    assert answer.err == "Reading workbooks: 1\n"
    assert answer.out.startswith("{")


def test_a_text_table_on_a_pipe_loses_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # set, it says how wide the reader wants it
    long = "An objective whose text is much longer than any terminal that people still use is wide"
    company.team(
        "A unit with quite a long name",
        objectives=f"ID | Objective\nA-VERY-LONG-ID-O1 | {long}",
        key_results="",
    )
    answer = company.command("score", "--as-of", TODAY)
    for word in (*long.split(), "A-VERY-LONG-ID-O1", "A unit with quite a long name"):
        assert word in answer.out


@pytest.mark.parametrize("as_of", ("2026-11-18", "2026-11-18T23:30", "2026-11-18T23:30:00+00:00"))
def test_as_of_takes_a_date_or_a_moment(company: Company, as_of: str) -> None:
    assert read_json(company.command("score", "--format", "json", "--as-of", as_of))["as_of"] == TODAY


def test_a_moment_is_seen_from_the_organisations_time_zone(company: Company) -> None:
    text = company.config.read_text().replace('name = "Acme"', 'name = "Acme"\ntime_zone = "Asia/Tokyo"')
    company.config.write_text(text)
    moment = "2026-11-18T23:30:00+00:00"
    assert read_json(company.command("score", "--format", "json", "--as-of", moment))["as_of"] == NEXT_DAY


def test_control_characters_of_a_cell_never_reach_the_terminal(company: Company) -> None:
    company.team(objectives="ID | Objective\nO1 | red \x1b[31m alert")
    answer = company.command("score", "--as-of", TODAY)
    assert "\x1b" not in answer.out


# --- exit codes ----------------------------------------------------------------------------------------


def test_trust_32_exit_codes_of_check_and_score(company: Company) -> None:
    def code_of(*arguments: str) -> tuple[int, int]:
        return tuple(company.command(name, *arguments, "--as-of", TODAY).code for name in ("check", "score"))  # type: ignore[return-value]  # two names, two codes

    assert code_of() == (0, 0)
    company.team(key_results=KEY_RESULTS.replace("180 ", "oops"))
    assert code_of() == (1, 1)  # findings of severity error
    (company.teams / "Portal.xlsx").write_text("<html>")
    assert code_of() == (3, 3)  # some source is unreadable
    (company.teams / "Acme.xlsx").unlink()
    assert code_of() == (4, 4)  # nothing is left
    (company.teams / "Portal.xlsx").unlink()
    assert code_of() == (4, 4)
    assert "no workbook" in company.command("check").err.lower()


def test_trust_32_a_held_source_ends_with_3_also_when_its_rule_is_ignored(company: Company) -> None:
    company.config.write_text(company.config.read_text() + '\n[checks]\nignore = ["S"]\n')
    company.team(file="Copy.xlsx")
    assert company.command("check", "--as-of", TODAY).code == 3
    assert company.command("sync", "--as-of", TODAY).code == 4  # neither of the two was ever believed
    for places in ([], [str(company.teams)]):  # as configured, and as bare files
        told = read_json(company.command("check", *places, "--format", "json", "--as-of", TODAY))
        states = {source["source"]: source["state"] for source in told["sources"]}
        assert states == {"Acme.xlsx": "held", "Copy.xlsx": "held"}


def test_trust_32_exit_codes_of_sync(company: Company) -> None:
    def sync(day: str = TODAY) -> int:
        return company.command("sync", "--as-of", day).code

    assert (sync(), sync()) == (0, 0)
    company.team(key_results=KEY_RESULTS.replace("180 ", "oops"))
    assert (sync(), sync()) == (1, 1)
    (company.teams / "Acme.xlsx").write_bytes(b"")
    assert (sync(), sync()) == (3, 3)


def test_sync_json_has_the_keys_of_the_design(company: Company) -> None:
    told = read_json(company.command("sync", "--format", "json", "--as-of", TODAY))
    assert list(told) == [
        *("run_id", "started", "seconds", "state", "sources", "api_calls", "written", "problems", "plan"),
        "being_edited",
    ]
    assert told["sources"] == {"ok": 1, "unchanged": 0, "held": 0, "stale": 0, "unreadable": 0}
    assert (told["run_id"], told["started"][:10], told["written"]) == (1, TODAY, [str(company.master)])
    idle = read_json(company.command("sync", "--format", "json", "--as-of", TODAY))
    assert (idle["run_id"], idle["state"], idle["written"]) == (2, "unchanged", [])


# --- dry runs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ("nothing", "a state folder", "a run", "a run on the same day"))
def test_trust_23_a_dry_run_writes_nothing_at_all(company: Company, before: str) -> None:
    company.config.write_text(company.config.read_text() + "\n[feedback]\nexcel = true\n")
    match before:
        case "a state folder":
            (company.folder / "state").mkdir()
        case "a run" | "a run on the same day":
            company.sync(TODAY)
            (company.folder / "state" / "run.lock").unlink()
            company.team(key_results=KEY_RESULTS.replace("180 ", "oops"))
    tree = company.tree()
    day = TODAY if before == "a run on the same day" else NEXT_DAY
    answer = company.command("sync", "--dry-run", "--format", "json", "--as-of", day)
    assert company.tree() == tree
    told = read_json(answer)
    assert told["written"] == []
    assert [step["target"] for step in told["plan"] if "master" in step["action"]] == [str(company.master)]
    assert [step["target"] for step in told["plan"] if "findings" in step["action"]] == [
        str(company.teams / "Acme.xlsx")
    ]
    assert "Would" in company.command("sync", "--dry-run", "--as-of", day).out
    assert company.tree() == tree


def test_a_dry_run_names_every_workbook_that_the_real_run_then_writes(company: Company) -> None:
    company.config.write_text(company.config.read_text() + "\n[feedback]\nexcel = true\n")
    company.team("Sales", level="Team", parent="Acme", objectives="ID | Objective\nS1 | Sell", key_results="")
    company.sync(TODAY)
    company.team("Sales", level="Team", parent="Acme", objectives="ID | Objective\nS1 | Rest", key_results="")
    planned = [step["target"] for step in company.sync("2026-12-18", dry_run=True).plan]
    assert planned[1:] == company.sync("2026-12-18").written
    assert str(company.teams / "Acme.xlsx") in planned  # not read: its key results are overdue now


def test_a_dry_run_of_what_would_be_idle_says_so(company: Company) -> None:
    company.sync(TODAY)
    tree = company.tree()
    told = read_json(company.command("sync", "--dry-run", "--format", "json", "--as-of", TODAY))
    assert (told["state"], told["plan"]) == ("unchanged", [])
    assert company.tree() == tree


# --- the way out ---------------------------------------------------------------------------------------


def test_status_and_history_and_accept_and_forget(company: Company) -> None:
    company.sync("2026-11-11")
    company.team(objectives="ID | Objective", key_results="ID | Key result")
    company.sync(TODAY)
    status = company.command("status")
    assert (status.code, status.err) == (3, "")
    assert f"Healthy: no since {TODAY}" in status.out
    assert "Held: Acme.xlsx" in status.out
    assert 'okrsync accept "Acme.xlsx"' in status.out
    told = read_json(company.command("status", "--format", "json"))
    assert (told["healthy"], told["held"][0]["source"], told["stale"]) == (False, "Acme.xlsx", [])

    runs = read_json(company.command("history", "--format", "json"))["history"]
    assert [(run["run"], run["as_of"], run["state"]) for run in runs] == [
        (2, TODAY, "partial"),
        (1, "2026-11-11", "findings"),
    ]
    (row,) = read_json(company.command("history", "KR1", "--format", "json"))["history"][:1]
    assert (row["id"], row["current"], row["value"]) == ("KR1", "4", 4.0)
    assert company.command("history", "Nobody").code == 2

    wrong = company.command("accept", "Acne.xlsx")
    assert (wrong.code, '"Acme.xlsx"' in wrong.err) == (2, True)
    assert company.command("accept", "Acme.xlsx").code == 0
    assert company.command("sync", "--as-of", TODAY).code == 0
    assert company.command("status").code == 0

    assert "nowhere" in company.command("forget", "noone@example.org").out
    forgotten = company.command("forget", "Ada")
    assert (forgotten.code, "Ada is " in forgotten.out) == (0, True)
    assert b"Ada" not in company.database.read_bytes()


def test_the_history_of_a_row_whose_cells_came_later_is_one_csv_table(company: Company) -> None:
    company.sync("2026-11-11")
    comments = KEY_RESULTS.replace("Last check-in", "Comment").replace("2026-11-17", "=late")
    company.team(key_results=comments)
    company.sync(TODAY)
    answer = company.command("history", "KR1", "--format", "csv")
    first, second = csv.DictReader(io.StringIO(answer.out))
    assert (first["comment"], second["comment"]) == ("", "'=late")
    assert "=late" in company.command("history", "KR1").out


def test_two_syncs_at_once_are_told_apart(company: Company) -> None:
    from filelock import FileLock

    company.sync(TODAY)
    with FileLock(company.folder / "state" / "run.lock"):
        answer = company.command("sync", "--as-of", NEXT_DAY)
    assert (answer.code, answer.out) == (2, "")
    assert "Another okrsync run is at work" in answer.err
    assert company.command("sync", "--as-of", NEXT_DAY).code == 0


# --- rules and explain ---------------------------------------------------------------------------------


def test_rules_and_their_pages(tmp_path: Path) -> None:
    listed = okrsync("rules").out.splitlines()
    assert [line.split()[0] for line in listed] == sorted(RULES)
    told = read_json(okrsync("rules", "--format", "json"))["rules"]
    assert list(told[0]) == ["code", "severity", "title", "hint"]
    answer = okrsync("rules", "--docs", str(tmp_path / "rules"))
    assert (answer.code, answer.out) == (0, "")
    assert {path.name for path in (tmp_path / "rules").iterdir()} >= {f"{code}.md" for code in RULES}


def test_explain_a_rule_an_id_an_objective_and_a_unit(company: Company) -> None:
    def explain(what: str) -> str:
        answer = company.command("explain", what, "--as-of", TODAY)
        assert answer.code == 0
        return answer.out

    assert "S107" in explain("s107")
    key_result = explain("KR1")
    for part in (
        "Acme.xlsx › Key Results!I4",
        "(4 − 0) / (10 − 0)",
        "Score     0.4",
        "↑ Acme: own score 0.6",
    ):
        assert part in key_result
    assert "KR2" in explain("O1")
    assert "O1 Customers tell us: 0.6" in explain("Acme")
    assert "NPS" in explain("NPS")  # by its text, for rows without an id


# --- in a process of its own ---------------------------------------------------------------------------


def run_it(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sync", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
        cwd=Path(__file__).parents[1],
    )


def test_the_command_in_a_process_of_its_own(company: Company) -> None:
    done = run_it("score", str(company.teams), "--as-of", TODAY, NO_COLOR="1", FORCE_COLOR="1", COLUMNS="60")
    assert (done.returncode, "\x1b[3" in done.stdout) == (0, False)
    assert "60 %" in done.stdout
    assert "Reading workbooks" in done.stderr
    missing = run_it("score", "nowhere", "--as-of", TODAY)
    assert (missing.returncode, missing.stdout) == (2, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_on_a_terminal_there_is_a_bar_and_the_cursor_comes_back_whatever_happens(company: Company) -> None:
    import pty

    script = f"""
import sync.intake, sys
sys.argv = ["okrsync", "check", {str(company.teams)!r}, "--as-of", {TODAY!r}]
if {{fails}}:
    sync.intake.read_all = lambda *_: 1 / 0
from sync.cli import main
main()
"""
    for fails in (False, True):
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-c", script.replace("{fails}", str(fails))], stdout=theirs, stderr=theirs
        ) as done:
            os.close(theirs)
            shown = b""
            while chunk := _read_terminal(ours):
                shown += chunk
        os.close(ours)
        assert b"Reading workbooks" in shown
        assert shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l")  # shown after it was hidden
        assert done.returncode == (4 if fails else 0)


def _read_terminal(handle: int) -> bytes:
    """What came next, nothing once the other end is closed."""
    try:
        return os.read(handle, 4096)
    except OSError:
        return b""


def test_trust_21_a_terminated_sync_ends_cleanly(company: Company) -> None:
    script = f"""
import os, signal, sys
import sync.receiving
sync.receiving.receive = lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM)
sys.argv = ["okrsync", "sync", "--config", {str(company.config)!r}, "--as-of", {TODAY!r}]
from sync.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert "Stopped" in done.stderr
    assert company.command("sync", "--as-of", TODAY).code == 0
