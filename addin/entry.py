"""What Excel calls: `from addin.entry import press; press("check_in")`.

Whatever happens ends in one plain sentence and a line in the log, never in a traceback on the screen: Excel
shows those as a wall of text. The name of a button is looked up among the commands; no text of a cell becomes
a name, a path or part of a command line.
"""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

from addin import settings
from addin.registry import COMMANDS
from addin.trouble import NOT_KNOWN, Halt, sentence

if TYPE_CHECKING:
    import xlwings as xw

    from addin.outcome import Result, Ui

TITLE = "okrsync"
_LONGEST = 1_000  # characters of a message box
_log = logging.getLogger("okrsync.addin")


def press(name: str) -> None:
    """Runs the command of a button on the workbook it was pressed in, and tells how it ended."""
    with suppress(Exception):  # a log that cannot be written is no reason to do nothing
        _open_log()
    try:
        command = _command(name)
        book = _caller()
    except Exception as error:  # noqa: BLE001  # everything ends in a sentence
        _log.exception("%s: no workbook", name if name.isidentifier() else "?")
        _show(None, _words(error))
        return
    ui = Window(book.app)
    ui.tell(_told(command, name, book, ui))


class Window:
    """The person at the keyboard, spoken to by Excel's message boxes."""

    def __init__(self, app: xw.App) -> None:
        self._app = app

    def tell(self, text: str) -> None:
        """Shows a message."""
        _show(self._app, text)

    def ask(self, question: str) -> bool:
        """Whether the person says yes."""
        return self._app.alert(_cut(question), TITLE, "yes_no", "info") == "yes"

    def now(self) -> datetime:
        """The time on the person's machine."""
        return datetime.now()  # noqa: DTZ005  # a day in a sheet has no zone

    def who(self) -> str:
        """What the machine calls the person; empty where it does not say."""
        with suppress(Exception):
            return getpass.getuser()
        return ""


def _command(name: str) -> Callable[[xw.Book, Ui], Result]:
    if name not in {command.name for command in COMMANDS}:
        raise Halt("This button belongs to another version of okrsync. Run `okrsync addin install` again.")
    from addin import commands

    found: Callable[[xw.Book, Ui], Result] = getattr(commands, name)
    return found


def _caller() -> xw.Book:
    import xlwings as xw

    return xw.Book.caller()


def _told(command: Callable[[xw.Book, Ui], Result], name: str, book: xw.Book, ui: Ui) -> str:
    try:
        result = command(book, ui)
    except Halt as halt:
        _log.info("%s: stopped: %s", name, halt)
        return str(halt)
    except KeyboardInterrupt:
        _log.info("%s: interrupted", name)
        return "Stopped."
    except (Exception, SystemExit) as error:  # noqa: BLE001  # everything ends in a sentence
        _log.exception("%s: failed", name)
        return _words(error)
    _log.info("%s: done, %s", name, "changed" if result.changed else "nothing written")
    return result.message


def _words(error: BaseException) -> str:
    """The sentence, with the log's path where only that can say more."""
    known = sentence(error)
    path = settings.log_file()
    if isinstance(error, Halt):
        return known
    return (
        f"{known}\n\nThe log is {path}."
        if known
        else f"{NOT_KNOWN} the last lines of {path} to whoever set okrsync up."
    )


def _show(app: xw.App | None, text: str) -> None:
    """Shows a message; where Excel cannot, the log has it."""
    try:
        if app is None:
            import xlwings as xw

            app = xw.apps.active
        if app is not None:
            app.alert(_cut(text), TITLE)
            return
    except Exception:  # noqa: BLE001  # the last resort is the log
        _log.exception("The message could not be shown")
    _log.info("Not shown: %s", text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _open_log() -> None:
    """Begins the log once; it is kept small by turning it over."""
    if any(isinstance(handler, RotatingFileHandler) for handler in _log.handlers):
        return
    path = settings.log_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=262_144, backupCount=2, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
