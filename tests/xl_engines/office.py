"""LibreOffice as a process of its own, spoken to through its bridge (UNO).

Its user is made up: a folder in which nothing of the real one is, and where macros may run, since all
workbooks that it opens are made by tests. What the macros ask of the system is in its environment:

    USERPROFILE   a user on Windows, whose files are user\\NAME: here one file name with backslashes in it
    OKR_HOME      a user's folder on a Mac
    OKR_CAPTURE   the file into which macros write what they would start (`tests.macro_office`)
"""

from __future__ import annotations

import atexit
import builtins
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.conftest import absent

BRIDGE = "/usr/lib/python3/dist-packages"  # where Debian keeps the bridge, which is in no package registry
MAC = "/Applications/LibreOffice.app/Contents/MacOS/soffice"
PATIENCE = 60  # seconds that a busy machine may take to start it
MACROS_RUN = 4  # com.sun.star.document.MacroExecMode: always, without a word
_SECURITY = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


class Office:
    """A running LibreOffice with a profile and a pipe of its own, so that runs beside it do not meet."""

    def __init__(self, soffice: str, uno: Any) -> None:
        self.uno = uno
        self._folder = tempfile.TemporaryDirectory(prefix="okr-office-")
        self.folder = Path(self._folder.name)
        self.said = self.folder / "said.txt"
        pipe = f"name={self.folder.name}"
        profile = self.folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_SECURITY, encoding="utf-8")
        quiet = ["--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck"]
        self._process = subprocess.Popen(
            [soffice, f"-env:UserInstallation={profile.as_uri()}", *quiet, f"--accept=pipe,{pipe};urp"],
            env={**os.environ, **self._environment()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            context = self._met(f"uno:pipe,{pipe};urp;StarOffice.ComponentContext")
            service = "com.sun.star.frame.Desktop"
            self.desktop = context.ServiceManager.createInstanceWithContext(service, context)
        except BaseException:
            self.close()
            raise

    def _environment(self) -> dict[str, str]:
        return {
            "USERPROFILE": str(self.folder / "user"),
            "OKR_HOME": str(self.folder / "mac"),
            "OKR_CAPTURE": str(self.said),
            "SystemRoot": r"C:\Windows",
            "Temp": r"C:\Temp",
        }

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def _met(self, address: str) -> Any:
        """The program's context, as soon as it listens."""
        local = self.uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return resolver.resolve(address)
            except Exception:  # the bridge's own class, known only where it is installed
                if not self.alive or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def struct(self, name: str, **fields: Any) -> Any:
        """A value of one of the program's types, such as beans.PropertyValue."""
        made = self.uno.createUnoStruct(f"com.sun.star.{name}")
        for field, value in fields.items():
            setattr(made, field, value)
        return made

    def load(self, address: str) -> Any:
        """A document, without a window: with one, a book with macros brings LibreOffice 7.4 down."""
        asked = {"Hidden": True, "MacroExecutionMode": MACROS_RUN}
        options = tuple(self.struct("beans.PropertyValue", Name=n, Value=v) for n, v in asked.items())
        loaded = self.desktop.loadComponentFromURL(address, "_blank", 0, options)
        assert loaded is not None, f"LibreOffice cannot open {address}"
        return loaded

    def store(self, document: Any, path: Path) -> None:
        """Writes the document as a workbook of Excel."""
        name = "Calc MS Excel 2007 VBA XML" if path.suffix == ".xlsm" else "Calc MS Excel 2007 XML"
        kind = self.struct("beans.PropertyValue", Name="FilterName", Value=name)
        document.storeToURL(path.resolve().as_uri(), (kind,))

    def close(self) -> None:
        """Ends the process and removes its profile."""
        with suppress(Exception):  # it may have gone already, which the bridge says in its own class
            self.desktop.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def bridge() -> Any:
    """The module uno; skips the test where there is none for this Python."""
    importing, path = builtins.__import__, list(sys.path)
    sys.path.append(BRIDGE)
    try:
        return importlib.import_module("uno")
    except ImportError:
        if Path(BRIDGE, "uno.py").exists():  # compiled for the system's own version of Python
            import pytest

            pytest.skip("LibreOffice's bridge is for another version of Python")
        absent("LibreOffice's Python bridge", "install python3-uno")
    finally:
        sys.path[:] = path
        builtins.__import__ = importing  # uno puts its own there, which nothing here needs


_running: list[Office] = []


def office() -> Office:
    """The LibreOffice of this process, ended with it; a new one where a test brought it down."""
    if not (_running and _running[-1].alive):
        soffice = shutil.which("soffice") or (MAC if Path(MAC).exists() else "")
        if not soffice:
            absent("soffice", "install libreoffice-calc")
        _running.append(Office(soffice, bridge()))
        atexit.register(_running[-1].close)
    return _running[-1]
