"""Those who ask for one workbook now: which of the configured ones they mean, and what they are told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sync import intake
from sync.config import Settings
from sync.errand import Answer
from sync.spool import Request, Spool, matching, refusal


class Wish(NamedTuple):
    """A request for a workbook that the settings name, with the key of that workbook."""

    request: Request
    key: str


def wishes(spool: Spool, settings: Settings, now: datetime) -> tuple[Wish, ...]:
    """What can be granted; everybody else has an answer already."""
    requests = spool.requests(now)
    if not requests:
        return ()
    keys = _keys(settings)
    found = [Wish(request, keys.get(matching(request, keys), "")) for request in requests]
    for wish in found:
        if not wish.key:
            spool.answer(wish.request.name, refusal())
    return tuple(wish for wish in found if wish.key)


def _keys(settings: Settings) -> dict[str, str]:
    """The key of each workbook in the folders, by its path, and by the one with all links resolved."""
    listings = intake.list_all(intake.configured(settings, None), settings).listings
    keys = {listing.key: listing.key for listing in listings}
    return {os.path.realpath(key): key for key in keys} | keys


def grant(spool: Spool, granted: Sequence[Wish], answer: Answer) -> None:
    """Tells everybody what the run has found in their workbook."""
    books = answer.more.get("books", {})
    for wish in granted:
        book = books.get(wish.key)
        told = {"state": "done" if book else "failed", "code": answer.code, "message": answer.said}
        spool.answer(wish.request.name, told | {"run_id": answer.more.get("run_id"), "book": book})


def who(granted: Sequence[Wish]) -> str:
    """Those who asked, as they call themselves."""
    return ", ".join(sorted({wish.request.by for wish in granted} - {""})) or "somebody"
