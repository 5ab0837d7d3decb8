"""LibreOffice as a process of its own, spoken to through its bridge (UNO)."""

from __future__ import annotations

import atexit
import builtins
import importlib
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.conftest import absent

BRIDGE = "/usr/lib/python3/dist-packages"  # where Debian keeps the bridge, which is in no package registry
MAC = "/Applications/LibreOffice.app/Contents/MacOS/soffice"
PATIENCE = 60  # seconds that a busy machine may take to start it


class Office:
    """A running LibreOffice with a profile and a pipe of its own, so that runs beside it do not meet."""

    def __init__(self, soffice: str, uno: Any) -> None:
        self.uno = uno
        self._folder = tempfile.TemporaryDirectory(prefix="okr-office-")
        pipe = f"name={Path(self._folder.name).name}"
        profile = (Path(self._folder.name) / "profile").as_uri()
        quiet = ["--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck"]
        self._process = subprocess.Popen(
            [soffice, f"-env:UserInstallation={profile}", *quiet, f"--accept=pipe,{pipe};urp"],
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

    def _met(self, address: str) -> Any:
        """The program's context, as soon as it listens."""
        local = self.uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return resolver.resolve(address)
            except Exception:  # the bridge's own class, known only where it is installed
                if self._process.poll() is not None or time.monotonic() > end:
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
        hidden = self.struct("beans.PropertyValue", Name="Hidden", Value=True)
        loaded = self.desktop.loadComponentFromURL(address, "_blank", 0, (hidden,))
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


@cache
def office() -> Office:
    """The LibreOffice of this process, ended with it."""
    soffice = shutil.which("soffice") or (MAC if Path(MAC).exists() else "")
    if not soffice:
        absent("soffice", "install libreoffice-calc")
    started = Office(soffice, bridge())
    atexit.register(started.close)
    return started
