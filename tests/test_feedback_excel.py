"""Findings in a team's own workbook: only our parts change, no edit is lost, refusal is an answer."""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from sheet_templates.team import TeamDefaults, build_team
from sync.core.grid import Grid
from sync.core.lists import Lists
from sync.core.model import Binding, Gone, KeyResultRow, ObjectiveRow, Team, TeamSheet
from sync.core.policy import Limits
from sync.core.problems import Problem, Severity
from sync.core.status_tab import NOT_CHECKED, Feedback, RowResult, row_key
from sync.feedback import swap
from sync.feedback.content import compose, issues_text
from sync.feedback.excel import Refused, Written, digest, patched, write
from sync.feedback.zip_parts import Unfit, replace_parts
from sync.sources import xlsx
from sync.sources.excel import ExcelFolder
from tests.office import column, resaved

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")

STATUS_PART, LISTS_PART = "xl/worksheets/sheet8.xml", "xl/worksheets/sheet9.xml"


def problem(
    message: str = "K2 has no owner.",
    *,
    tab: str = "Key Results",
    cell: str = "D5",
    code: str = "Q209",
    severity: Severity = Severity.WARNING,
) -> Problem:
    source, unit, hint = "marketing.xlsx", "Marketing", "Name one person."
    return Problem(code, severity, source, unit, tab, cell, "K2", "", message, hint)


FOUND = Feedback(
    as_of="2026-11-20 09:00",
    figures=(("Own score", 0.625), ("Key results", 2), ("Status", "At risk")),
    problems=(
        problem("“3 %” is not a number.", code="S104", severity=Severity.ERROR, cell="I4"),
        problem(),
    ),
    rows=(
        RowResult("key_results:K1", "Error S104: “3 %” is not a number.", None),
        RowResult("key_results:K2", "Warning Q209: K2 has no owner.", 1 / 3),
    ),
)


@pytest.fixture(scope="session")
def template() -> bytes:
    buffer = io.BytesIO()
    rows: dict[str, Any] = {
        "objectives": [{"id": "O1", "objective": "Everybody knows us"}],
        "key_results": [
            {
                "id": "K1",
                "objective_id": "O1",
                "key_result": "Recall",
                "measure": "Between",
                "current": "3 %",
            },
            {
                "id": "K2",
                "objective_id": "O1",
                "key_result": "Launch",
                "measure": "Milestone",
                "current": "A",
            },
            {"id": "K3", "key_result": "New since the sync"},
        ],
    }
    build_team(buffer, TeamDefaults(unit="Marketing"), Lists(people=("Kim Larsen",)), rows)
    return buffer.getvalue()


