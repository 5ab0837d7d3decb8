"""Macros really executed: LibreOffice with a workbook open, asked through UNO.

LibreOffice refuses to open an add-in, and has no Windows shell to start a program with. So what it opens is a
twin of the built file with four differences. The content type says workbook, not add-in. The one call of the
module `xlwings` that would start a program (`WScript.Run`) writes the command line into a file instead. And
LibreOffice passes over `#If` and would run the lines for a Mac, too, so only those for Windows stay. It knows
neither Excel's folder nor its window's number: made-up ones stand there. Everything else, text for
text, is what Excel gets.
"""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from addin.building import PROJECT_NAME, _packed, _parts
from addin.vba_project import Module, vba_project
from tests.vba import modules_in

DEBIAN = "/usr/lib/python3/dist-packages"
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
_DIFFERENCES = {
    "WScript.Run(": "OkrCapture(",
    "Application.Path": '"C:\\Office"',
    "Application.Hwnd": "4711",
}
_SECURITY = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def uno() -> Any | None:
    """Debian's module uno, None where it is not installed."""
    if Path(DEBIAN, "uno.py").exists() and DEBIAN not in sys.path:
        sys.path.append(DEBIAN)
    with contextlib.suppress(ImportError):
        return importlib.import_module("uno")
    return None


def on_windows(text: str) -> str:
    """The lines of a module that Excel on Windows compiles."""
    kept, stack = [], [True]
    for line in text.splitlines():
        word = line.strip().split(" ", maxsplit=1)
        if word[0] == "#If":
            stack.append("Mac" not in word[1] and "MAC" not in word[1])
        elif word[0] == "#Else":
            stack[-1] = not stack[-1]
        elif word[0] == "#End":
            stack.pop()
        elif all(stack):
            kept.append(line)
    assert stack == [True]
    return "\n".join(kept) + "\n"


def twin(package: bytes) -> bytes:
    """The file that LibreOffice opens in place of a built one."""
    parts = _parts(package)
    types = parts["[Content_Types].xml"]
    parts["[Content_Types].xml"] = types.replace(
        b"ms-excel.addin.macroEnabled", b"ms-excel.sheet.macroEnabled"
    )
    sources = {
        name: "".join(line for line in text.splitlines(keepends=True) if not line.startswith("Attribute "))
        for name, text in modules_in(parts["xl/vbaProject.bin"]).items()
    }
    captured = on_windows(sources["xlwings"]) + _CAPTURE
    for there, instead in _DIFFERENCES.items():
        assert captured.count(there) == 1
        captured = captured.replace(there, instead)
    macros = [Module("OkrButtons", sources.pop("OkrButtons")), Module("xlwings", captured)]
    del sources["xlwings"]
    documents = [Module(name, of="workbook" if name == "ThisWorkbook" else "sheet") for name in sources]
    parts["xl/vbaProject.bin"] = vba_project(PROJECT_NAME, (*documents, *macros))
    return _packed(parts)


@contextlib.contextmanager
def office(soffice: str, folder: Path, environment: Mapping[str, str]) -> Iterator[Any]:
    """The desktop of a LibreOffice of one's own, which ends with the block."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_SECURITY, encoding="utf-8")
    pipe = f"okrsync-{folder.name}-{time.monotonic_ns()}"
    command = [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nologo"]
    process = subprocess.Popen(
        [*command, f"--accept=pipe,name={pipe};urp;"],
        env={**environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        desktop = _connected(pipe, process)
        yield desktop
        with contextlib.suppress(Exception):
            desktop.terminate()
            process.wait(20)
    finally:
        process.kill()
        process.wait()


def _connected(pipe: str, process: subprocess.Popen[bytes]) -> Any:
    module = uno()
    assert module is not None
    local = module.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + 60
    while True:
        try:
            there = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
        except Exception:  # noqa: BLE001  # uno raises classes of its own, made while it runs
            assert process.poll() is None, "LibreOffice ended before it could be asked."
            assert time.monotonic() < until, "LibreOffice does not answer."
            time.sleep(0.1)


@contextlib.contextmanager
def opened(desktop: Any, file: Path) -> Iterator[Any]:
    """A workbook, hidden (visible ones with macros crash LibreOffice 7.4), closed at the end of the block."""
    module = uno()
    assert module is not None
    values = []
    for name, value in {"Hidden": True, "MacroExecutionMode": 4}.items():
        each = module.createUnoStruct("com.sun.star.beans.PropertyValue")
        each.Name, each.Value = name, value
        values.append(each)
    book = desktop.loadComponentFromURL(file.as_uri(), "_blank", 0, tuple(values))
    try:
        yield book
    finally:
        book.close(True)


def run_script(book: Any, address: str, *arguments: Any) -> None:
    """Runs a macro by its address, as a button that is pressed does."""
    book.getScriptProvider().getScript(address).invoke(arguments, (), ())


def address_of(name: str, library: str = PROJECT_NAME) -> str:
    """What LibreOffice calls a macro of the workbook."""
    return f"vnd.sun.star.script:{library}.{name}?language=Basic&location=document"
