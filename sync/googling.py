"""Google as the settings have it: the connection, the sources, and one sheet from its cells to its rows.

Only loaded where the settings name something in Google: gspread and what it needs take a while to load.
"""

from __future__ import annotations

from sync.config import GoogleSource, Settings
from sync.core.errors import SourceUnreadable
from sync.google.client import Limits
from sync.google.connection import Access, Connection
from sync.google.pace import CLOCK
from sync.reading import Read, parsed
from sync.sources.base import Listing
from sync.sources.google import GoogleSheets, Wanted
from sync.workers import Outcome


def connect(settings: Settings, *, writes: bool = False, creates: bool = False) -> Connection:
    """The connection that the settings describe, with the narrowest rights for what is to be done."""
    google = settings.google
    limits = Limits(
        connect=google.connect_seconds,
        read=google.read_seconds,
        seconds=google.seconds,
        size=int(settings.limits.inflated),
        reads_per_minute=google.reads_per_minute,
        writes_per_minute=google.writes_per_minute,
    )
    writes = writes or settings.feedback.google or bool(settings.master.google) or creates
    access = Access(
        google.credentials, google.endpoint, settings.state_folder(), writes, creates, limits=limits
    )
    return Connection(access, CLOCK)


def sheets(entry: GoogleSource, settings: Settings, connection: Connection) -> GoogleSheets:
    """The sheets of one `[[sources.google]]`."""
    return GoogleSheets(
        Wanted(entry.folders, entry.shared_drives, entry.ids),
        connection,
        credentials=entry.credentials,
        number_format=entry.number_format,
        limits=settings.limits_policy(),
        exclude=master_ids(settings),
    )


def master_ids(settings: Settings) -> frozenset[str]:
    """Spreadsheets that are no team's: the master."""
    return frozenset({settings.master.google} - {""})


def read_sheet(
    source: GoogleSheets, listing: Listing, known: str, entry: GoogleSource, settings: Settings
) -> Outcome:
    """First the hash of what counts in a sheet, then what it says; nothing more when that is known already.

    Whatever goes wrong is this sheet's own problem (TRUST 15), and passes: the sheet is read again next time.
    """
    try:
        reading = source.read(listing)
        if reading.content_hash == known:
            return Outcome((known,))
        read = parsed(
            listing.name,
            reading.grid,
            number_format=listing.number_format,
            organisation_format=settings.organisation.number_format,
            mapping=entry.mapping,
        )
    except SourceUnreadable as error:
        return Outcome((Read(cause=error.cause, remedy=error.hint, passing=True),))
    except Exception as error:  # noqa: BLE001  # no sheet stops another one
        cause = f"okrsync failed on it ({type(error).__name__}: {error})."
        return Outcome((Read(cause=cause, remedy="Please report this sentence.", passing=True),))
    return Outcome((reading.content_hash, read))
