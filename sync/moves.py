"""Whether anything has moved since the last run: all that most runs have to find out about their sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sync.core.schema import IN_GOOGLE
from sync.history.records import Glance, SourceRecord
from sync.sources.base import IN_THE_BIN

if TYPE_CHECKING:
    from sync.intake import Found

MISSING = "the file is no longer there."
"""The cause of a source that is stale because it is gone."""
NOT_SHARED = "the sheet was deleted, moved out of its folder, or is no longer shared with okrsync's account."
LET_GO = frozenset({MISSING, NOT_SHARED, IN_THE_BIN})
"""Causes of a source that its people may have let go of for good."""
UNLISTED = "nobody could tell whether it is there: "


def moves(found: Found, glances: Mapping[str, Glance]) -> bool:
    """Whether any source is another than at the last run, is gone, or waits to be accepted."""
    there = set()
    for listing in found.listings:
        known = glances.get(listing.key)
        if known is None or known.token != listing.token or known.allowed or is_unlisted(known):
            return True
        there.add(listing.key)
    gone = ((key, known) for key, known in glances.items() if key not in there)
    return any(
        known.allowed
        or known.state in {"ok", "held"}
        or (known.cause != why_absent(key, found) and not out_of_sight(key, found))
        for key, known in gone
    )


def why_absent(key: str, found: Found) -> str:
    """Why a known source is not among those that were found."""
    if not key.startswith(IN_GOOGLE):
        return MISSING
    return found.gone.get(key) or (UNLISTED + found.failed if found.failed else NOT_SHARED)


def out_of_sight(key: str, found: Found) -> bool:
    """Whether nobody can tell if a source that was not found is there."""
    return why_absent(key, found).startswith(UNLISTED)


def is_unlisted(known: Glance | SourceRecord) -> bool:
    """Whether a source was only out of sight: nobody could say which sheets there are."""
    return known.state == "stale" and known.cause.startswith(UNLISTED)
