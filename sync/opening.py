"""The history that is there already: for whatever looks at it without making one."""

from __future__ import annotations

from sync.config import Settings
from sync.core.errors import UsageError
from sync.history.store import Store


def existing(settings: Settings, *, fence: int | None = None) -> Store:
    """The history, open; UsageError when there is none yet. `fence`: as for `Store.open`."""
    url, folder = settings.history.url, settings.state_folder()
    if not Store.exists(url, folder):
        name = url.removeprefix("sqlite:///")
        raise UsageError(f"There is no history {name} yet; `okrsync sync` makes it.")
    return Store.open(url, folder, fence=fence)
