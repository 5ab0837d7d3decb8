"""The HTTP server: sockets, faults on the wire, the call log; and the surface that tests hold."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

from tests.sheets_server.app import App, Request
from tests.sheets_server.calls import Answer
from tests.sheets_server.clock import Clock
from tests.sheets_server.credentials import Credentials
from tests.sheets_server.faults import Fault, Faults, Seen
from tests.sheets_server.ids import Ids
from tests.sheets_server.log import Entry, Log
from tests.sheets_server.people import Person
from tests.sheets_server.seeds import Seeds
from tests.sheets_server.world import World

HOST = "127.0.0.1"
_PIECES = 20
_LINGER_ZERO = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # closing sends a reset, no farewell
_HTML = "<!DOCTYPE html><html><title>Error {0}</title><p><b>{0}.</b> That’s an error.</html>"


class SheetsServer:
    """Sheets, Drive and the token endpoint on one loopback port.

    `now` given: time moves only by `clock.advance`. `version_lag`: seconds until Drive lists a change.
    `check`: answers are held against Google's own description (`app.checked`).
    """

    def __init__(
        self,
        *,
        port: int = 0,
        now: float | None = None,
        version_lag: float = 0.0,
        seed: int = 4,
        check: bool = False,
    ) -> None:
        self.clock = Clock(now)
        self.ids = Ids(seed)
        self.world = World(self.clock, self.ids, version_lag=version_lag)
        self.app = App.of(self.world, self.ids, check=check)
        self.tokens = self.app.tokens
        self.quota = self.app.quota
        self.faults = Faults(seed)
        self.log = Log()
        self.stopping = threading.Event()
        self._http = _Http((HOST, port), self)
        self.url = f"http://{HOST}:{self._http.server_port}"
        self.seeds = Seeds(self.world, self.tokens)
        self.credentials = Credentials(self.url, self.tokens)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), name="sheets-server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends waiting answers, closes all connections and waits for their threads."""
        self.stopping.set()
        self._http.shutdown()
        self._http.close_connections()
        self._http.server_close()
        self._thread.join()

    def person(self, file_id: str, email: str = "") -> Person:
        """Somebody who works in the sheet while programs do: the owner unless another is named."""
        return Person(self.world, self.world.files[file_id], email)

    @contextlib.contextmanager
    def still(self) -> Iterator[World]:
        """The world while no request is handled."""
        with self.world.lock:
            yield self.world


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: SheetsServer) -> None:
        super().__init__(address, _Handler)
        self.owner = owner
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; everything else is."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing on the terminal; the server keeps a log of its own."""

    def _serve(self) -> None:
        request = self._request()
        owner = self.server.owner
        kind = owner.app.kind(request)
        seen = Seen(request.verb, request.path, _spreadsheet(request.path), kind, self._identity(request))
        answer, faults = self._decided(request, seen)
        sends = answer is not None and "lost" not in faults
        status = answer.status if answer is not None and sends else 0
        # Logged before it is sent, so that a client that has its answer finds the call in the log.
        entry = Entry(owner.clock.now(), seen.identity, seen.method, seen.path, request.query, kind, status)
        owner.log.add(entry)
        if answer is not None and sends:
            self._send(answer, faults)
        else:
            self._drop(reset="reset" in faults)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the library's names

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, parts.path, parts.query, headers, body)

    def _identity(self, request: Request) -> str:
        token = self.server.owner.tokens.find(request.headers.get("authorization", "")[7:])
        return token.identity.email if token else ""

    def _decided(self, request: Request, seen: Seen) -> tuple[Answer | None, dict[str, Fault]]:
        """The answer, None when a fault allows none, and the faults that strike."""
        owner = self.server.owner
        faults = owner.faults.striking(seen)
        by_name = {fault.name: fault for fault in faults}
        for fault in faults:
            if fault.name == "expire_tokens":
                owner.tokens.expire_all()
            if fault.name == "before" and fault.hook:
                fault.hook(seen)
            if fault.name in ("delay", "silent"):
                owner.stopping.wait(fault.seconds)
        if "reset" in by_name or "silent" in by_name:
            return None, by_name
        answer = _ordered(faults, seen) or self._handled(request)
        for fault in faults:
            if fault.name == "after" and fault.hook:
                fault.hook(seen)
        return answer, by_name

    def _handled(self, request: Request) -> Answer:
        owner = self.server.owner
        if request.verb == "GET" and request.path in _OWN_PAGES:
            return _OWN_PAGES[request.path](owner, request)
        with owner.world.lock:
            answer = owner.app.handle(request)
            if not isinstance(answer.body, bytes) and answer.body is not None:
                answer.body = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
        return answer

    def _send(self, answer: Answer, faults: dict[str, Fault]) -> None:
        body: bytes = answer.body or b""
        if "cut_json" in faults:
            body = body[: len(body) // 2]
        head = self._head(answer, len(body))
        half = body[: len(body) // 2]
        if "truncated" in faults or "reset_in_body" in faults:
            self.wfile.write(head + half)
            self.wfile.flush()
            self._drop(reset="reset_in_body" in faults)
        elif "drip" in faults:
            self.wfile.write(head)
            size = max(1, len(body) // _PIECES)
            for start in range(0, len(body), size):
                self.wfile.write(body[start : start + size])
                self.server.owner.stopping.wait(faults["drip"].seconds / _PIECES)
        else:
            self.wfile.write(head + body)

    def _head(self, answer: Answer, length: int) -> bytes:
        lines = [
            f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('',))[0]}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {length}",
            f"Date: {formatdate(self.server.owner.clock.now(), usegmt=True)}",
            *(f"{name}: {value}" for name, value in answer.headers),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _drop(self, *, reset: bool) -> None:
        """Closes the connection; with a reset instead of a farewell where told."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)


def _spreadsheet(path: str) -> str:
    parts = path.split("/")
    for index, part in enumerate(parts[:-1]):
        if part in ("spreadsheets", "files"):
            return parts[index + 1].partition(":")[0]
    return ""


def _ordered(faults: list[Fault], seen: Seen) -> Answer | None:
    """The error that a fault answers with, instead of the service."""
    for fault in faults:
        if fault.name == "html":
            code = fault.code or 502
            return Answer(_HTML.format(code).encode(), code, "text/html; charset=UTF-8")
        refusal = fault.refusal()
        if refusal is not None:
            body = json.dumps(refusal.body("drive" if seen.kind == "drive" else "sheets")).encode()
            return Answer(body, refusal.code, headers=refusal.headers)
    return None


def _about(owner: SheetsServer, _: Request) -> Answer:
    facts = {
        "what": "okrsync's test server: Sheets v4, Drive v3 and a token endpoint, all in memory",
        "endpoint": owner.url,
        "token_uri": f"{owner.url}/token",
        "files": len(owner.world.files),
        "calls": owner.log.counts(),
    }
    return Answer(json.dumps(facts).encode())


def _credentials(owner: SheetsServer, _: Request) -> Answer:
    """A service account, and a folder in a shared drive where it may create spreadsheets."""
    account = owner.credentials.service_account(owner.seeds.demo_account)
    facts = account | {"folder_id": owner.seeds.demo_folder()}
    return Answer(json.dumps(facts).encode())


def _consent(owner: SheetsServer, request: Request) -> Answer:
    """The consent page of an installed app, where everybody agrees at once."""
    asked = parse_qs(request.query)
    email = asked.get("login_hint", ["person@example.com"])[-1]
    code = owner.tokens.code(email, frozenset(asked.get("scope", [""])[-1].split()))
    back = asked.get("redirect_uri", [""])[-1]
    state = asked.get("state", [""])[-1]
    target = f"{back}?state={quote(state)}&code={quote(code)}"
    if not back.startswith(("http://localhost", "http://127.0.0.1")):
        return Answer(b"The redirect_uri of an installed app is on this computer.", 400, "text/plain")
    return Answer(b"", 302, "text/plain", (("Location", target),))


_OWN_PAGES = {
    "/": _about,
    "/.well-known/okrsync-test-credentials": _credentials,
    "/o/oauth2/auth": _consent,
}
