"""Comments made in a sheet in Google, all of a sheet's in one call that is made once.

A comment that is made twice calls its reader twice. So a call whose answer was lost is not repeated: nobody
knows whether it was carried out, and that is what is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from sync.core.comments import Comment
from sync.core.errors import AccountUnusable, SourceUnreadable, Unanswered
from sync.core.sheets_api import Json
from sync.google.client import Client


class Posting(StrEnum):
    """What became of comments, in the words of the outbox."""

    SENT = "sent"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNKNOWN = "claimed"


class Posted(NamedTuple):
    """What became of a sheet's comments, and why if they were not made."""

    state: Posting
    answer: str = ""


_SAVED = "ALL_SAVED"
_FAILED = "ALL_FAILED_UNKNOWN_REASON"


def post(client: Client, spreadsheet: str, comments: Sequence[Comment]) -> Posted:
    """Makes the comments: all of them or none."""
    try:
        reply = client.insert_comments(spreadsheet, [request(one) for one in comments])
    except Unanswered as error:
        return Posted(Posting.UNKNOWN, error.cause)
    except AccountUnusable as error:
        return Posted(Posting.DEFERRED, error.cause)
    except SourceUnreadable as error:
        return Posted(Posting.DEFERRED if error.passing else Posting.REFUSED, error.cause)
    state = reply.get("commentUpdateState", "")
    if state == _SAVED:
        return Posted(Posting.SENT)
    if state == _FAILED:
        return Posted(Posting.REFUSED, "Google saved none of them and gave no reason.")
    return Posted(Posting.UNKNOWN, "Google did not say whether it saved them.")


def request(comment: Comment) -> Json:
    """The request that makes one comment."""
    place: Json = {"sheetId": comment.gid, "rowIndex": comment.row, "columnIndex": comment.column}
    assignee: Json = {"assigneeEmailAddress": comment.assignee} if comment.assignee else {}
    return {"insertComment": {"content": comment.content, "coordinate": place, **assignee}}
