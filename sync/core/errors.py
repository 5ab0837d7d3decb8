"""What stops an operation, named after what to do next. Everything else is a Problem, a value.

OkrsyncError
├── UsageError        stop; the command or the settings need mending (exit 2)
│   └── Busy              try again later; another run is at work on the same history
├── SourceUnreadable  skip this source, keep its last good rows; carries the cause
│   ├── AccountUnusable   skip every source of this account (credential, missing right, no answer at all)
│   └── Unanswered        as it says; and what was asked for may have been done or not
├── HistoryUnusable   stop; the database is corrupt, newer or locked, with instructions (exit 4)
│   └── HistoryAway       try again later; another process holds the database, or its server is away
├── LeaseLost         stop writing; another service works on this history now
└── PublishError      the master could not be written; history is safe (exit 4)
"""

from __future__ import annotations


class OkrsyncError(Exception):
    """Base of all; its text is a sentence for the user."""


class UsageError(OkrsyncError):
    """The command or the settings are wrong. `problems` holds every sentence, not only the first."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Busy(UsageError):
    """Another run is at work on the same history."""


class SourceUnreadable(OkrsyncError):
    """A source could not be read. `cause` completes "… could not be read: "; `hint` says how to mend it.

    `passing`: the same content may be readable next time (it was open, or the disk did not answer).
    """

    def __init__(self, cause: str, hint: str, *, passing: bool = False) -> None:
        super().__init__(f"{cause} {hint}")
        self.cause = cause
        self.hint = hint
        self.passing = passing


class AccountUnusable(SourceUnreadable):
    """An account at Google can do nothing for now; other accounts and the Excel sources go on."""


class Unanswered(SourceUnreadable):
    """A call went out and its answer never came (whole): nobody knows whether it was carried out."""


class HistoryUnusable(OkrsyncError):
    """The history database cannot be used as it is; the text says what to do."""


class HistoryAway(HistoryUnusable):
    """The history database is in use or out of reach right now; the same may succeed in a while."""


class LeaseLost(OkrsyncError):
    """Another service has taken over the lease under which this process writes; it writes nothing more."""


class PublishError(OkrsyncError):
    """The master workbook could not be written; the text says why and what happens next."""
