"""The documentation says what is there, and its examples run.

Columns, settings, options, rules, JSON keys, the master's headers and messages are compared with the
code. Marks in the pages (HTML comments) say what a test does with the block below them:
    <!-- columns: Team -->        a table made from the schema, up to <!-- end -->
    <!-- run: demo, exit 1 -->    commands that are run in a folder of that kind, and what they print
    <!-- json: demo, exit 1: okrsync … -->  the keys of what that command prints
    <!-- file: units.csv -->      a file that the commands of this page find
`python -m tests.test_docs` renews the column tables.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from filelock import FileLock
from typer.main import get_command

from sheet_templates.team import TeamDefaults, build_team
from sheet_templates.values import Value
from sync.cli import app, main
from sync.config import GoogleSource
from sync.core import checks, schema
from sync.core.model import Status
from sync.core.policy import Limits
from sync.core.problems import RULES
from sync.sources import xlsx

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
AS_OF = "2026-11-21"


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def table_after(page: Path, mark: str) -> list[list[str]]:
    """The cells of the table below a mark, without its header."""
    _, found, rest = text_of(page).partition(f"<!-- {mark} -->\n")
    assert found, f"{page.name} has no mark {mark}"
    lines = rest.split("\n\n", maxsplit=1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code(cell: str) -> str:
    """What stands between the backticks of a cell."""
    return cell.strip("`")


# ---------------------------------------------------------------- commands run as a user would


class Said(NamedTuple):
    """What a command printed on stdout, and its exit code."""

    out: str
    exit: int


def run(command: str, folder: Path) -> Said:
    """A command line, run in this process with that folder as the current one."""
    out = io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(io.StringIO()),
        patch.object(sys, "argv", shlex.split(command)),
        patch.dict(os.environ, {"COLUMNS": "80"}),
        pytest.raises(SystemExit) as stopped,
    ):
        main()
    return Said(out.getvalue(), int(stopped.value.code or 0))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo and what it said (`said.txt`), made once for all of pytest's processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "docs-demo"
    folder.mkdir(exist_ok=True)
    said = folder / "said.txt"
    with FileLock(shared / "docs-demo.lock"):
        if not said.exists():
            answer = run(f"okrsync demo demo --as-of {AS_OF}", folder)
            assert answer.exit == 0
            said.write_text(answer.out, encoding="utf-8")
    return folder


@pytest.fixture
def prepared(request, tmp_path):
    """A function that makes a folder of a kind (empty, init, demo) with the files that a page shows."""

    def prepare(kind: str, page: Path) -> Path:
        folder: Path = tmp_path / "here"
        if kind == "demo":
            shutil.copytree(request.getfixturevalue("demo") / "demo", folder)
        else:
            folder.mkdir()
        if kind == "init":
            assert run(f"okrsync init . --name Acme --as-of {AS_OF}", folder).exit == 0
        for name, content in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", text_of(page), re.DOTALL):
            (folder / name).write_text(content, encoding="utf-8")
        return folder

    return prepare


class Example(NamedTuple):
    """A block of commands and what they print."""

    page: Path
    kind: str
    exit: int
    block: str

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Each command with the lines that it prints."""
        for part in re.split(r"^\$ ", self.block, flags=re.MULTILINE)[1:]:
            command, *lines = part.rstrip("\n").split("\n")
            yield command, lines


def marked(what: str, pattern: str) -> Iterator[tuple[Path, re.Match[str]]]:
    for page in PAGES:
        for found in re.finditer(rf"<!-- {what}: {pattern}", text_of(page), re.DOTALL):
            yield page, found


BLOCKS = [
    Example(page, found[1], int(found[2] or 0), found[3])
    for page, found in marked("run", r"([a-z ]+?)(?:, exit (\d))? -->\n```console\n(.*?)```")
]
EXAMPLES = [example for example in BLOCKS if example.kind != "the demo itself"]
OF_THE_DEMO = [example for example in BLOCKS if example.kind == "the demo itself"]
JSONS = [
    (page, found[1], int(found[2] or 0), found[3], json.loads(found[4]))
    for page, found in marked("json", r"([a-z]+)(?:, exit (\d))?: (okrsync [^\n]*?) -->\n```json\n(.*?)```")
]


def shows(documented: Sequence[str], printed: str) -> str:
    """The first documented line that was not printed, "" when all were; `…` stands for anything."""
    lines = [line.rstrip() for line in printed.rstrip("\n").split("\n")]
    at, skipping = 0, False
    for line in documented:
        if line == "…":
            skipping = True
            continue
        pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("…"))))
        hits = [i for i in range(at, len(lines)) if pattern.fullmatch(lines[i])]
        if not hits or (hits[0] != at and not skipping):
            return line
        at, skipping = hits[0] + 1, False
    return "" if skipping or at == len(lines) or not any(lines) else f"the end, before {lines[at]!r}"


