"""The connections to Google, which can be cut from another thread: a stop does not wait for answers.

A thread that waits for an answer cannot be told to give up; but its connection can be shut down, and then the
wait is over at once, with an error of the line. Nothing can be connected after that.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any, cast
from weakref import WeakSet

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class Line:
    """All connections of one account, whichever sessions and threads they belong to."""

    def __init__(self) -> None:
        self._open: WeakSet[HTTPConnection] = WeakSet()
        self._turn = threading.Lock()
        self._is_cut = False

    def cut(self) -> None:
        """Ends every call under way, and lets none begin."""
        with self._turn:
            self._is_cut = True
            for connection in self._open:
                _shut(connection)

    def note(self, connection: HTTPConnection) -> None:
        """Remembers a connection that has just been made. Raises OSError when the line was cut."""
        with self._turn:
            if self._is_cut:
                raise ConnectionAbortedError("okrsync was stopped")
            self._open.add(connection)

    def take_over(self, session: Session) -> None:
        """Lets all connections of a session be made through this line."""
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Adapter(self))


def _shut(connection: HTTPConnection) -> None:
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):  # it was closed this very moment
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # past TLS: its own is not for two threads


class _Adapter(HTTPAdapter):
    def __init__(self, line: Line) -> None:
        self._pools = _pools(line)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # requests' own
        super().init_poolmanager(*args, **kwargs)
        cast("PoolManager", self.poolmanager).pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:  # noqa: ANN401  # requests' own
        manager = cast("PoolManager", super().proxy_manager_for(*args, **kwargs))
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(line: Line) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools by scheme, whose connections the line knows."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            line.note(self)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            line.note(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
