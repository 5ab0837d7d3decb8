"""Macros really executed, by a LibreOffice that is asked through UNO (`tests.xl_engines.office`).

LibreOffice refuses to open an add-in, and has no Windows shell to start a program with. So what it opens is a
twin of the built file with four differences. The content type says workbook, not add-in. The one call of the
module `xlwings` that would start a program (`WScript.Run`) writes the command line into a file instead. And
LibreOffice passes over `#If` and would run the lines for Windows and for a Mac, so only those for one stay.
It knows neither Excel's folder nor its window's number: made-up ones stand there. Everything else, text for
text, is what Excel gets.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from addin.building import PROJECT_NAME, _packed, _parts
from addin.vba_project import Module, vba_project
from tests.vba import modules_in
from tests.xl_engines.office import Office, office

_CAPTURE = """
Function OkrCapture(ByVal Words As String, ByVal Style As Integer, ByVal Wait As Boolean) As Long
    Dim FileNum As Integer
    FileNum = FreeFile
    Open Environ("OKR_CAPTURE") For Append As #FileNum
    Print #FileNum, Words
    Close #FileNum
    OkrCapture = 0
End Function
"""
_MAC_SCRIPT = """
Function MacScript(ByVal Script As String) As String
    MacScript = Environ("OKR_HOME")
End Function
"""
_ON_A_MAC = {
    'AppleScriptTask("xlwings-" & XLWINGS_VERSION & ".applescript", "VbaHandler", ParameterString)': (
        "CStr(OkrCapture(ParameterString, 0, True))"
    ),
    "Application.Path": '"/Applications/Microsoft Excel.app/xxxx"',
    "Application.VERSION": '"16"',
}
_ON_WINDOWS = {
    "WScript.Run(": "OkrCapture(",
    "Application.Path": '"C:\\Office"',
    "Application.Hwnd": "4711",
}


def lines_for(text: str, *, mac: bool) -> str:
    """The lines of a module that Excel on a Mac compiles, or on Windows."""
    kept, stack = [], [True]
    for line in text.splitlines():
        word = line.strip().split(" ", maxsplit=1)
        if word[0] == "#If":
            stack.append(("Mac" in word[1] or "MAC" in word[1]) is mac)
        elif word[0] == "#Else":
            stack[-1] = not stack[-1]
        elif word[0] == "#End":
            stack.pop()
        elif all(stack):
            kept.append(line)
    assert stack == [True]
    return "\n".join(kept) + "\n"


def twin(package: bytes, *, mac: bool = False) -> bytes:
    """The file that LibreOffice opens in place of a built one, as on Windows or as on a Mac."""
    parts = _parts(package)
    types = parts["[Content_Types].xml"]
    parts["[Content_Types].xml"] = types.replace(
        b"ms-excel.addin.macroEnabled", b"ms-excel.sheet.macroEnabled"
    )
    sources = {
        name: "".join(line for line in text.splitlines(keepends=True) if not line.startswith("Attribute "))
        for name, text in modules_in(parts["xl/vbaProject.bin"]).items()
    }
    captured = lines_for(sources["xlwings"], mac=mac) + _CAPTURE + (_MAC_SCRIPT if mac else "")
    for there, instead in (_ON_A_MAC if mac else _ON_WINDOWS).items():
        assert there in captured
        captured = captured.replace(there, instead)
    macros = [Module("OkrButtons", sources.pop("OkrButtons")), Module("xlwings", captured)]
    del sources["xlwings"]
    documents = [Module(name, of="workbook" if name == "ThisWorkbook" else "sheet") for name in sources]
    parts["xl/vbaProject.bin"] = vba_project(PROJECT_NAME, (*documents, *macros))
    return _packed(parts)


# --- pressing buttons ----------------------------------------------------------------------------------


class Bench(NamedTuple):
    """LibreOffice with a user who has settings, and what the macros would start."""

    office: Office
    books: Path
    interpreter: Path

    @property
    def conf(self) -> Path:
        r"""The user's settings, user\.okr\okr.conf on Windows."""
        return self.office.folder / "user\\.okr\\okr.conf"

    @contextlib.contextmanager
    def opened(self, package: bytes, name: str, *, mac: bool = False) -> Iterator[Any]:
        """The twin of a built file, closed at the end of the block."""
        file = self.books / name
        file.write_bytes(twin(package, mac=mac))
        self.office.said.unlink(missing_ok=True)
        book = self.office.load(file.as_uri())
        try:
            yield book
        finally:
            book.close(True)

    def command_lines(self) -> list[str]:
        """The command lines so far, each of which is then forgotten."""
        said = self.office.said
        lines = said.read_text("cp1252").splitlines() if said.exists() else []
        said.unlink(missing_ok=True)
        return [line for line in lines if line.strip()]


def bench(books: Path) -> Bench:
    """The bench with workbooks in that folder; both a user on Windows and one on a Mac are set up."""
    running = office()
    made = Bench(running, books, running.folder / "venv\\python.exe")
    made.interpreter.touch()
    made.conf.write_text(f'"INTERPRETER_WIN","{made.interpreter}"\n', encoding="utf-8")
    on_mac = running.folder / "mac" / "it's a venv" / "python"
    on_mac.parent.mkdir(parents=True, exist_ok=True)
    on_mac.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    on_mac.chmod(0o755)
    (running.folder / "mac" / "okr.conf").write_text(f'"INTERPRETER_MAC","{on_mac}"\n', encoding="utf-8")
    return made


def press(book: Any, macro: str, tag: str) -> None:
    """Calls a ribbon's macro with something that has a Tag, as the button that was pressed has."""
    control = book.createInstance("com.sun.star.form.component.CommandButton")
    control.Tag = tag
    run_script(book, address_of(f"OkrButtons.{macro}"), control)


def buttons_in(book: Any) -> Iterator[tuple[str, str, str]]:
    """Tab, label and bound script of each button in the sheets."""
    for sheet in book.Sheets:
        forms = sheet.DrawPage.Forms
        for form in map(forms.getByIndex, range(forms.Count)):
            for at in range(form.Count):
                [event] = form.getScriptEvents(at)
                yield sheet.Name, form.getByIndex(at).Label, event.ScriptCode


def python_in(command_line: str) -> str:
    """What Python is told to do."""
    return command_line.split(' -P -B -c "', maxsplit=1)[1].split('"', maxsplit=1)[0]


def argv(command_line: str) -> list[str]:
    """The arguments that a program on Windows gets, for a line without backslashes before quotes."""
    words, quoted, word = [], False, ""
    for char in command_line:
        quoted ^= char == '"'
        if char == " " and not quoted:
            words += [word] if word else []
            word = ""
        elif char != '"':
            word += char
    return [*words, word] if word else words


def run_script(book: Any, address: str, *arguments: Any) -> None:
    """Runs a macro by its address, as a button that is pressed does."""
    book.getScriptProvider().getScript(address).invoke(arguments, (), ())


def address_of(name: str, library: str = PROJECT_NAME) -> str:
    """What LibreOffice calls a macro of the workbook."""
    return f"vnd.sun.star.script:{library}.{name}?language=Basic&location=document"
