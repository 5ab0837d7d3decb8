"""LibreOffice as a second opinion: a workbook opened, recalculated and saved by it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sync.core.grid import CellValue, Grid
from sync.core.policy import Limits
from sync.sources import xlsx


def resaved(soffice: str, folder: Path, *workbooks: Path) -> list[Path]:
    """The workbooks as LibreOffice saves them after recalculating, below the folder."""
    profile = (folder / "profile").as_uri()
    command = [soffice, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx"]
    subprocess.run(
        [*command, "--outdir", str(folder / "out"), *map(str, workbooks)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return [folder / "out" / workbook.name for workbook in workbooks]


def grid_of(workbook: Path) -> Grid:
    """The cells of a workbook, read by our own reader."""
    return xlsx.read(workbook.read_bytes(), Limits())


def column(grid: Grid, tab: str, header: str, key: str) -> dict[str, CellValue]:
    """Values of a column by the text in another column of the same row; cells that hold nothing are None."""
    sheet = grid.sheet(tab)
    assert sheet is not None
    titles = {cell.value: number for number, cell in sheet.rows[3].items()}
    return {
        str(cells[titles[key]].value): cells[titles[header]].value if titles[header] in cells else None
        for row, cells in sorted(sheet.rows.items())
        if row > 3 and titles[key] in cells and cells[titles[key]].value
    }
