"""Why some bytes are no workbook: each refusal names its cause and the way to mend it (S110)."""

from __future__ import annotations

from collections.abc import Collection

from sync.core.errors import SourceUnreadable

SAVE_AS_XLSX = "Open it in the program that made it, and save it as an Excel workbook (.xlsx)."
DOWNLOAD_AGAIN = "Copy or download the file again, or restore an earlier version of it."
OTHER_FORMATS = {
    ".xls": "an old Excel workbook (.xls)",
    ".xlsb": "a binary Excel workbook (.xlsb)",
    ".ods": "an OpenDocument spreadsheet (.ods)",
    ".numbers": "an Apple Numbers spreadsheet",
}

_COMPOUND_FILE = bytes.fromhex("D0CF11E0A1B11AE1")
_OLD_EXCEL = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")  # before Excel 97
_HEAD = 4096
_TEXT_CONTROLS = b"\t\n\r\x0b\x0c\x1b"


def other_format(extension: str) -> SourceUnreadable:
    """The refusal of a spreadsheet format that is known but not read, by its file extension."""
    return SourceUnreadable(f"it is {OTHER_FORMATS[extension]}.", SAVE_AS_XLSX)


def damaged(what: str) -> SourceUnreadable:
    """The refusal of a workbook that breaks its own format; `what` is a clause without its full stop."""
    return SourceUnreadable(
        f"the file is damaged: {what}.",
        "Open it in Excel and save it again; if Excel cannot open it either, restore an earlier version.",
    )


def missing_part(name: str) -> SourceUnreadable:
    """The refusal of a workbook that names a part of itself which it does not hold."""
    return damaged(f"its part {name} is missing")


def too_much(what: str) -> SourceUnreadable:
    """The refusal of a workbook over one of the limits; `what` is a clause without its full stop."""
    return SourceUnreadable(
        f"{what}.",
        "Delete what is not needed in it, or copy the tabs into a fresh template; `[limits]` sets the limit.",
    )


def password() -> SourceUnreadable:
    """The refusal of an encrypted workbook."""
    return SourceUnreadable(
        "it is encrypted, by a password or a sensitivity label.",
        "Remove the protection (File > Info > Protect Workbook), or share a copy without it.",
    )


def not_a_zip(data: bytes) -> SourceUnreadable:
    """What bytes that do not begin like a zip archive really are."""
    if not data:
        return SourceUnreadable("the file is empty.", DOWNLOAD_AGAIN)
    if data.startswith(_COMPOUND_FILE):
        return password() if "EncryptedPackage".encode("utf-16-le") in data else other_format(".xls")
    if data.startswith(_OLD_EXCEL):
        return other_format(".xls")
    head = data[:_HEAD]
    if not head.strip(b"\0"):
        return SourceUnreadable("the file holds only zeros; its copy or sync broke off.", DOWNLOAD_AGAIN)
    return _document(head)


def web_page(file: str) -> SourceUnreadable:
    """The refusal of a page that a browser saved in place of a `file` (workbook, list)."""
    return SourceUnreadable(
        f"it is a web page, probably a sign-in or error page saved in place of the {file}.",
        f"Sign in and download the {file} again.",
    )


def _document(head: bytes) -> SourceUnreadable:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<!doctype html") or b"<html" in text:
        return web_page("workbook")
    if text.startswith(b"%pdf"):
        return SourceUnreadable("it is a PDF document.", "Put the workbook itself in its place.")
    if text.startswith(b"<?xml"):
        return SourceUnreadable("it is an XML file.", SAVE_AS_XLSX)
    if _is_text(head):
        return SourceUnreadable("it is a text file, such as a CSV.", SAVE_AS_XLSX)
    return SourceUnreadable("it is no Excel workbook.", SAVE_AS_XLSX)


def not_a_workbook(parts: Collection[str]) -> SourceUnreadable:
    """What a zip archive with these (lower-case) parts is, when it is no workbook that we read."""
    if "xl/workbook.bin" in parts:
        return other_format(".xlsb")
    if any(part.endswith(".iwa") or part == "index.zip" for part in parts):
        return other_format(".numbers")
    if "content.xml" in parts and "mimetype" in parts:
        return other_format(".ods")
    if "word/document.xml" in parts:
        return SourceUnreadable("it is a Word document.", "Put the workbook itself in its place.")
    if "ppt/presentation.xml" in parts:
        return SourceUnreadable("it is a presentation.", "Put the workbook itself in its place.")
    if "xl/workbook.xml" in parts:
        return missing_part("_rels/.rels")
    return SourceUnreadable(
        "it is a zip archive without a workbook.", "Unpack it, and put the workbook itself in its place."
    )


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 32 and byte not in _TEXT_CONTROLS for byte in head)