@pytest.fixture
def workbook(template: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "marketing.xlsx"
    path.write_bytes(template)
    return path


def wrote(path: Path, feedback: Feedback = FOUND, **more: Any) -> Written | Refused:
    return write(path, feedback, expected_hash=swap.content_hash(path.read_bytes()), **more)


def grid(content: bytes) -> Grid:
    return xlsx.read(content, Limits())


def texts(content: bytes, tab: str = "Sync status") -> list[list[Any]]:
    sheet = grid(content).sheet(tab)
    assert sheet is not None
    return [[cells[at].value for at in sorted(cells) if at <= 7] for _, cells in sorted(sheet.rows.items())]


def raw_parts(content: bytes) -> dict[str, bytes]:
    """Each part's local record as it lies in the file: header, name and compressed bytes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        starts = [info.header_offset for info in archive.infolist()] + [archive.start_dir]
        return {
            info.filename: content[info.header_offset : min(at for at in starts if at > info.header_offset)]
            for info in archive.infolist()
        }


def changed_part(content: bytes, name: str, change: Callable[[str], str], new_name: str = "") -> bytes:
    """The workbook with one part rewritten (and renamed), as some other program might have saved it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            text = old.read(info)
            if info.filename == name:
                text = change(text.decode()).encode()
            new.writestr(new_name if info.filename == name and new_name else info.filename, text)
    return buffer.getvalue()


# --- what is written ----------------------------------------------------------------------------


def test_the_tab_says_when_the_figures_and_each_finding(template):
    rows = texts(patched(template, FOUND))
    assert ["Data as of", "2026-11-20 09:00"] in rows
    assert ["Own score", 0.625] in rows
    assert ["Severity", "Code", "Tab", "Cell", "Row ID", "Message", "How to mend it"] in rows
    assert ["Error", "S104", "Key Results", "I4", "K2", "“3 %” is not a number.", "Name one person."] in rows


def test_an_older_result_is_gone_after_the_next(template):
    after = patched(patched(template, FOUND), FOUND._replace(problems=(), rows=()))
    assert not any("S104" in row for row in texts(after))
    sheet = grid(after).sheet("Sync status")
    assert sheet is not None
    assert [cells[10].value for cells in sheet.rows.values() if 10 in cells] == ["row key"]
    assert sheet.cell(1, 11).value == NOT_CHECKED


def test_trust_27_every_other_part_is_the_same_to_the_last_byte(template):
    before, after = raw_parts(template), raw_parts(patched(template, FOUND))
    assert list(before) == list(after)
    assert [name for name in before if before[name] != after[name]] == [STATUS_PART]


def test_trust_27_lists_only_on_request(template):
    lists = Lists(("GRO-O1 · Grow",), ("Ada Moreau",), ())
    before, after = raw_parts(template), raw_parts(patched(template, FOUND, lists))
    assert [name for name in before if before[name] != after[name]] == [STATUS_PART, LISTS_PART]
    sheet = grid(patched(template, FOUND, lists)).sheet("Lists")
    assert sheet is not None
    assert sheet.hidden
    assert [sheet.cell(2, at).value for at in (7, 8)] == ["GRO-O1 · Grow", "Ada Moreau"]


def test_what_a_part_has_besides_cells_stays(template):
    part = zipfile.ZipFile(io.BytesIO(patched(template, FOUND))).read(STATUS_PART).decode()
    before = zipfile.ZipFile(io.BytesIO(template)).read(STATUS_PART).decode()
    for kept in ("sheetPr", "sheetViews", "cols", "conditionalFormatting", "pageSetup", "headerFooter"):
        found = re.search(rf"<{kept}\b.*</{kept}>|<{kept}\b[^>]*/>", before)
        assert found, kept
        assert found[0] in part, kept


def test_a_click_on_a_finding_leads_to_its_cell_and_nowhere_else(template):
    elsewhere = problem(tab="No such tab"), problem(cell="D5#x"), problem(cell="")
    content = patched(template, FOUND._replace(problems=(*FOUND.problems, *elsewhere)))
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Sync status"]
    links = [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert [(link.ref[0], link.location, link.target) for link in links] == [
        ("D", "'Key Results'!I4", None),
        ("D", "'Key Results'!D5", None),
    ]


@given(st.text(max_size=40))
def test_trust_28_any_text_comes_back_as_text(template, text):
    content = patched(template, FOUND._replace(problems=(problem(text),)))
    sheet = grid(content).sheet("Sync status")
    assert sheet is not None
    assert (sheet.cell(10, 6).value, sheet.cell(10, 6).formula) == (text, False)


@pytest.mark.parametrize(
    "text", ("=HYPERLINK(1)", "+1", "@x", "_x0041_", "a\x00b", "\ud800", "\r\n", "<b>&amp;", " x ", "\ufffe")
)
def test_trust_28_awkward_texts_are_texts_for_openpyxl_too(template, text):
    content = patched(template, FOUND._replace(problems=(problem(text),)))
    cell = openpyxl.load_workbook(io.BytesIO(content))["Sync status"]["F10"]
    assert (cell.data_type, unescape(cell.value)) == ("s", text)
    sheet = grid(content).sheet("Sync status")
    assert sheet is not None
    assert sheet.cell(10, 6).value == text.replace("\ud800", "\ufffd")  # our reader lets no half character in


def test_a_text_longer_than_a_cell_is_cut_visibly(template):
    content = patched(template, FOUND._replace(problems=(problem("😀" * 20_000),)))
    sheet = grid(content).sheet("Sync status")
    assert sheet is not None
    told = str(sheet.cell(10, 6).value)
    assert told.endswith("😀…")
    assert len(told.encode("utf-16-le")) // 2 <= 32_767


def test_more_findings_than_fit_say_where_the_rest_is(template):
    many = tuple(problem(f"Finding {n}", cell="") for n in range(5_003))
    rows = texts(patched(template, FOUND._replace(problems=many)))
    assert rows[-1] == ["3 more findings are in the master workbook's Issues sheet."]


def test_copied_rows_share_their_findings(template):
    twins = (RowResult("key_results:K1", "one", 0.5), RowResult("key_results:K1", "two", 0.25))
    sheet = grid(patched(template, FOUND._replace(rows=twins))).sheet("Sync status")
    assert sheet is not None
    assert [sheet.cell(2, at).value for at in (10, 11, 12)] == ["key_results:K1", "one | two", "–"]


# --- other programs' files ----------------------------------------------------------------------


def test_a_prefixed_part_of_another_name_is_found_and_kept_prefixed(template):
    def prefixed(xml: str) -> str:
        xml = re.sub(r"<(/?)([a-zA-Z])", r"<\1x:\2", xml)
        return xml.replace("<?x:xml", "<?xml").replace('xmlns="', 'xmlns:x="')

    old, new = "worksheets/sheet8.xml", "tabs/status.xml"
    content = changed_part(template, STATUS_PART, prefixed, f"xl/{new}")
    content = changed_part(content, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace(old, f"/xl/{new}"))
    content = changed_part(content, "[Content_Types].xml", lambda xml: xml.replace(old, new))
    after = patched(content, FOUND)
    assert ["Own score", 0.625] in texts(after)
    assert "<x:sheetData>" in zipfile.ZipFile(io.BytesIO(after)).read("xl/tabs/status.xml").decode()


@pytest.mark.parametrize(
    ("part", "found", "instead"),
    (
        (STATUS_PART, "<sheetData>.*</sheetData>", "<sheetData/>"),
        (STATUS_PART, "<sheetData>.*</sheetData>", "<sheetData></sheetData>"),
        ("xl/sharedStrings.xml", "okrsync style: header", "somebody's text"),
    ),
)
def test_a_tab_without_its_style_samples_is_not_ours_to_write(template, part, found, instead):
    rearranged = changed_part(template, part, lambda xml: re.sub(found, instead, xml, flags=re.DOTALL))
    with pytest.raises(Unfit, match="rearranged; copy the tab from a fresh template"):
        patched(rearranged, FOUND)


@pytest.mark.slow
def test_a_workbook_saved_by_libreoffice_takes_findings_and_shows_them(soffice, template, tmp_path):
    fresh = tmp_path / "fresh.xlsx"
    fresh.write_bytes(template)
    (saved,) = resaved(soffice, tmp_path / "one", fresh)
    assert isinstance(wrote(saved), Written)
    (shown,) = resaved(soffice, tmp_path / "two", saved)
    issues = column(grid(shown.read_bytes()), "Key Results", "Issues", "ID")
    assert issues == {
        "K1": "Error S104: “3 %” is not a number.",
        "K2": "Warning Q209: K2 has no owner.",
        "K3": NOT_CHECKED,
    }
    progress = column(grid(shown.read_bytes()), "Key Results", "Progress", "ID")
    assert progress["K1"] == "–"
    assert progress["K2"] == pytest.approx(1 / 3)
    assert ["Own score", 0.625] in texts(shown.read_bytes())


# --- how it is written --------------------------------------------------------------------------


def test_trust_27_our_own_write_never_looks_like_a_change(workbook):
    workbook.chmod(0o640)
    answer = wrote(workbook)
    assert isinstance(answer, Written)
    (listing,) = ExcelFolder([workbook.parent], limits=Limits()).list().listings
    assert listing.token == answer.token
    assert answer.content_hash == swap.content_hash(workbook.read_bytes())
    assert stat.S_IMODE(workbook.stat().st_mode) == 0o640
    assert [path.name for path in workbook.parent.iterdir()] == ["marketing.xlsx"]


def lock_of_excel(path: Path) -> None:
    path.with_name("~$marketing.xlsx").touch()


def lock_of_libreoffice(path: Path) -> None:
    path.with_name(".~lock.marketing.xlsx#").touch()


def read_only(path: Path) -> None:
    path.chmod(0o444)


def two_names(path: Path) -> None:
    path.with_name("copy.xlsx").hardlink_to(path)


def password(path: Path) -> None:
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"EncryptedPackage" * 100)


def signature(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("_xmlsignatures/origin.sigs", b"")


def no_status_tab(path: Path) -> None:
    def renamed(xml: str) -> str:
        return xml.replace("Sync status", "Mine")

    path.write_bytes(changed_part(path.read_bytes(), "xl/workbook.xml", renamed))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-400])


