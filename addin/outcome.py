"""What a command is given beside the workbook, and what it hands back."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol


class Ui(Protocol):
    """The person at the keyboard."""

    def tell(self, text: str) -> None:
        """Shows a message that needs no answer."""

    def ask(self, question: str) -> bool:
        """Whether the person says yes."""

    def now(self) -> datetime:
        """The time on the person's machine, read once per command, without a zone."""

    def who(self) -> str:
        """What the machine calls the person; empty where it does not say."""


class Result(NamedTuple):
    """How a command ended."""

    message: str
    """What the person is told: sentences."""
    changed: bool = False
    """Whether a cell of the workbook was written."""
