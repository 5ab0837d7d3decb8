"""Whether anything has moved since the last run: all that most runs have to find out about their sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.history.records import Glance
from sync.sources.base import Listing

MISSING = "the file is no longer there."
"""The cause of a source that is stale because it is gone."""


def moves(listings: Sequence[Listing], glances: Mapping[str, Glance]) -> bool:
    """Whether any source is another than at the last run, is gone, or waits to be accepted."""
    there = set()
    for listing in listings:
        known = glances.get(listing.key)
        if known is None or known.token != listing.token or known.allowed:
            return True
        there.add(listing.key)
    gone = (known for key, known in glances.items() if key not in there)
    return any(known.allowed or known.state in {"ok", "held"} or known.cause != MISSING for known in gone)
