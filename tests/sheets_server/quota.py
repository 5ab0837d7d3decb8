"""Google's quota: so many reads and writes a minute for each user and for the project, then 429."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from tests.sheets_server.clock import Clock
from tests.sheets_server.errors import Refusal

PROJECT = "123456789012"


@dataclass
class Quota:
    """Counts by whole minutes of the clock. A refused request does not count. None lifts a limit."""

    clock: Clock
    reads_per_user: int | None = 60
    writes_per_user: int | None = 60
    reads_per_project: int | None = 300
    writes_per_project: int | None = 300
    retry_after: int | None = None
    refused: int = 0
    _used: dict[tuple[int, str, str], int] = field(default_factory=lambda: defaultdict(int))

    def lift(self) -> None:
        """No limits any more."""
        self.reads_per_user = self.writes_per_user = self.reads_per_project = self.writes_per_project = None

    def spend(self, kind: str, email: str) -> None:
        """Counts one "read" or "write" of a user. Raises Refusal (429) when the minute's share is used up."""
        minute = int(self.clock.now() // 60)
        limits = (
            (email, self.reads_per_user if kind == "read" else self.writes_per_user),
            ("", self.reads_per_project if kind == "read" else self.writes_per_project),
        )
        for who, limit in limits:
            if limit is not None and self._used[minute, kind, who] >= limit:
                self.refused += 1
                raise exceeded(kind, limit, per_user=bool(who), retry_after=self.retry_after)
        for who, _ in limits:
            self._used[minute, kind, who] += 1
        if len(self._used) > 1000:
            self._used = defaultdict(
                int, {key: count for key, count in self._used.items() if key[0] >= minute}
            )


def exceeded(kind: str, limit: int, *, per_user: bool, retry_after: int | None = None) -> Refusal:
    """The 429 that Sheets sends."""
    word = kind.capitalize()
    whose = "PerUser" if per_user else "PerProject"
    metadata = {
        "quota_metric": f"sheets.googleapis.com/{kind}_requests",
        "quota_limit": f"{word}RequestsPerMinute{whose}",
        "quota_limit_value": str(limit),
        "quota_location": "global",
        "quota_unit": "1/min/{project}/{user}" if per_user else "1/min/{project}",
        "consumer": f"projects/{PROJECT}",
        "service": "sheets.googleapis.com",
    }
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": metadata,
    }
    link = {
        "description": "Request a higher quota limit.",
        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
    }
    help_link = {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}
    message = (
        f"Quota exceeded for quota metric '{word} requests' and limit '{word} requests per minute "
        f"per {'user' if per_user else 'project'}' of service 'sheets.googleapis.com' for consumer "
        f"'project_number:{PROJECT}'."
    )
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Refusal(429, message, details=(info, help_link), reason="rateLimitExceeded", headers=headers)
