"""Workbooks written part by part, so that a test can make what no library writes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def sheet(rows: str, *, before: str = "", after: str = "", namespace: str = MAIN) -> str:
    return f'<worksheet xmlns="{namespace}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def relations(*targets: str, folder: str = RELATIONS) -> str:
    """Relations rId1, rId2 … from `kind=target` texts; further attributes may follow behind a blank."""
    links = ""
    for number, text in enumerate(targets, 1):
        kind, target = text.split("=", 1)
        path, _, more = target.partition(" ")
        links += f'<Relationship Id="rId{number}" Type="{folder}/{kind}" Target="{path}" {more}/>'
    return f'<Relationships xmlns="{PACKAGE_RELATIONS}">{links}</Relationships>'


def parts(
    *rows: str,
    texts: tuple[str, ...] | None = None,
    formats: tuple[str, ...] = (),
    properties: str = "",
    after: str = "",
    strict: bool = False,
) -> dict[str, str]:
    """The parts of a workbook with one tab per `rows`, named Tab1, Tab2 …

    `texts` are `<si>` contents; `formats` the number format codes of styles 1, 2 …; `properties` stands
    in front of the workbook's sheets and `after` behind them.
    """
    main, office = (STRICT, STRICT_RELATIONS) if strict else (MAIN, RELATIONS)
    names = [f"Tab{number}" for number, _ in enumerate(rows, 1)]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    made = {
        "_rels/.rels": relations("officeDocument=xl/workbook.xml", folder=office),
        "xl/workbook.xml": (
            f'<workbook xmlns="{main}" xmlns:r="{office}">{properties}'
            f"<sheets>{listed}</sheets>{after}</workbook>"
        ),
    }
    targets = [f"worksheet=worksheets/{name}.xml" for name in names]
    for name, content in zip(names, rows, strict=True):
        made[f"xl/worksheets/{name}.xml"] = sheet(content, namespace=main)
    if texts is not None:
        targets.append("sharedStrings=sharedStrings.xml")
        made["xl/sharedStrings.xml"] = (
            f'<sst xmlns="{main}">{"".join(f"<si>{text}</si>" for text in texts)}</sst>'
        )
    if formats:
        targets.append("styles=styles.xml")
        made["xl/styles.xml"] = styles(formats, main)
    made["xl/_rels/workbook.xml.rels"] = relations(*targets, folder=office)
    return made


def styles(formats: tuple[str, ...], main: str = MAIN) -> str:
    """Styles 0 (General), 1, 2 …: a format is a code, or the number of a built-in one."""
    ids = [int(code) if code.isdecimal() else 164 + index for index, code in enumerate(formats)]
    declared = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{_escaped(code)}"/>'
        for number, code in zip(ids, formats, strict=True)
        if not code.isdecimal()
    )
    used = "".join(f'<xf numFmtId="{number}"/>' for number in [0, *ids])
    return (
        f'<styleSheet xmlns="{main}"><numFmts>{declared}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs>{used}</cellXfs>'
        f'<dxfs><dxf><numFmt numFmtId="164" formatCode="yyyy"/></dxf></dxfs></styleSheet>'
    )


def zipped(made: Mapping[str, str | bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in made.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


def workbook(*rows: str, **options: object) -> bytes:
    return zipped(parts(*rows, **options))  # type: ignore[arg-type]  # handed through


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
