"""Workbooks that are made to hurt: each read or refused in a process of its own.

`python -m benchmarks.hostile FILE` reads one and prints what came of it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks import process
from benchmarks.figures import Figure, shown
from benchmarks.process import Ran
from benchmarks.sizes import Sizes

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MIB = 1024 * 1024
_MOST_ROUNDS = 3


def figures(sizes: Sizes) -> list[Figure]:
    """Seconds and peak memory of each, and what came out."""
    rounds = min(_MOST_ROUNDS, sizes.rounds)
    with tempfile.TemporaryDirectory(prefix="okrsync-bench-") as folder:
        paths = {}
        for number, (name, make) in enumerate(shapes(sizes.hostile).items()):
            paths[name] = Path(folder, f"{number}.xlsx")
            make(paths[name])
        runs: dict[str, list[Ran]] = {name: [] for name in paths}
        for _ in range(rounds):
            for name, path in paths.items():
                runs[name].append(process.run(["-m", "benchmarks.hostile", str(path)]))
    return [_figure(name, each) for name, each in runs.items()]


def _figure(name: str, runs: list[Ran]) -> Figure:
    seconds, peak = statistics.median(ran.seconds for ran in runs), max(ran.peak for ran in runs)
    measured = f"{shown(seconds)}, {peak:.0f} MiB: {runs[0].out.strip()}"
    return Figure(name, measured, "", "≤ 2 s, ≤ 256 MiB", f"{len(runs)} rounds")


def shapes(rows: int) -> dict[str, Callable[[Path], None]]:
    """What makes each of them, by name; `rows` is how many blank rows there are."""
    tabs = rows // 500
    return {
        "a stray cell at XFD1048576": lambda path: _write(path, [_STRAY]),
        f"{rows:,} styled blank rows": lambda path: _write(path, [_blank_rows(rows)]),
        f"a bomb of {rows // 2_000:,} MiB": lambda path: _write(path, [[" " * _MIB] * (rows // 2_000)]),
        f"{tabs:,} sheets": lambda path: _write(path, [_ONE] * tabs),
    }


_ONE = ('<row r="1"><c r="A1"><v>1</v></c></row>',)
_STRAY = (*_ONE, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def _blank_rows(count: int) -> Iterator[str]:
    return (f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="1"/></row>' for n in range(1, count + 1))


def _write(path: Path, sheets: list[Iterable[str]]) -> None:
    """A workbook with those rows on its tabs."""
    numbers = range(1, len(sheets) + 1)
    entries = "".join(f'<sheet name="Tab{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    links = {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in numbers}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", _relations({"rId1": ("officeDocument", "xl/workbook.xml")}))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", _relations({**links, "rId0": ("styles", "styles.xml")})
        )
        archive.writestr("xl/styles.xml", _STYLES)
        for number, rows in enumerate(sheets, 1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                part.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                for row in rows:
                    part.write(row.encode())
                part.write(b"</sheetData></worksheet>")


_STYLES = f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="4"/></cellXfs></styleSheet>'


def _relations(links: dict[str, tuple[str, str]]) -> str:
    inside = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for name, (kind, target) in links.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}">{inside}</Relationships>'


def outcome(path: Path) -> str:
    """What reading the file gives: its cells counted, or why it is refused."""
    from sync.core.errors import SourceUnreadable
    from sync.core.policy import Limits
    from sync.sources import xlsx

    try:
        grid = xlsx.read(path.read_bytes(), Limits())
    except SourceUnreadable as error:
        return f"refused, {error.cause}"
    cells = sum(len(row) for sheet in grid.sheets for row in sheet.rows.values())
    return f"read, {cells:,} cells"


if __name__ == "__main__":
    print(outcome(Path(sys.argv[1])))
