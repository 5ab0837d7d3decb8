"""Faults that a test orders: which requests they strike, and how.

server.faults.add("reset", path=r":batchUpdate$", times=2)
server.faults.add("status", code=503, every=10)
server.faults.add("before", hook=lambda call: server.person(book_id).insert_rows("OKRs", 3))
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.sheets_server.errors import Refusal
from tests.sheets_server.quota import exceeded

KINDS = {
    "delay": "waits `seconds`, then answers",
    "reset": "closes the connection with a reset before anything is done",
    "reset_in_body": "applies the request and resets the connection in the middle of the answer",
    "silent": "reads the request, does nothing and answers nothing for `seconds`",
    "html": "answers a web page with `code` (502)",
    "status": "answers Google's JSON error with `code`, and `retry_after` where given",
    "rate_limit_403": "answers 403 with the reason rateLimitExceeded, as Drive does",
    "permission_403": "answers 403 for want of permission",
    "not_found": "answers 404",
    "truncated": "applies the request; sends less than Content-Length says and closes",
    "cut_json": "applies the request; sends half of its JSON as if it were all",
    "drip": "applies the request; sends the answer in small pieces over `seconds`",
    "lost": "applies the request and closes the connection without an answer",
    "expire_tokens": "makes all tokens invalid before the request is looked at",
    "before": "calls `hook` with the seen request before it is handled",
    "after": "calls `hook` after it is handled, before the answer is sent",
}


@dataclass(frozen=True)
class Seen:
    """What a fault looks at. `kind` is drive, read, write, token or other."""

    method: str
    path: str
    spreadsheet: str
    kind: str
    identity: str = ""


@dataclass
class Fault:
    """Strikes requests that match all marks: the n-th of them, every k-th, or by chance; `times` at most."""

    name: str
    method: str = ""
    path: str = ""
    spreadsheet: str = ""
    kind: str = ""
    nth: int = 0
    every: int = 0
    probability: float = 1.0
    times: int | None = None
    seconds: float = 0.0
    code: int = 0
    retry_after: int | None = None
    hook: Callable[[Seen], object] | None = None
    seen: int = 0
    struck: int = 0

    def matches(self, seen: Seen) -> bool:
        return (
            self.method in ("", seen.method)
            and self.spreadsheet in ("", seen.spreadsheet)
            and self.kind in ("", seen.kind)
            and re.search(self.path, seen.path) is not None
        )

    def refusal(self) -> Refusal | None:
        """The error that this fault answers with, if it is one of those."""
        if self.name == "status" and self.code == 429:
            return exceeded("read", 60, per_user=True, retry_after=self.retry_after)
        if self.name == "status":
            headers = () if self.retry_after is None else (("Retry-After", str(self.retry_after)),)
            texts = {500: "Internal error encountered.", 503: "The service is currently unavailable."}
            return Refusal(
                self.code, texts.get(self.code, "An error was ordered by the test."), headers=headers
            )
        if self.name == "rate_limit_403":
            return Refusal(403, "Rate Limit Exceeded", reason="rateLimitExceeded")
        if self.name == "permission_403":
            return Refusal(403, "The caller does not have permission")
        if self.name == "not_found":
            return Refusal(404, "Requested entity was not found.")
        return None


@dataclass
class Faults:
    """The orders, tried in their order; all that match strike."""

    seed: int = 0
    orders: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - chance that a test can repeat
        self._lock = threading.Lock()

    def add(self, name: str, **marks: object) -> Fault:
        """Orders a fault; its marks are the fields of Fault."""
        if name not in KINDS:
            message = f"There is no fault {name!r}; known are {', '.join(KINDS)}."
            raise ValueError(message)
        fault = Fault(name, **marks)  # type: ignore[arg-type]  # keywords of many types, checked by the dataclass
        with self._lock:
            self.orders.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self.orders.clear()

    def striking(self, seen: Seen) -> list[Fault]:
        """The faults for this request; counts it for those it matches."""
        with self._lock:
            return [fault for fault in self.orders if fault.matches(seen) and self._strikes(fault)]

    def _strikes(self, fault: Fault) -> bool:
        fault.seen += 1
        strikes = (
            (fault.times is None or fault.struck < fault.times)
            and (not fault.nth or fault.seen == fault.nth)
            and (not fault.every or fault.seen % fault.every == 0)
            and (fault.probability >= 1 or self._random.random() < fault.probability)
        )
        fault.struck += strikes
        return strikes
