"""What stands between two readings of a source: which rows are known, renamed, held back.

History keeps these values; `sync.core.identity` and `sync.core.guards` make and judge them.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sync.core.model import Gone, KeyResultRow, ObjectiveRow, TeamSheet

TABLES = ("objectives", "key_results")
AnyRow = ObjectiveRow | KeyResultRow


def text_of(row: AnyRow) -> str:
    """The text that names a row to people: the objective or the key result."""
    return row.objective if isinstance(row, ObjectiveRow) else row.key_result


def is_invalid(identity: str) -> bool:
    """Whether it marks a row that cannot be told apart from another."""
    return identity.startswith("!")


def base_identity(identity: str) -> str:
    """The identity that a row claims, also when it could not have it: `!12:MKT-O1` claims `MKT-O1`."""
    return identity.partition(":")[2] if is_invalid(identity) else identity


class Known(NamedTuple):
    """A row that history knows in one unit and cycle; `id` is "" when its cell was last seen blank.

    `table` is "objectives" or "key_results", each with ids of its own.
    """

    table: str
    identity: str
    id: str
    text: str


class Rename(NamedTuple):
    """A row that kept its history under a new identity: it was given its first id."""

    table: str
    old: str
    new: str


class HeldState(NamedTuple):
    """Why a source is held back, and what was seen of it so far; NOT_HELD (all blank) when it is not.

    `kind` is "empty", "shrunk", "changed" or "swapped"; `since` the first date it was seen so; `what`
    the clause that S111 quotes; `pending` the sheet as it is now, which is not used; `renames` are the
    pending sheet's; `missing` its missing rows and the dates they were missed; `dates` those on which
    all rows were seen changed.
    """

    kind: str = ""
    since: date | None = None
    what: str = ""
    pending: TeamSheet | None = None
    renames: tuple[Rename, ...] = ()
    missing: tuple[Gone, ...] = ()
    dates: tuple[date, ...] = ()


NOT_HELD = HeldState()