def test_the_demo_says_what_is_shown(demo: Path) -> None:
    [example] = OF_THE_DEMO
    [(_, lines)] = example.commands()
    assert shows(lines, (demo / "said.txt").read_text(encoding="utf-8")) == ""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.page.stem}: {e.block.splitlines()[0][2:50]}")
def test_examples_run_and_print_what_is_shown(example: Example, prepared) -> None:
    folder = prepared(example.kind, example.page)
    commands = list(example.commands())
    for number, (command, lines) in enumerate(commands, 1):
        answer = run(command, folder)
        assert answer.exit == (example.exit if number == len(commands) else 0), command
        assert shows(lines, answer.out) == "", f"{command} printed:\n{answer.out}"


def keys_differ(documented: Any, real: Any, place: str = "") -> list[str]:
    """The places at which the keys of two JSON values differ; what either leaves empty is not compared."""
    if isinstance(documented, dict) and isinstance(real, dict):
        if set(documented) != set(real):
            return [f"{place}: {sorted(set(documented) ^ set(real))}"]
        return [hit for key in real for hit in keys_differ(documented[key], real[key], f"{place}.{key}")]
    if isinstance(documented, list) and documented:
        assert real, f"{place} is empty: nothing to compare with"
        return [hit for each in real for hit in keys_differ(documented[0], each, f"{place}[]")]
    return []


@pytest.mark.parametrize(
    ("page", "kind", "code_", "command", "documented"), JSONS, ids=[example[3] for example in JSONS]
)
def test_documented_json_keys_are_the_real_ones(page, kind, code_, command, documented, prepared) -> None:
    answer = run(command, prepared(kind, page))
    assert answer.exit == code_
    assert keys_differ(documented, json.loads(answer.out)) == []


def test_every_command_that_gives_json_shows_it() -> None:
    shown = {shlex.split(command)[1] for _, _, _, command, _ in JSONS}
    assert shown == {
        name for name, command in COMMANDS.items() if any("--format" in p.opts for p in command.params)
    }


# ---------------------------------------------------------------- commands and options


