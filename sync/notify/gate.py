"""The gate for what chat posts: where it may connect to, and what became of each request (TRUST 29).

The library that knows the services makes its own requests, so they are watched where they pass: Python tells
of every connection before it is made, with the very address it goes to, and requests' sessions tell of every
answer. Both look only at what is done inside `Gate.open()`, by the threads that it hands work to as well.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from sync.notify.smtp import Outcome

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"))  # lead to an IPv4 address inside them
_SLOW_DOWN = 429


class Forbidden(OSError):
    """A connection that must not be made; nothing has gone."""


def why_not(address: str) -> str:
    """Why nothing is sent to that IP address, as the end of a sentence; "" when it is a public one."""
    at: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(at, IPv6Address):
        if any(at in network for network in _TRANSLATED):
            return f"leads to {at}, which stands for another address"
        at = at.ipv4_mapped or at
    return "" if at.is_global and not at.is_multicast else f"leads to {at}, which is no public address"


class Gate:
    """One posting: `forbidden` says why a connection was not made, `outcomes` what the requests came to."""

    def __init__(self, inside: Collection[str] = ()) -> None:
        self._inside = {host.casefold() for host in inside}
        self._host = ""
        self.forbidden = ""
        self.outcomes: list[Outcome] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """Watches what is done meanwhile in this context."""
        _watch()
        before = _here.set(self)
        try:
            yield
        finally:
            _here.reset(before)

    def outcome(self, *, taken: bool) -> Outcome:
        """What became of the message; unknown as soon as some request may have arrived."""
        if taken:
            return Outcome.SENT
        seen = {*self.outcomes}
        if seen & {Outcome.SENT, Outcome.UNKNOWN}:
            return Outcome.UNKNOWN
        if self.forbidden or Outcome.REFUSED in seen:
            return Outcome.REFUSED
        return Outcome.DEFERRED if seen else Outcome.UNKNOWN

    def request(self, url: str) -> None:
        """Looks at the address of a request. Raises Forbidden."""
        at = urlsplit(url)
        self._host = (at.hostname or "").casefold()
        if at.scheme != "https" and self._host not in LOOPBACK:
            self._forbid("is not encrypted")

    def connection(self, address: Any) -> None:  # noqa: ANN401  # whatever a socket connects to
        """Looks at where a socket is about to connect to. Raises Forbidden."""
        if self._host in self._inside or self._host in LOOPBACK:
            return
        if reason := why_not(address[0]) if isinstance(address, tuple) else "leads to no host":
            self._forbid(reason)

    def _forbid(self, reason: str) -> None:
        self.forbidden = reason
        raise Forbidden(reason)


_here: ContextVar[Gate | None] = ContextVar("gate", default=None)


def _seen(event: str, arguments: tuple[Any, ...]) -> None:
    gate = _here.get() if event == "socket.connect" else None
    if gate is not None:
        gate.connection(arguments[1])


@cache
def _watch() -> None:
    """Begins to look, once for this process: a hook of Python's can only be added."""
    import requests  # noqa: PLC0415  # for those who use chat

    send = requests.Session.send

    def watched(session: requests.Session, request: requests.PreparedRequest, **how: Any) -> Any:  # noqa: ANN401  # handed on
        gate = _here.get()
        if gate is None:
            return send(session, request, **how)
        try:
            gate.request(str(request.url))
            response = send(session, request, **how)
        except Exception as error:
            gate.outcomes.append(_failed(error))
            raise
        gate.outcomes.append(_answered(response.status_code))
        return response

    requests.Session.send = watched  # type: ignore[method-assign,assignment]  # the one place that all requests pass
    sys.addaudithook(_seen)


def _answered(status: int) -> Outcome:
    """A redirect is not followed; a server that failed may have posted the message before."""
    if status < 300:
        return Outcome.SENT
    if status == _SLOW_DOWN:
        return Outcome.DEFERRED
    return Outcome.REFUSED if status < 500 else Outcome.UNKNOWN


def _failed(error: Exception) -> Outcome:
    """Without a connection nothing has gone."""
    import requests  # noqa: PLC0415  # as above
    from urllib3.exceptions import NewConnectionError  # noqa: PLC0415  # as above

    if isinstance(error, Forbidden):
        return Outcome.REFUSED
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
        return Outcome.DEFERRED
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return Outcome.DEFERRED if isinstance(reason, NewConnectionError) else Outcome.UNKNOWN
