"""The text of the macros: ours, which only say which button was pressed, and xlwings' stock module, hardened.

What a workbook brings along must never decide which program runs or which code it loads. The stock module
puts the workbook's folder first on Python's search path, lets a sheet or a file beside the workbook name the
interpreter, and writes the workbook's path into a command line outside of any quotes. Each of these is cut
out below. A patch names the text where it begins and ends; each must stand there exactly once, or the build
stops: then the stock module has changed, and somebody has to look.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from addin.registry import COMMANDS, Command
from addin.ribbon import CALLBACK
from addin.vba_project import Module

PROJECT = "okr"
"""Names the settings file: .okr\\okr.conf in the user's folder, on a Mac okr.conf in Excel's own."""


class StockChanged(Exception):
    """xlwings' module is no longer what the patches were written for: look at it before building."""


def sub_name(command: Command) -> str:
    """The macro of a button in a sheet."""
    return f"Okr_{command.name}"


def modules(commands: Sequence[Command] = COMMANDS) -> tuple[Module, Module]:
    """The two modules that both files have, beside those of the workbook and its sheets."""
    return Module("OkrButtons", buttons_text(commands)), Module("xlwings", hardened(stock_text()))


# --- our own module ------------------------------------------------------------------------------------

_BUTTONS = """\
' What the buttons do is in Python, in the package okrsync. This module only says which one was pressed.
Option Explicit

' The buttons in the ribbon: the name of the command is the button's tag.
Public Sub {callback}(control As IRibbonControl)
    OkrPress control.Tag
End Sub

' The buttons in the sheets.
{subs}
Private Sub OkrPress(ByVal pressed As String)
    If Not OkrOnlyHas(pressed, "abcdefghijklmnopqrstuvwxyz_") Then Exit Sub
    If ActiveWorkbook Is Nothing Then
        MsgBox "Please open a team's OKR workbook first.", vbInformation, "okrsync"
        Exit Sub
    End If
    If Not OkrIsPlain(ActiveWorkbook.Name) Then
        MsgBox "This workbook's name has a sign in it that okrsync cannot use. " & _
            "Please save it under a name of letters, digits, spaces and hyphens.", vbInformation, "okrsync"
        Exit Sub
    End If
    RunPython "from addin.entry import press; press('" & pressed & "')"
End Sub

' Whether every letter of the text is one of these, and there is one.
Private Function OkrOnlyHas(ByVal words As String, ByVal letters As String) As Boolean
    Dim at As Integer
    OkrOnlyHas = Len(words) > 0
    For at = 1 To Len(words)
        If InStr(1, letters, Mid$(words, at, 1), vbBinaryCompare) = 0 Then OkrOnlyHas = False
    Next at
End Function

' Whether a name can stand between double quotes on a command line, on Windows and on a Mac, and mean itself.
Private Function OkrIsPlain(ByVal title As String) As Boolean
    Dim at As Integer
    OkrIsPlain = True
    For at = 1 To Len(title)
        If InStr(1, "$%`\\|=" & Chr$(34), Mid$(title, at, 1), vbBinaryCompare) > 0 Then OkrIsPlain = False
        If AscW(Mid$(title, at, 1)) >= 0 And AscW(Mid$(title, at, 1)) < 32 Then OkrIsPlain = False
    Next at
End Function
"""


def buttons_text(commands: Sequence[Command] = COMMANDS) -> str:
    """Our module: a callback for the ribbon, a macro of one line for each button in a sheet."""
    subs = "".join(
        f'Public Sub {sub_name(c)}()\n    OkrPress "{c.name}"\nEnd Sub\n\n' for c in commands if c.tab
    )
    return _BUTTONS.format(callback=CALLBACK, subs=subs)


# --- the stock module, hardened ------------------------------------------------------------------------


class Patch(NamedTuple):
    """Text of the stock module that is replaced: from `start` up to `end`, or without `end` just `start`."""

    why: str
    start: str
    end: str
    instead: str = ""

    def apply(self, text: str) -> str:
        """The text with this patch, or `StockChanged`."""
        at = self._only(text, self.start, 0)
        upto = self._only(text, self.end, at) if self.end else at + len(self.start)
        return text[:at] + self.instead + text[upto:]

    def _only(self, text: str, anchor: str, after: int) -> int:
        if text.count(anchor, after) != 1:
            raise StockChanged(f"{self.why}: {anchor!r} stands {text.count(anchor, after)} times, not once.")
        return text.index(anchor, after)


_RUN_PYTHON = """\
Public Function RunPython(PythonCommand As String)
    ' okrsync: nothing of the workbook's folder goes into the command, and the user's own okr.conf alone
    ' names the interpreter.
    Dim interpreter As String
    #If Mac Then
        interpreter = GetConfig("INTERPRETER_MAC", "")
    #Else
        interpreter = GetConfig("INTERPRETER_WIN", "")
    #End If
    If interpreter = "" Then
        MsgBox "okrsync is not set up for Excel yet. Please run this in a terminal: okrsync addin install", _
            vbInformation, "okrsync"
        Exit Function
    End If
    #If Mac Then
        Application.StatusBar = "okrsync is working ..."
        ExecuteMac PythonCommand, interpreter, "false"
    #Else
        RunPython = ExecuteWindows(False, PythonCommand, interpreter)
    #End If
End Function


"""

