"""All clients of a run: one for each credential, made when it is first needed, closed together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from sync.core.errors import AccountUnusable, SourceUnreadable
from sync.google.calls import Calls, total
from sync.google.client import Client, Limits
from sync.google.credentials import ADC, account, scopes
from sync.google.pace import CLOCK, Clock
from sync.google.refusals import NEXT_TIME


class Access(NamedTuple):
    """What the settings say about Google. `tokens`: the folder of people's consents; `writes`: feedback."""

    credentials: tuple[str, ...] = ()
    endpoint: str = ""
    tokens: Path = Path()
    writes: bool = True
    creates: bool = False
    limits: Limits = Limits()


class Connection:
    """The accounts that the settings name. Use `with`, or `close` it.

    `unusable`: credentials that could not be loaded, with the reason.
    """

    def __init__(self, access: Access, clock: Clock = CLOCK) -> None:
        self.access = access
        self._clock = clock
        self._stopped = threading.Event()
        self._clients: dict[str, Client] = {}
        self.unusable: dict[str, AccountUnusable] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def stop(self) -> None:
        """Lets calls end with an error: those that wait for an answer, for their turn, or to be repeated."""
        self._stopped.set()
        for client in list(self._clients.values()):
            client.cut()

    def _sleep(self, seconds: float) -> None:
        if self._stopped.is_set() or (self._clock is CLOCK and self._stopped.wait(seconds)):
            raise SourceUnreadable("it was not read, since okrsync was stopped.", NEXT_TIME, passing=True)
        if self._clock is not CLOCK:
            self._clock.sleep(seconds)

    def close(self) -> None:
        """Ends all connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def clients(self, credentials: Sequence[str] = ()) -> list[Client]:
        """The clients of these credentials (none: of all that are configured). Raises AccountUnusable.

        One credential that cannot be used does not stop the others; `unusable` says why it cannot.
        """
        wanted = credentials or self.access.credentials or (ADC,)
        found = [client for source in wanted if (client := self._client_or_note(source))]
        if not found:
            raise self.unusable[wanted[0]]
        return found

    def unusable_of(self, credentials: Sequence[str] = ()) -> list[AccountUnusable]:
        """Why some of these credentials (none: of all that are configured) could not be loaded."""
        wanted = credentials or self.access.credentials or (ADC,)
        return [self.unusable[source] for source in wanted if source in self.unusable]

    def calls(self) -> dict[str, int]:
        """How many calls were made, by kind."""
        return total([client.calls for client in self._clients.values()] or [Calls()])

    def _client_or_note(self, source: str) -> Client | None:
        try:
            return self._client(source)
        except AccountUnusable as error:
            self.unusable[source] = error
            return None

    def _client(self, source: str) -> Client:
        if source not in self._clients:
            access = self.access
            wanted = scopes(writes=access.writes, creates=access.creates)
            name, credentials = account(source, wanted, tokens=access.tokens, endpoint=access.endpoint)
            self._clients[source] = Client(
                credentials,
                account=name,
                endpoint=access.endpoint,
                limits=access.limits,
                clock=Clock(self._clock.now, self._sleep),
            )
        return self._clients[source]
