"""What Google's answers mean, in sentences: the one door through which its errors come in.

Passing           ask again: overload, quota, a line that broke (never leaves this room)
SourceUnreadable  this spreadsheet: permission, gone, refused
Unanswered        the same, of a call that may have been carried out (a Passing that did not pass)
AccountUnusable   everything this account asks for: credential, missing right, API switched off
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from sync.core.errors import AccountUnusable, SourceUnreadable
from sync.core.problems import shorten
from sync.google.calls import Use

_OVERLOADED = frozenset({408, 500, 502, 503, 504})
_QUOTA = frozenset(
    {
        "RATE_LIMIT_EXCEEDED",
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "RESOURCE_EXHAUSTED",
        "backendError",
    }
)
_SCOPES = frozenset({"ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions", "insufficientScopes"})
_SWITCHED_OFF = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})
_OF_QUOTA = re.compile(r"(user )?rate limit exceeded|quota exceeded", re.IGNORECASE)
NEXT_TIME = "It is tried again at the next sync."
NOT_THERE = "it does not exist any more, or was never shared with"


class Passing(Exception):
    """Another try may go well. `cause` is a sentence, `after` the seconds that the server asks to wait.

    `undone`: the call was certainly not carried out.
    """

    def __init__(self, cause: str, after: float = 0.0, *, undone: bool = False) -> None:
        super().__init__(cause)
        self.cause = cause
        self.after = after
        self.undone = undone


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, account: str, use: Use, now: float
) -> Exception:
    """The error that an answer which is no success stands for. `now`: seconds since 1970."""
    error = _error(body)
    reasons = _reasons(error)
    message = shorten(str(error.get("message", "")))
    if status == 429 or (status == 403 and (reasons & _QUOTA or _OF_QUOTA.match(message))):
        return Passing("Google's quota is used up.", _after(headers, now), undone=True)
    if status in _OVERLOADED:
        return Passing(f"Google answered with an error of its own ({status}).", _after(headers, now))
    if status == 401:
        return credential_refused(account, message or "401")
    if reasons & _SWITCHED_OFF:
        return AccountUnusable(
            f"the project of {account} may not use this part of Google: {message}",
            "Switch on “Google Sheets API” and “Google Drive API” in the Cloud project of the credential.",
            passing=True,
        )
    if reasons & _SCOPES:
        return AccountUnusable(
            f"the access that {account} was given does not cover this.",
            "Run `okrsync login` again and agree to all of it; `okrsync doctor` shows what is missing.",
            passing=True,
        )
    return _of_one(status, reasons, message, account, use)


def _of_one(status: int, reasons: frozenset[str], message: str, account: str, use: Use) -> SourceUnreadable:
    """What is wrong with this very spreadsheet, folder or drive."""
    if "storageQuotaExceeded" in reasons:
        return SourceUnreadable(
            f"{account} owns no files, so it can create none there.",
            "Create an empty spreadsheet yourself, share it with the account, and give it with --into; "
            "or name a folder of a shared drive.",
        )
    if status == 403 and use is Use.WRITE:
        return SourceUnreadable(
            f"{account} may not write there ({message or 'no permission'}).",
            f"Share it with {account} as an editor.",
        )
    if status == 403:
        return SourceUnreadable(
            f"{account} may not open it.",
            f"Share it with {account}: as an editor if findings shall be written into it, else as a reader.",
            passing=True,
        )
    if status in (404, 410):
        return SourceUnreadable(
            f"{NOT_THERE} {account}.",
            f"Check its address, restore it from the bin, or share it with {account}.",
            passing=True,
        )
    return SourceUnreadable(
        f"Google refused the request ({status}: {message or 'without a reason'}).", _remedy(message, account)
    )


def _remedy(message: str, account: str) -> str:
    """How to mend what Google refuses by its words."""
    if "not supported for this document" in message:
        return "It is an Excel file in Drive: open it and choose File > Save as Google Sheets."
    if "protected" in message:
        return f"Let {account} edit the protected tab, or take the protection away."
    return "If it happens again, please report this sentence."


def credential_refused(account: str, message: str) -> AccountUnusable:
    """The error of a credential that gives no access (expired, revoked, wrong clock)."""
    return AccountUnusable(
        f"Google does not accept the credential of {account} ({shorten(message)}).",
        "Run `okrsync doctor`: it checks the key, its age and this machine's clock. `okrsync login` renews "
        "the consent of a person; a new key comes from the Cloud project.",
        passing=True,
    )


def _error(body: bytes) -> dict[str, Any]:
    """The `error` of Google's two kinds of bodies, {} where the body is something else (HTML)."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    error = found.get("error", {}) if isinstance(found, dict) else {}
    return error if isinstance(error, dict) else {"message": str(error)}


def _reasons(error: Mapping[str, Any]) -> frozenset[str]:
    """Every word with which an error says why: Sheets' status and details, Drive's reasons."""
    words = {error.get("status")}
    for part in (*_dicts(error.get("errors")), *_dicts(error.get("details"))):
        words.add(part.get("reason"))
    return frozenset(word for word in words if isinstance(word, str))


def _dicts(parts: object) -> list[dict[str, Any]]:
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _after(headers: Mapping[str, str], now: float) -> float:
    """The seconds of Retry-After, given as a number or as a date; 0 where there is none."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return 0.0