def doctype(path: Path) -> None:
    head = "?>\n<!DOCTYPE a>"
    path.write_bytes(changed_part(path.read_bytes(), STATUS_PART, lambda xml: xml.replace("?>", head, 1)))


def doubled(path: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("xl/styles.xml", b"<x/>")


@pytest.mark.parametrize(
    ("fault", "reason", "retry"),
    (
        (lock_of_excel, "somebody has it open", True),
        (lock_of_libreoffice, "somebody has it open", True),
        (read_only, "it is read-only", False),
        (two_names, "it has several names", False),
        (password, "it is encrypted", False),
        (signature, "it is signed", False),
        (no_status_tab, "it has no tab “Sync status”", False),
        (truncated, "it is not an .xlsx file, or is damaged", False),
        (doctype, "declares a DOCTYPE", False),
        (doubled, "two parts of the same name", False),
    ),
)
def test_trust_27_refusal_says_why_and_changes_nothing(workbook, fault, reason, retry):
    fault(workbook)
    before = workbook.read_bytes()
    answer = wrote(workbook)
    assert isinstance(answer, Refused)
    assert reason in answer.reason
    assert answer.reason.startswith("because ")
    assert answer.reason.endswith(".")
    assert answer.retry is retry
    assert workbook.read_bytes() == before
    assert not list(workbook.parent.glob("*.okrsync-tmp")) + list(workbook.parent.glob(".*.okrsync-tmp"))


def test_trust_27_a_workbook_changed_since_it_was_read_is_left_alone(workbook):
    reason = "because it was changed since it was read; the next run takes the change in."
    assert write(workbook, FOUND, expected_hash="0" * 64) == Refused(reason, retry=True)


@pytest.mark.parametrize("exchange", (True, False), ids=("exchanged", "replaced"))
def test_trust_27_an_edit_saved_while_we_write_is_not_lost(workbook, monkeypatch, exchange):
    """Somebody saves between our last look and the swap, as programs do: beside, then rename."""
    if exchange and sys.platform != "linux":
        pytest.skip("files are exchanged in one step on Linux only")
    really, edit, saved = swap._exchange, b"somebody's edit", list[bytes]()

    def edited_meanwhile(one: Path, other: Path) -> bool:
        if not saved:
            saved.append(edit)
            beside = workbook.with_name("saving")
            beside.write_bytes(edit)
            beside.replace(workbook)
        return really(one, other) if exchange else False

    monkeypatch.setattr(swap, "_exchange", edited_meanwhile)
    answer = wrote(workbook)
    assert isinstance(answer, Refused)
    assert "saved by somebody while okrsync wrote" in answer.reason
    assert answer.retry
    assert workbook.read_bytes() == edit
    assert [path.name for path in workbook.parent.iterdir()] == ["marketing.xlsx"]


def test_trust_27_two_edits_in_a_row_are_both_kept(workbook, monkeypatch):
    really = swap._exchange
    edits = iter((b"first edit", b"second edit"))

    def edited_each_time(one: Path, other: Path) -> bool:
        other.write_bytes(next(edits))
        return really(one, other)

    if not really(workbook, workbook):
        pytest.skip("files are exchanged in one step on Linux only")
    monkeypatch.setattr(swap, "_exchange", edited_each_time)
    answer = wrote(workbook)
    assert isinstance(answer, Refused)
    assert "saved twice" in answer.reason
    kept = {path.read_bytes() for path in workbook.parent.iterdir()}
    assert kept == {b"first edit", b"second edit"}


def test_trust_18_a_full_disk_leaves_the_workbook_and_no_litter(workbook, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    before = workbook.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    assert wrote(workbook) == Refused("because the system refused: No space left on device.", retry=True)
    assert [path.name for path in workbook.parent.iterdir()] == ["marketing.xlsx"]
    assert workbook.read_bytes() == before


def test_a_missing_workbook_is_an_answer_too(tmp_path):
    answer = write(tmp_path / "none.xlsx", FOUND, expected_hash="")
    assert answer == Refused("because the system refused: No such file or directory.", retry=True)


def test_a_zip_with_a_comment_and_data_descriptors_is_copied(template):
    """A zip as a stream writes it: sizes behind the data, a comment at its end."""

    class Unseekable(io.RawIOBase):
        def __init__(self) -> None:
            self.bytes = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.bytes += bytes(data)
            return len(data)

    stream = Unseekable()
    with (
        zipfile.ZipFile(io.BytesIO(template)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        new.comment = b"made by a stream"
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    content = bytes(stream.bytes)
    after = patched(content, FOUND)
    assert ["Own score", 0.625] in texts(after)
    assert after.endswith(b"made by a stream")
    before_parts, after_parts = raw_parts(content), raw_parts(after)
    assert [name for name in before_parts if before_parts[name] != after_parts[name]] == [STATUS_PART]


def test_zip64_is_refused_not_mangled(template):
    at = template.rindex(b"PK\x05\x06")
    count = struct.pack("<HH", 0xFFFF, 0xFFFF)
    with pytest.raises(Unfit, match="zip"):
        replace_parts(template[: at + 8] + count + template[at + 12 :], {})


# --- what is said -------------------------------------------------------------------------------


def test_as_of_is_outside_the_digest_that_decides_whether_to_write():
    assert digest(FOUND) == digest(FOUND._replace(as_of="tomorrow"))
    assert digest(FOUND) != digest(FOUND._replace(problems=FOUND.problems[:1]))
    assert digest(FOUND) != digest(FOUND._replace(figures=()))
    assert digest(FOUND) != digest(FOUND._replace(rows=FOUND.rows[:1]))


SHEET = TeamSheet(
    "marketing.xlsx",
    Team("Marketing"),
    objectives=(ObjectiveRow(4, "O1", "Everybody knows us"),),
    key_results=(
        KeyResultRow(4, "K1", identity="K1"),
        KeyResultRow(5, "", key_result="By its\ntext"),
        KeyResultRow(6, "K3", identity="K3"),
    ),
    bindings={"objectives": Binding("Goals", 3, {}), "key_results": Binding("Key Results", 3, {})},
    gone=(Gone("key_results", "K3", ()),),
)


def test_findings_reach_the_row_that_their_cell_is_in():
    found = (
        problem("Here.", cell="AA5"),
        problem("Loud.", cell="B5", severity=Severity.ERROR, code="S104"),
        problem("Another tab.", tab="Check-ins", cell="B5"),
        problem("The tab as a whole.", cell=""),
        problem("Another row.", cell="B55"),
        problem("A renamed tab.", tab="Goals", cell="C4"),
    )
    progress = {("key_results", 4): 0.5, ("key_results", 5): float("nan")}
    feedback = compose(SHEET, found, progress, as_of="today", figures=(("Own score", None), ("Roll-up", 0.5)))
    assert feedback.rows == (
        RowResult("objectives:O1", "Warning Q209: A renamed tab.", None),
        RowResult("key_results:K1", "", 0.5),
        RowResult("key_results:By its text", "Error S104: Loud. | Warning Q209: Here.", None),
    )
    assert feedback.figures == (("Own score", "no score"), ("Roll-up", 0.5))
    assert [found.severity for found in feedback.problems] == ["error", *["warning"] * 5]


def test_very_many_findings_of_one_row_are_cut_visibly():
    assert issues_text([problem("x" * 100)] * 30).endswith("…")


@pytest.mark.parametrize(
    ("row_id", "text", "key"),
    (
        ("K1", "Text", "t:K1"),
        ("  ", "Two  blanks\nand a line", "t:Two blanks and a line"),
        ("", "hard\u00a0blank ", "t:hard blank"),
        ("a*", "", "t:a*"),
    ),
)
def test_row_keys_are_what_the_formulas_make_of_the_cells(row_id, text, key):
    assert row_key("t", row_id, text) == key


def test_trust_18_what_a_killed_run_left_beside_is_removed_but_never_an_edit(workbook):
    old, folder = workbook.read_bytes(), workbook.parent
    edit = changed_part(old, "xl/workbook.xml", lambda xml: xml.replace("?>", "?><!-- edited -->", 1))
    left = {"half": old[:4000], "empty": b"", "whole": patched(old, FOUND), "old": old}
    edits = {"edit": edit, "encrypted": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500)}
    for name, content in (left | edits).items():
        (folder / f".{workbook.name}.{name}.okrsync-tmp").write_bytes(content)
    assert isinstance(wrote(workbook), Written)
    assert {path.read_bytes() for path in folder.glob(".*.okrsync-tmp")} == set(edits.values())
