"""The pictures in docs/addin.md; `python -m tests.addin_pictures` draws them anew.

The sheets are LibreOffice's rendering of okr-team.xlsm (buttons are not printed by default, so they are made
printable here, in a font that is there). The ribbon is drawn from the built file's XML by a browser; Excel's own
icons are Microsoft's, so signs of our own stand for them.
"""

# ruff: noqa: E501  # drawings and style sheets have long lines
from __future__ import annotations

import html
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from addin import building
from addin.ribbon import NAMESPACE
from sheet_templates.team import Rows, TeamDefaults
from tests.xl_engines.office import office

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MARKETING = TeamDefaults("Marketing", "Team", "Growth", None, "2026-Q4", number_format="1,234.5", book_id="b")
_KEY_RESULTS = (
    (
        *("MKT-O1-KR1", "Newsletter readers", "Kim Larsen", "Increase"),
        "readers",
        400,
        900,
        620,
        6,
        "Guest posts work.",
    ),
    (
        *("MKT-O1-KR2", "Sign-ups from search", "Ada Moreau", "Increase"),
        "a week",
        120,
        400,
        310,
        8,
        "New landing page.",
    ),
    (*("MKT-O1-KR3", "Cost of a sign-up", "Kim Larsen", "Decrease"), "EUR", 14, 6, 11, 4, "Pausing two ads."),
)
_FIELDS = (
    "id",
    "key_result",
    "owner",
    "measure",
    "unit_of_measure",
    "start",
    "target",
    "current",
    "confidence",
    "comment",
)
PREFILL: Rows = {
    "objectives": [{"id": "MKT-O1", "objective": "Be the first name people think of", "owner": "Kim Larsen"}],
    "key_results": [
        {**dict(zip(_FIELDS, row, strict=True)), "objective_id": "MKT-O1"} for row in _KEY_RESULTS
    ],
}


# --- the sheets --------------------------------------------------------------------------------------


def draw_sheets(folder: Path) -> None:
    """Writes addin-key-results.png and addin-start-here.png."""
    book_file, pdf = folder / "team.xlsm", folder / "team.pdf"
    book_file.write_bytes(building.team_workbook(MARKETING, PREFILL))
    running = office()
    book = running.load(book_file.as_uri())
    for sheet in book.Sheets:
        _make_printable(book, sheet)
    kind = running.struct("beans.PropertyValue", Name="FilterName", Value="calc_pdf_Export")
    book.storeToURL(pdf.as_uri(), (kind,))
    book.close(True)
    subprocess.run(["pdftoppm", "-r", "84", "-png", str(pdf), str(folder / "page")], check=True)
    pages = sorted(folder.glob("page*.png"))
    for name, page, height in (("start-here", pages[0], 620), ("key-results", pages[3], 270)):
        _trimmed(Image.open(page), height).save(IMAGES / f"addin-{name}.png", optimize=True)


def _make_printable(book: Any, sheet: Any) -> None:
    style = book.StyleFamilies.getByName("PageStyles").getByName(sheet.PageStyle)
    style.Width, style.Height, style.FooterIsOn = 90_000, 42_000, False
    style.ScaleToPagesX, style.ScaleToPagesY, style.PageScale = 0, 0, 100
    forms = sheet.DrawPage.Forms
    for form in map(forms.getByIndex, range(forms.Count)):
        for button in map(form.getByIndex, range(form.Count)):
            button.Printable = True
            button.FontName, button.FontHeight = "Carlito", 11.0


def _trimmed(page: Image.Image, height: int) -> Image.Image:
    """The page's upper left part without white margins, at most so high."""
    page = page.convert("RGB")
    box = ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox()
    assert box is not None
    left, top, right, bottom = box
    return page.crop((left - 8, top - 8, min(right + 8, left + 1_530), min(bottom + 8, top + height)))


# --- the ribbon --------------------------------------------------------------------------------------