def leaves(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each command by its words: `sync`, `addin build`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


COMMANDS = dict(leaves(get_command(app)))


def section(page: Path, heading: str) -> str:
    """The text below a heading of second rank, up to the next."""
    _, found, rest = text_of(page).partition(f"\n## {heading}\n")
    assert found, f"{page.name} has no section {heading}"
    return re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def documented_names(text: str) -> set[str]:
    """The options and arguments in the first cells of a section's tables."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(--?[a-z-]+|[A-Z]+)`", cell)}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_with_all_its_options_and_no_others(name: str) -> None:
    real: set[str] = set()
    for param in COMMANDS[name].params:
        if param.param_type_name == "option":
            real |= set(param.opts) - {"--help"}
        else:
            real |= set(re.findall(r"[A-Z]+", param.metavar or param.name.upper()))
    assert documented_names(section(DOCS / "commands.md", f"okrsync {name}")) == real


def test_no_section_is_about_a_command_that_does_not_exist() -> None:
    headings = re.findall(r"^## okrsync (.+)$", text_of(DOCS / "commands.md"), re.MULTILINE)
    assert sorted(headings) == sorted(COMMANDS)


# ---------------------------------------------------------------- settings, rules, statuses, messages


def test_every_setting_is_documented_with_its_default() -> None:
    example = tomllib.loads(text_of(ROOT / "config.example.toml"))  # test_config compares it with the code
    sources = {
        "excel": example.pop("sources")["excel"][0],
        "google": GoogleSource.model_construct().model_dump(),
    }
    real = {f"[{name}] {key}": value for name, keys in example.items() for key, value in keys.items()}
    real |= {
        f"[[sources.{kind}]] {key}": [] if value == () else value
        for kind, source in sources.items()
        for key, value in source.items()
    }
    rows = table_after(DOCS / "operators.md", "settings")
    assert {code(name): json.loads(code(default)) for name, default, _ in rows} == real


def test_every_rule_has_a_page_and_pages_name_real_rules_only() -> None:
    assert checks.__all__  # importing the package fills the table of rules
    assert {path.stem for path in (DOCS / "rules").glob("[A-Z][0-9]*.md")} == set(RULES)
    for page in PAGES:
        assert set(re.findall(r"\b[SQAB]\d{3}\b", text_of(page))) <= set(RULES), page.name


@pytest.mark.parametrize("page", ("managers.md", "scoring.md"))
def test_every_status_is_explained(page: str) -> None:
    cells = " ".join(line.split("|")[1] for line in text_of(DOCS / page).splitlines() if line.startswith("|"))
    assert [status for status in Status if str(status) not in cells] == []


def test_the_messages_of_the_troubleshooting_table_exist() -> None:
    trees = [ast.parse(text_of(file)) for file in (ROOT / "sync").rglob("*.py")]
    words = "\n".join(
        node.value.replace("`", "")
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    parts = [
        part for row in table_after(DOCS / "operators.md", "messages") for part in code(row[0]).split("…")
    ]
    assert len(parts) > 20
    assert [part for part in parts if part.strip() and part not in words] == []


# ---------------------------------------------------------------- columns


def column_table(tab: schema.TabSchema) -> str:
    """The table of a tab's columns as the pages show it."""
    first = "Field" if tab.key == "team" else "Column"
    lines = [f"| {first} | What goes in | Example | Also found as |", "|---|---|---|---|"]
    for column in tab.columns:
        required = " **Required.**" if column.required else ""
        unnamed = [choice for choice in column.choices if choice not in column.help]
        choices = f" One of: {', '.join(column.choices)}." if unnamed else ""
        words = f"{column.help or _DEFAULT_HELP.get(column.type, '')}{choices}{required}".strip()
        lines.append(f"| {column.name} | {words} | {column.example} | {', '.join(column.aliases)} |")
    return "\n".join(lines) + "\n"


_DEFAULT_HELP = {schema.Type.DATE: "A date.", schema.Type.ID: "An id.", schema.Type.TEXT: ""}
TABLE_MARK = re.compile(r"(<!-- columns: ([^\n]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
TABS = {str(tab.title): tab for tab in schema.BY_KEY.values()}


def with_tables(text: str) -> str:
    """A page's text with its column tables made anew."""
    return TABLE_MARK.sub(lambda found: f"{found[1]}\n{column_table(TABS[found[2]])}\n{found[4]}", text)


def test_the_columns_of_every_tab_are_documented_as_the_schema_has_them() -> None:
    text = text_of(DOCS / "champions.md")
    assert [title for _, title, _, _ in TABLE_MARK.findall(text)] == list(TABS)
    assert text == with_tables(text), "python -m tests.test_docs renews the tables"


def header_of(sheet: Any) -> list[str]:
    """The visible headers of our columns in a sheet of the master."""
    for row in sheet.rows.values():
        texts = [row[at].text for at in sorted(row)]
        if "okrsync row" in texts[1:]:
            return [text for text in texts[: texts.index("okrsync row")] if not text.startswith("okrsync ")]
    return []


def test_the_masters_sheets_and_columns_are_documented_as_they_are(demo: Path) -> None:
    page = DOCS / "managers.md"
    grid = xlsx.read((demo / "demo" / "master.xlsx").read_bytes(), Limits())
    names = [sheet.name for sheet in grid.sheets]
    assert re.findall(r"^### (.+)$", text_of(page), re.MULTILINE) == names
    for sheet in grid.sheets:
        if sheet.name not in {"Trend", "About"}:  # one column a date; words only
            assert [row[0] for row in table_after(page, f"master: {sheet.name}")] == header_of(sheet)


# ---------------------------------------------------------------- worked examples of measures


def test_the_worked_examples_of_measures_are_what_is_computed(tmp_path: Path) -> None:
    rows = table_after(DOCS / "champions.md", "measures")
    names = ("measure", "start", "target", "milestones", "current")
    key_results: list[dict[str, Value]] = [
        {name: amount(cell) for name, cell in zip(names, row, strict=False)}
        | {"id": f"K{at}", "objective_id": "O", "key_result": f"Example {at}"}
        for at, row in enumerate(rows)
    ]
    team = TeamDefaults("Team", "Team", "", None, "2026-Q4", None, None, "", "", "", "1,234.5", "book")
    build_team(
        tmp_path / "team.xlsx",
        team,
        prefill={"objectives": [{"id": "O", "objective": "All"}], "key_results": key_results},
    )
    found = json.loads(run(f"okrsync score team.xlsx --as-of {AS_OF} --format json", tmp_path).out)
    computed = {record["id"]: (record["progress"], record["score"]) for record in found["key_results"]}
    expected = {f"K{at}": (number(row[5]), number(row[6])) for at, row in enumerate(rows)}
    assert {row[0] for row in rows} == set(schema.KEY_RESULTS.column("Measure").choices) - {"Contributors"}
    assert computed == {key: pytest.approx(pair) for key, pair in expected.items()}


def amount(cell: str) -> Value:
    try:
        return float(cell)
    except ValueError:
        return cell or None


def number(cell: str) -> float | None:
    return float(cell) if cell else None


# ---------------------------------------------------------------- links and paths


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page", (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"), ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if link.startswith("https:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} in {page.name}"
        assert not anchor or anchor in anchors(target), f"{link} in {page.name}"


def test_the_files_that_developers_are_sent_to_exist() -> None:
    text = text_of(DOCS / "developers.md") + text_of(DOCS / "scoring.md")
    named = set(re.findall(r"`([a-z_/]+/(?:[a-z_]+\.py)?)`", text))
    assert len(named) > 20
    assert [name for name in named if not any((ROOT / base / name).exists() for base in ("", "sync"))] == []


if __name__ == "__main__":
    champions = DOCS / "champions.md"
    champions.write_text(with_tables(text_of(champions)), encoding="utf-8")