_COMMAND = """\
    ' okrsync: -P keeps the current folder off Python's search path; the command shell is the system's own,
    ' not one that lies in the current folder.
    RunCommand = PythonInterpreter & " -P -B -c ""\" & PythonCommand & ""\" "

    ExitCode = WScript.Run(Environ("SystemRoot") & "\\System32\\cmd.exe /C " & DriveCommand & _
"""

_CONFIG = """\
    ' okrsync: from the user's own okr.conf alone, and as it stands there.
    Dim configValue As String

    GetConfig = default
    If FileExists(GetConfigFilePath()) Then
        If GetConfigFromFile(GetConfigFilePath(), configKey, configValue) Then GetConfig = configValue
    End If
End Function

"""

_SHOW = """\
    #If Mac Then
        MsgBox Content, vbCritical, "okrsync"
    #Else
        WScript.Popup Content, AUTO_DISMISS, "okrsync", OK_BUTTON_ERROR
    #End If
End Sub

"""

_LOG_NAME = """\
Public Function CreateGUID() As String
    ' okrsync: enough to tell two logs apart.
    Randomize
    CreateGUID = Format$(Now, "yyyymmdd-hhmmss") & "-" & CStr(CLng(Rnd * 1000000000))
End Function

"""

PATCHES = (
    Patch("the name stands above the text already", 'Attribute VB_Name = "xlwings"\n', ""),
    Patch("no library is loaded", "#If VBA7 Then\n", "Public Const XLWINGS_VERSION"),
    Patch(
        "settings of our own",
        'PROJECT_NAME As String = "myaddin"',
        "",
        f'PROJECT_NAME As String = "{PROJECT}"',
    ),
    Patch("no path of a workbook", "Public Function RunPython(", "Sub ExecuteMac(", _RUN_PYTHON),
    Patch(
        "an interpreter in a folder with a space, and no current folder on the path",
        '    If PYTHON_MAC <> "" Then\n',
        "    ' Sandbox location that requires no file access",
        '    PythonInterpreter = "\'" & Replace(PYTHON_MAC, "\'", "\'\\\'\'") & "\' -P"\n\n',
    ),
    Patch(
        "a sentence that says what to do",
        "To enable RunPython, please run 'xlwings runpython install' in a terminal once and try again.",
        "",
        "okrsync could not be started. Please run this in a terminal: okrsync addin doctor",
    ),
    Patch(
        "a sentence that says what to do",
        '"Could not find Interpreter!"',
        "",
        '"okrsync\'s Python is not where it was. Please run this in a terminal: okrsync addin install"',
    ),
    Patch(
        "no path of a workbook",
        '    CondaPath = GetConfig("CONDA PATH")\n    CondaEnv = GetConfig("CONDA ENV")\n    \n',
        "                       RunCommand & _\n",
        _COMMAND,
    ),
    Patch("not used", "Public Function RunFrozenPython(", "Private Sub CleanUp()"),
    Patch("not used", "Function XLPyCommand()", '\'Attribute VB_Name = "Config"'),
    Patch(
        "not used",
        '#If App = "Microsoft Excel" Then\nFunction GetDirectoryPath(',
        "Function GetConfigFilePath()",
    ),
    Patch("no settings beside a workbook", "Function GetDirectoryConfigFilePath()", "Function GetConfig("),
    Patch(
        "no settings in or beside a workbook",
        "    ' If source is provided",
        "Function GetConfigFromFile(",
        _CONFIG,
    ),
    Patch(
        "nothing is written into a workbook",
        '    If GetConfig("SHOW_ERROR_POPUPS"',
        "Function ReadFile(",
        _SHOW,
    ),
    Patch(
        "a name of ours has nothing to expand", "        FileName = ExpandEnvironmentStrings(FileName)\n", ""
    ),
    Patch("nothing is written into a workbook", "    Dim ErrorSheet As Worksheet\n", ""),
    Patch(
        "not used", '#If App = "Microsoft Excel" Then\nFunction SheetExists(', "Public Function CreateGUID()"
    ),
    Patch(
        "words of our own for a log's name", "Public Function CreateGUID()", "Function CheckConda(", _LOG_NAME
    ),
)

_GONE = (
    "CONDA",
    ".FullName",
    "Worksheet",
    "Sheets(",
    "XLPy",
    'Lib "',
    "UDF",
    "licenseKey",
    "import_udfs",
    "directory",
)


def stock_text() -> str:
    """The module that xlwings (its BSD part) brings for add-ins of one's own."""
    spec = find_spec("xlwings")
    if spec is None or spec.origin is None:
        raise StockChanged("The package xlwings is not installed.")
    return (Path(spec.origin).parent / "xlwings_custom_addin.bas").read_text(encoding="cp1252")


def hardened(stock: str) -> str:
    """The stock module with all patches; `StockChanged` where one does not fit."""
    text = stock
    for patch in PATCHES:
        text = patch.apply(text)
    text = text.partition("Function CheckConda(")[0]
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("'"))
    left = [word for word in _GONE if word in code]
    if left:
        raise StockChanged(f"After all patches the stock module still has {', '.join(left)}.")
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE).rstrip("\n") + "\n"