_SIGNS = {
    "AcceptInvitation": '<path d="M4 13l5 5L20 6" stroke="#2e7d32" stroke-width="3.4" fill="none"/>',
    "ChartInsert": '<path d="M4 20V11M10 20V5M16 20v-7M22 20V9" stroke="#1f4e79" stroke-width="3.4"/>',
    "Spelling": '<path d="M3 11l4 9 4-9M4.500 17h5" transform="translate(0-8)" stroke="#444" fill="none"/>'
    '<path d="M9 17l4 4 9-11" stroke="#2e7d32" stroke-width="2.6" fill="none"/>',
    "NameDefine": '<path d="M3 4h9l9 9-8 8-10-9z" fill="#e8b33f"/><circle cx="8" cy="8.500" r="1.800" fill="#fff"/>',
    "RefreshAll": '<path d="M19 9a8 8 0 0 0-14 1M5 15a8 8 0 0 0 14-1" stroke="#2e7d32" stroke-width="2.600"'
    ' fill="none"/><path d="M21 4v6h-6zM3 20v-6h6z" fill="#2e7d32"/>',
    "MeetingsWorkspace": '<circle cx="7" cy="8" r="3.500" fill="#1f4e79"/><circle cx="17" cy="8" r="3.500"'
    ' fill="#5b9bd5"/><path d="M1 20a6 6 0 0 1 12 0z" fill="#1f4e79"/><path d="M13 20a6 6 0 0 1 10 0z" fill="#5b9bd5"/>',
    "CheckNames": '<circle cx="9" cy="8" r="4" fill="#1f4e79"/><path d="M2 21a7 7 0 0 1 14 0z" fill="#1f4e79"/>'
    '<path d="M15 9l3 3 5-6" stroke="#2e7d32" stroke-width="2.400" fill="none"/>',
    "Help": '<circle cx="12" cy="12" r="10" fill="#1f6fb5"/><text x="12" y="17" font-size="15" font-weight="700"'
    ' fill="#fff" text-anchor="middle">?</text>',
}
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; font: 15px Carlito, "Segoe UI", "Liberation Sans", sans-serif; color: #262626; background: #fff }}
.tabs {{ background: #217346; color: #e6f2ea; padding: 10px 14px 0; display: flex; gap: 6px }}
.tabs span {{ padding: 6px 14px 8px }}
.tabs .on {{ background: #f3f3f3; color: #217346; font-weight: 700; border-radius: 4px 4px 0 0 }}
.ribbon {{ background: #f3f3f3; border-bottom: 1px solid #c9c9c9; display: flex; height: 118px }}
.group {{ display: flex; flex-direction: column; border-right: 1px solid #d0d0d0; padding: 7px 12px 4px }}
.buttons {{ flex: 1; display: flex; gap: 10px }}
.column {{ display: flex; flex-direction: column; gap: 3px }}
.label {{ text-align: center; color: #666; font-size: 13px }}
.large {{ display: flex; flex-direction: column; align-items: center; padding: 2px 8px; gap: 4px }}
.normal {{ display: flex; align-items: center; gap: 7px; height: 25px; padding: 0 5px }}
.pressed {{ background: #d5e8dc; border-radius: 3px }}
.tip {{ position: absolute; left: 18px; top: 172px; width: 330px; background: #fff; border: 1px solid #bbb;
  box-shadow: 0 2px 6px #0003; padding: 9px 12px; line-height: 1.3 }}
</style><div class="tabs"><span>File</span><span>Home</span><span>Insert</span><span>Data</span><span>View</span>
<span class="on">{tab}</span></div><div class="ribbon">{groups}</div>
<div class="tip"><b>{screentip}</b><br>{supertip}</div>"""


def draw_ribbon(folder: Path) -> None:
    """Writes addin-ribbon.png."""
    page = folder / "ribbon.html"
    page.write_text(ribbon_page(building._parts(building.addin())["customUI/customUI.xml"].decode()), "utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    picture = IMAGES / "addin-ribbon.png"
    subprocess.run(
        [
            "chromium",
            *flags.split(),
            "--disable-sync",
            "--hide-scrollbars",
            "--window-size=860,290",
            f"--user-data-dir={folder / 'chromium'}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )


def ribbon_page(xml: str) -> str:
    """A page that looks like the ribbon of that XML, with the first button's tip shown."""
    root = ET.fromstring(xml)  # noqa: S314  # our own
    [tab] = root.iter(f"{{{NAMESPACE}}}tab")
    first = next(root.iter(f"{{{NAMESPACE}}}button"))
    tips = {name: html.escape(first.attrib[name]) for name in ("screentip", "supertip")}
    return _PAGE.format(tab=tab.attrib["label"], groups="".join(map(_group, tab)), **tips)


def _group(group: ET.Element) -> str:
    large = "".join(_button(each, 40) for each in group if each.attrib["size"] == "large")
    small = "".join(_button(each, 20) for each in group if each.attrib["size"] != "large")
    label = html.escape(group.attrib["label"])
    return (
        f'<div class="group"><div class="buttons">{large}<div class="column">{small}</div></div>'
        f'<div class="label">{label}</div></div>'
    )


def _button(button: ET.Element, pixels: int) -> str:
    sign = f'<svg width="{pixels}" height="{pixels}" viewBox="0 0 24 24">{_SIGNS[button.attrib["imageMso"]]}</svg>'
    size = button.attrib["size"]
    style = f"{size} pressed" if size == "large" else size
    return f'<div class="{style}">{sign}<span>{html.escape(button.attrib["label"])}</span></div>'


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        draw_sheets(Path(name))
        draw_ribbon(Path(name))
