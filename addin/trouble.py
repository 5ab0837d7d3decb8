"""What goes wrong, as one plain sentence: what, where, and what to do.

Halt            the command stops, nothing was written; its text is the sentence
anything else   Excel's own error; `sentence` finds the words
"""

from __future__ import annotations

_BUSY = {
    -2147418111,  # RPC_E_CALL_REJECTED
    -2147417846,  # RPC_E_SERVERCALL_RETRYLATER
    -2146777998,  # VBA_E_IGNORE: a cell is being edited
    -1712,  # AppleEvent timed out
}
BUSY = "Excel is editing a cell: press Enter, then the button again."
PROTECTED = (
    "Excel let nothing be written, because a sheet is protected. "
    "Take the protection off (Review, Unprotect Sheet), then press the button again."
)
SEVERAL = (
    "The workbook is open in more than one Excel. "
    "Close it in all of them but one, then press the button again."
)
NOT_KNOWN = (
    "That did not work, and nothing was left half done. Press the button again; if it says so again, send"
)


class Halt(Exception):
    """The command stops here; nothing was written, or it was taken back. The text is for the person."""


def sentence(error: BaseException) -> str:
    """What the person is told of an error; "" when only the log can tell more."""
    if isinstance(error, Halt):
        return str(error)
    words = _words(error)
    if _codes(error) & _BUSY:
        return BUSY
    if "protected" in words:
        return PROTECTED
    return SEVERAL if "more than one excel instance" in words else ""


def _words(error: BaseException) -> str:
    return " ".join(str(part) for part in (*error.args, getattr(error, "excepinfo", ""))).lower()


def _codes(error: BaseException) -> set[int]:
    """The numbers that COM and AppleScript give their errors, wherever they stand."""
    found = {getattr(error, name, None) for name in ("hresult", "errornumber")}
    for part in error.args:
        found |= set(part) if isinstance(part, tuple) else {part}
    return {one for one in found if isinstance(one, int)}
