"""The files of the add-in: `okr.xlam`, `okr-team.xlsm` and the notices of others' work in them. The menu for
Google Sheets (`addin.apps_script`) goes beside them.

Everything in them is fixed: order, times, and no compression, since another release of zlib packs the same
text into other bytes. So a file built anywhere can be compared with the sha256 in docs/addin.md; what they
depend on are the releases of okrsync, xlwings and XlsxWriter.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from addin.apps_script import write_bundle
from addin.macros import StockChanged, modules, stock_text, sub_name
from addin.registry import COMMANDS, Command
from addin.ribbon import ribbon_xml
from addin.vba_project import Module, vba_project
from sheet_templates.team import NO_LISTS, Rows, TeamDefaults, fill_team
from sheet_templates.values import done
from sheet_templates.worksheet import TemplateBook
from sync.core import schema

BLANK = TeamDefaults()
ADDIN, TEAM, NOTICES = "okr.xlam", "okr-team.xlsm", "THIRD-PARTY-NOTICES.txt"
GOOGLE = "google-sheets"
"""The folder of the three files to paste into Google's editor."""
PROJECT_NAME = "okrsync"
_VBA = "xl/vbaProject.bin"


def build(folder: Path) -> tuple[str, ...]:
    """Writes them and the menu for Google Sheets into the folder, made if need be; a line for each file."""
    built = files()  # all of them, before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, content in built.items():
        (folder / name).write_bytes(content)
        lines.append(f"Written: {folder / name}  sha256 {sha256(content).hexdigest()}")
    lines += [f"Written: {path}" for path in write_bundle(folder / GOOGLE)]
    return tuple(lines)


def files() -> Mapping[str, bytes]:
    """Each file's bytes by its name; the same on every machine with the same releases."""
    return {ADDIN: addin(), TEAM: team_workbook(), NOTICES: notices().encode()}


def _packed(parts: Mapping[str, bytes]) -> bytes:
    """A zip file of these parts in this order, with fixed times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 0  # else Windows and the others write different numbers
            archive.writestr(info, content)
    return buffer.getvalue()


def _parts(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# --- okr.xlam ------------------------------------------------------------------------------------------


class _Change(NamedTuple):
    """What is replaced in a part of xlwings' file; the pattern must match exactly once."""

    part: str
    pattern: str
    instead: str


_CHANGES = (
    _Change("xl/workbook.xml", r'name="_myaddin\.conf"', 'name="okrsync"'),
    _Change("xl/workbook.xml", r"<mc:AlternateContent .*?</mc:AlternateContent>", ""),  # its author's folder
    _Change("xl/worksheets/sheet1.xml", r"<sheetData>.*</sheetData>", "<sheetData/>"),
    _Change("xl/worksheets/sheet1.xml", r'ref="A1:B13"', 'ref="A1"'),
    _Change("xl/sharedStrings.xml", r'count="9" uniqueCount="9">.*</sst>', 'count="0" uniqueCount="0"/>'),
    _Change("docProps/core.xml", r"<dc:title />", "<dc:title>okrsync</dc:title>"),
    _Change("docProps/core.xml", r">Felix</dc:creator>", ">okrsync</dc:creator>"),
    _Change("docProps/core.xml", r">Felix Zumstein<", ">okrsync<"),
)


def addin() -> bytes:
    """The add-in: the workbook that xlwings brings for that, with our ribbon and our macros."""
    spec = find_spec("xlwings")
    if spec is None or spec.origin is None:
        raise StockChanged("it is not installed")
    parts = _parts((Path(spec.origin).parent / "quickstart_addin_ribbon.xlam").read_bytes())
    for change in _CHANGES:
        text, count = re.subn(change.pattern, change.instead, parts[change.part].decode(), flags=re.DOTALL)
        if count != 1:
            raise StockChanged(f"{change.pattern} matches {count} times in {change.part}, not once")
        parts[change.part] = text.encode()
    parts["customUI/customUI.xml"] = ribbon_xml().encode()
    documents = (Module("ThisWorkbook", of="workbook"), Module("Sheet2", of="sheet"))
    parts[_VBA] = vba_project(PROJECT_NAME, (*documents, *modules()))
    return _packed(parts)


