"""How the command line prints: data to stdout, progress and messages to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

_AS_WIDE_AS_NEEDED = 10_000  # on a pipe no column is cut or folded


def say(text: str = "") -> None:
    """Prints a message for the person who runs the command."""
    print(_printable(text), file=sys.stderr)


def out(text: str) -> None:
    """Prints what the command was asked for."""
    print(_printable(text))


def print_parts(parts: Iterable[Any]) -> None:
    """Prints tables and lines to stdout, in colour on a terminal unless NO_COLOR says otherwise."""
    from rich.console import Console

    fitted = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(highlight=False, width=None if fitted else _AS_WIDE_AS_NEEDED)
    for part in parts:
        if isinstance(part, str):
            out(part)
        else:
            console.print(part)


def _printable(text: str) -> str:
    """The text in the terminal's encoding, without control characters: no cell can steer a terminal."""
    clean = "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)
    encoding = sys.stdout.encoding or "utf-8"
    return clean.encode(encoding, "replace").decode(encoding)
