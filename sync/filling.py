"""Ids for the rows of one sheet in Google that have none: shown, or written on request."""

from __future__ import annotations

from collections.abc import Iterator

from sync import googling
from sync.config import Settings
from sync.config_words import nearest
from sync.core.errors import SourceUnreadable, UsageError
from sync.core.identity import resolve
from sync.core.model import TeamSheet
from sync.core.new_ids import new_ids
from sync.core.schema import IN_GOOGLE
from sync.feedback.google_ids import fill
from sync.reading import parsed
from sync.sources.base import Listing
from sync.sources.google import GoogleSheets

NEXT_TRY = "Try again, or run `okrsync doctor`."


def fill_ids(name: str, settings: Settings, *, dry_run: bool) -> Iterator[str]:
    """A line for each id that was (or would be) written into the sheet of that name or id."""
    with googling.connect(settings, writes=True) as connection:
        entries = [(entry, googling.sheets(entry, settings, connection)) for entry in settings.sources.google]
        listed = [(entry, source, source.list()) for entry, source in entries]
        found = [(entry, source, one) for entry, source, there in listed for one in there.listings]
        entry, source, listing = next((one for one in found if name in _names(one[2])), (None, None, None))
        if entry is None or source is None or listing is None:
            failed = [there.failed for *_, there in listed if there.failed]
            if failed:
                raise SourceUnreadable(f"Nobody could tell which sheets there are: {failed[0]}", NEXT_TRY)
            near = nearest(name, [word for *_, one in found for word in _names(one)])
            raise UsageError(
                f'No sheet in Google is called "{name}"{near} In Excel the add-in\'s button fills in ids.'
            )
        reading = source.read(listing)
        read = parsed(
            listing.name,
            reading.grid,
            number_format=listing.number_format,
            organisation_format=settings.organisation.number_format,
            mapping=entry.mapping,
        )
        if read.made is None:
            raise UsageError(*(problem.message for problem in read.problems))
        yield from _filled(source, listing, resolve(read.made.sheet).sheet, dry_run=dry_run)


def _filled(source: GoogleSheets, listing: Listing, sheet: TeamSheet, *, dry_run: bool) -> Iterator[str]:
    wanted = new_ids(sheet)
    if not wanted:
        yield f"{listing.name}: every row that can have one has an id."
        return
    if dry_run:
        yield from (
            f"Would give {new.id} to “{new.text}” ({sheet.bindings[new.table].title}, row {new.row})."
            for new in wanted
        )
        return
    filled = fill(source.client(listing.key), listing.key.removeprefix(IN_GOOGLE), sheet, wanted)
    yield from (f"{new.id}: “{new.text}”" for new in filled.written)
    yield from filled.left


def _names(listing: Listing) -> tuple[str, ...]:
    return listing.name, listing.key, listing.key.removeprefix(IN_GOOGLE)