# --- okr-team.xlsm -------------------------------------------------------------------------------------


class _Spot(NamedTuple):
    """Where the buttons of a tab begin: a cell (from 0), and pixels to the right and below its corner."""

    row: int
    column: int
    right: int
    below: int


_SPOTS: Mapping[str, _Spot] = {
    schema.Tab.START_HERE: _Spot(1, 3, 180, 14),
    schema.Tab.OBJECTIVES: _Spot(0, 1, 160, 8),
    schema.Tab.KEY_RESULTS: _Spot(0, 2, 8, 8),
}
"""Right of the titles, in rows that stay in view and that nobody types into."""
_HEIGHT, _GAP = 26, 8


def team_workbook(team: TeamDefaults = BLANK, prefill: Rows | None = None) -> bytes:
    """The team's workbook with buttons in its sheets and the macros that they call; see `build_team`."""
    buffer = io.BytesIO()
    book = TemplateBook(buffer, "OKRs")
    sheets = [Module(f"Sheet{at}", of="sheet") for at in range(1, len(schema.TEMPLATE_TABS) + 1)]
    project = vba_project(PROJECT_NAME, (Module("ThisWorkbook", of="workbook"), *sheets, *modules()))
    done(book.add_vba_project(io.BytesIO(project), is_stream=True))
    fill_team(book, team, NO_LISTS, prefill or {})
    _add_buttons(book, COMMANDS)
    book.close()
    return _packed(_parts(buffer.getvalue()))


def _add_buttons(book: TemplateBook, commands: Iterable[Command]) -> None:
    """Puts each command's button into the title of the tab that the registry names, side by side."""
    placed = sorted((c for c in commands if c.tab), key=lambda command: str(command.tab))
    for tab, members in groupby(placed, lambda command: str(command.tab)):
        spot = _SPOTS[tab]
        for command in members:
            spot, width = _placed(spot, tab, command)
            options = {
                "macro": sub_name(command),
                "caption": command.label,
                "description": command.tip,
                "width": width,
                "height": _HEIGHT,
                "x_offset": spot.right,
                "y_offset": spot.below,
            }
            done(book.get_worksheet_by_name(tab).insert_button(spot.row, spot.column, options))
            spot = spot._replace(right=spot.right + width + _GAP)


def _placed(spot: _Spot, tab: str, command: Command) -> tuple[_Spot, int]:
    """Where a button goes and its width: in the next column if it would lie across an edge.

    Both ends of a button are tied to their columns: one across an edge changes its width with the font.
    """
    width = 7 * len(command.label) + 28
    columns = next((each.columns for each in schema.TABLES if each.title == tab), ())
    if columns and spot.right + width > columns[spot.column].width * 7 + 5:
        spot = spot._replace(column=spot.column + 1, right=_GAP)
    return spot, width


# --- the notices ---------------------------------------------------------------------------------------

_NOTICES = f"""\
{ADDIN} and {TEAM} are part of okrsync, which is under the Apache License 2.0.

They contain work of others:

xlwings, the module "xlwings" of the macros and the empty workbook behind {ADDIN}. Parts that the
add-in does not use, and parts that would let a workbook decide which program runs, are cut out. By its
comments the module has short functions that were adopted from Jon Peltier (reading a settings file),
Karl Peterson (whether a file exists on Windows) and Ron de Bruin (the same on a Mac). Its licence:

{{licence}}

Not contained: VBA-Dictionary (Tim Hall, MIT License), which xlwings' own files carry to read settings from
a sheet. Nothing here reads settings from a sheet, so that class was left out. Nothing of xlwings PRO is in
these files or used by them.
"""


def notices() -> str:
    """What must be said of others' work in the files, with xlwings' licence as its module has it."""
    found = re.search(
        r"^'xlwings is distributed.*?POSSIBILITY OF SUCH DAMAGE\.$", stock_text(), re.DOTALL | re.MULTILINE
    )
    if not found:
        raise StockChanged("xlwings' module no longer has its licence in it")
    licence = "\n".join(f"    {line[1:]}".rstrip() for line in found[0].splitlines())
    return _NOTICES.format(licence=licence)
