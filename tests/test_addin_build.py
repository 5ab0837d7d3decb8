"""The files of the add-in: the same on every build, with what the registry says in them and nothing else.

`python -m tests.addin_page` renews what docs/addin.md says of them, `python -m tests.addin_pictures` its
pictures.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import olefile
import openpyxl
import pytest

from addin import building, macros
from addin.macros import PATCHES, Patch, StockChanged, hardened, stock_text, sub_name
from addin.registry import COMMANDS
from addin.ribbon import CALLBACK, NAMESPACE, ribbon_xml
from sync.cli import main
from sync.core import schema
from tests import addin_page
from tests.vba import modules_in

ROOT = Path(__file__).parents[1]
GOOGLE = ["Code.gs", "Sidebar.html", "appsscript.json"]
BUILT = building.files()
KNOWN_ICONS = {
    *("AcceptInvitation", "ChartInsert", "CheckNames", "Help", "MeetingsWorkspace", "NameDefine"),
    *("RefreshAll", "Spelling"),
}
"""Pictures that Office brings along, each looked up in a published list or found in add-ins of others."""


def parts(name: str) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(BUILT[name])) as archive:
        assert archive.testzip() is None
        return {each: archive.read(each) for each in archive.namelist()}


def macros_in(name: str) -> dict[str, str]:
    return modules_in(parts(name)["xl/vbaProject.bin"])


# --- the same bytes ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_another_process_in_another_folder_builds_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from addin.building import build; build(Path(sys.argv[1]))"
    )
    for seed, folder in (("1", tmp_path / "a"), ("2", tmp_path / "b" / "c")):
        environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "TZ": f"UTC{seed}", "PATH": ""}
        subprocess.run([sys.executable, "-c", script, str(folder)], cwd=tmp_path, env=environment, check=True)
        assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == BUILT
        assert sorted(path.name for path in (folder / building.GOOGLE).iterdir()) == GOOGLE


@pytest.mark.parametrize("name", (building.ADDIN, building.TEAM))
def test_no_time_and_nothing_of_a_compressor_is_in_a_file(name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(BUILT[name])) as archive:
        found = {(info.date_time, info.compress_type, info.create_system) for info in archive.infolist()}
    assert found == {((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 0)}


# --- the macros --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", (building.ADDIN, building.TEAM))
def test_the_macros_in_the_files_are_ours_and_nothing_else(name: str) -> None:
    found = macros_in(name)
    for module in macros.modules():
        assert found.pop(module.name) == module.source().decode("cp1252")
    code = [line for text in found.values() for line in text.splitlines() if not line.startswith("Attribute")]
    assert code == []
    project = parts(name)["xl/vbaProject.bin"]
    file = olefile.OleFileIO(project, raise_defects=olefile.DEFECT_UNSURE)
    assert file.parsing_issues == []


def test_every_workbook_and_sheet_has_the_module_that_its_code_name_names() -> None:
    for name in (building.ADDIN, building.TEAM):
        texts = [content.decode() for path, content in parts(name).items() if path.startswith("xl/work")]
        named = {found for text in texts for found in re.findall(r'Pr[^>]* codeName="(\w+)"', text)}
        assert named == set(macros_in(name)) - {"OkrButtons", "xlwings"}


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.start.strip()[:40])
@pytest.mark.parametrize(
    "change", (lambda text, at: text.replace(at, "moved"), lambda text, at: text + at), ids=("gone", "twice")
)
def test_a_stock_module_that_changed_stops_the_build(patch: Patch, change: Callable[[str, str], str]) -> None:
    with pytest.raises(StockChanged):
        hardened(change(stock_text(), patch.start))


def test_another_xlwings_ends_the_command_with_a_sentence_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(macros, "stock_text", lambda: "Sub Other()\nEnd Sub\n")
    monkeypatch.setattr(sys, "argv", ["okrsync", "addin", "build", "-o", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code != 0
    said = capsys.readouterr().err
    assert said.startswith("The installed xlwings is not the release that the add-in is made from (")
    assert "Install the release that docs/addin.md names" in said
    assert not (tmp_path / "out").exists()


def test_the_stock_module_can_no_longer_be_told_what_to_run_by_a_workbook() -> None:
    text = "\n".join(
        line for line in hardened(stock_text()).splitlines() if not line.lstrip().startswith("'")
    )
    assert re.findall(r"GetConfig\(\"([A-Z_ ]+)\"", text) == [
        *("INTERPRETER_MAC", "INTERPRETER_WIN", "SHOW CONSOLE", "TEMP DIR")
    ]
    assert text.count("ActiveWorkbook") == text.count("ActiveWorkbook.Name") == 2
    for word in ("ThisWorkbook", "prepare_sys_path", 'CreateObject("Scripting', "Declare ", "RunFrozen"):
        assert word not in text


def test_every_block_of_the_macros_is_closed() -> None:
    """Cutting must not leave half a block: one module that does not compile makes all buttons dead."""
    for module in macros.modules():
        lines = [line.strip() for line in module.text.splitlines()]
        for start, end in (("#If ", "#End If"), ("Sub ", "End Sub"), ("Function ", "End Function")):
            opened = [line for line in lines if re.match(rf"(Public |Private )?{start}", line)]
            assert len(opened) == lines.count(end), f"{start} in {module.name}"


# --- the ribbon --------------------------------------------------------------------------------------


def buttons() -> list[dict[str, str]]:
    root = ET.fromstring(parts(building.ADDIN)["customUI/customUI.xml"])  # noqa: S314  # our own
    return [element.attrib for element in root.iter(f"{{{NAMESPACE}}}button")]


def test_the_ribbon_has_the_registrys_buttons_in_its_order() -> None:
    shown = [(b["tag"], b["label"], b["supertip"], b["imageMso"], b["size"] == "large") for b in buttons()]
    assert shown == [(c.name, c.label, c.tip, c.icon, c.large) for c in COMMANDS]


def test_ids_are_unique_callbacks_exist_tags_are_commands_and_icons_are_known() -> None:
    xml = ribbon_xml()
    ids = re.findall(r' id="([^"]+)"', xml)
    assert len(ids) == len(set(ids)) == len(COMMANDS) + len({c.group for c in COMMANDS}) + 1
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", each) for each in ids)
    assert {b["onAction"] for b in buttons()} == {CALLBACK}
    assert f"Public Sub {CALLBACK}(control As IRibbonControl)" in macros_in(building.ADDIN)["OkrButtons"]
    assert all(re.fullmatch("[a-z_]+", command.name) for command in COMMANDS)
    assert {b["imageMso"] for b in buttons()} <= KNOWN_ICONS
    assert all(len(b["screentip"]) <= 1_024 and len(b["supertip"]) <= 1_024 for b in buttons())


def test_the_package_points_to_the_ribbon_and_nothing_of_its_origin_is_left() -> None:
    found = parts(building.ADDIN)
    assert b'relationships/ui/extensibility" Target="customUI/customUI.xml"' in found["_rels/.rels"]
    assert b"ms-excel.addin.macroEnabled" in found["[Content_Types].xml"]
    whole = b"".join(found.values())
    assert [word for word in (b"elix", b"myaddin", b"MyAddin", b"Interpreter_Win") if word in whole] == []


# --- the buttons in the sheets -----------------------------------------------------------------------


def test_the_buttons_stand_on_the_tabs_that_the_registry_names_and_are_bound_to_its_macros() -> None:
    found = parts(building.TEAM)
    drawn = {}
    for at, tab in enumerate(schema.TEMPLATE_TABS, 1):
        rels = found.get(f"xl/worksheets/_rels/sheet{at}.xml.rels", b"").decode()
        for drawing in re.findall(r"drawings/(vmlDrawing\d+\.vml)", rels):
            text = found[f"xl/drawings/{drawing}"].decode()
            drawn[str(tab)] = re.findall(r"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", text)
    assert drawn == {
        tab: [sub_name(c) for c in COMMANDS if c.tab == tab]
        for tab in sorted({c.tab for c in COMMANDS if c.tab}, key=list(drawn).index)
    }
    text = macros_in(building.TEAM)["OkrButtons"]
    assert [sub_name(c) for c in COMMANDS if c.tab and f"Public Sub {sub_name(c)}()" not in text] == []


def test_each_button_stays_within_one_cell_above_the_table_and_apart_from_the_others() -> None:
    found = parts(building.TEAM)
    for path in (path for path in found if path.endswith(".vml")):
        right = (0, 0)
        for anchor in re.findall(r"<x:Anchor>([^<]+)</x:Anchor>", found[path].decode()):
            start_column, start, _, _, end_column, end, bottom, _ = map(int, anchor.split(","))
            assert start_column == end_column
            assert bottom <= 1
            assert (start_column, start) > right
            right = (end_column, end)


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")
def test_without_its_macros_the_team_workbook_is_the_template() -> None:
    def cells(file: Any) -> dict[str, list[tuple[Any, ...]]]:
        book = openpyxl.load_workbook(file)
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}

    assert cells(io.BytesIO(BUILT[building.TEAM])) == cells(ROOT / "sheet_templates" / "team.xlsx")


# --- the notices and the page ------------------------------------------------------------------------


def test_the_notices_have_the_licence_and_say_what_is_not_there() -> None:
    text = BUILT[building.NOTICES].decode()
    for words in ("Zoomer Analytics LLC", "Neither the name of the copyright holder", "VBA-Dictionary"):
        assert words in text
    assert "Dictionary" not in "".join(
        text for name in (building.ADDIN, building.TEAM) for text in macros_in(name)
    )


def test_the_page_says_what_is_there() -> None:
    text = addin_page.PAGE.read_text(encoding="utf-8")
    assert text == addin_page.renewed(text), "Run: python -m tests.addin_page"
