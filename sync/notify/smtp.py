"""Messages to a mail server, several at a time; what becomes of each is told to a Desk.

The order for each message: MAIL, RCPT, then the desk is asked (the claim), then DATA. Before DATA nothing has
gone, whatever happens; an answer after it tells; no answer after it means that nobody knows (TRUST 22). A
message that takes longer than its time loses its connection and delays no other (TRUST 17).
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import NamedTuple, Protocol

from sync.notify.plain import one_line

_ANSWER = 300  # signs of a server's answer that are kept
_LOST = 2  # connections in a row that could not be made: then the server is down, and the rest waits
_EACH = 100  # messages over one connection; some servers end it then


class Outcome(StrEnum):
    """What became of a message. DEFERRED: it certainly did not go. UNKNOWN: nobody can tell."""

    SENT = "sent"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNKNOWN = "claimed"
    ALREADY = "already"


class Server(NamedTuple):
    """Where mail is handed in, and how long anything may take."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""
    seconds: float = 30.0


class Letter(NamedTuple):
    """A mail with its envelope: `data` has CRLF lines, `key` and `message_id` are its names."""

    key: tuple[str, str, str]
    message_id: str
    subject: str
    sender: str
    address: str
    data: bytes


class Desk(Protocol):
    """Who remembers what was sent; called from several threads."""

    def claim(self, letter: Letter) -> int:
        """A number under which the letter is now ours to send; 0 when somebody else has it."""

    def finish(self, number: int, outcome: Outcome, answer: str) -> None:
        """Takes the result of a claimed letter."""

    def turn_away(self, letter: Letter, outcome: Outcome, answer: str) -> None:
        """Takes the result of a letter that was never claimed."""


@dataclass
class Delivery:
    """What became of all letters: how many of each outcome, and the answers of those that did not go."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    answers: list[tuple[str, Outcome, str]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, letter: Letter, outcome: Outcome, answer: str) -> None:
        """Counts one letter."""
        with self._lock:
            self.counts[outcome] += 1
            if outcome not in {Outcome.SENT, Outcome.ALREADY}:
                self.answers.append((letter.address, outcome, answer))


def deliver(letters: Iterable[Letter], server: Server, desk: Desk, *, connections: int) -> Delivery:
    """Hands every letter in; made one by one as there is room, so that memory stays as it is.

    What the desk raises (the database cannot be written) ends everything, before another letter goes.
    """
    done, failures, down = Delivery(), [], Event()
    waiting: Queue[Letter | None] = Queue(connections * 2)

    def work() -> None:
        line = _Line(server, down)
        try:
            while (letter := waiting.get()) is not None:
                outcome, answer = line.hand_in(letter, desk)
                done.add(letter, outcome, answer)
        except Exception as error:  # noqa: BLE001  # raised again by the caller's thread
            failures.append(error)
        finally:
            line.close()

    threads = [Thread(target=work, name=f"mail-{at}", daemon=True) for at in range(connections)]
    for thread in threads:
        thread.start()
    try:
        for letter in letters:
            if failures or not _put(waiting, letter, failures):
                break
    finally:
        if failures:
            _empty(waiting)
        for _ in threads:
            waiting.put(None)
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    return done


def _put(waiting: Queue[Letter | None], letter: Letter, failures: list[Exception]) -> bool:
    while not failures:
        with contextlib.suppress(Full):
            waiting.put(letter, timeout=0.2)
            return True
    return False


def _empty(waiting: Queue[Letter | None]) -> None:
    with contextlib.suppress(Empty):
        while True:
            waiting.get_nowait()


class _Line:
    """One connection, made when it is needed and again after it was lost."""

    def __init__(self, server: Server, down: Event) -> None:
        self._server, self._down = server, down
        self._client: smtplib.SMTP | None = None
        self._lost = self._used = 0

    def hand_in(self, letter: Letter, desk: Desk) -> tuple[Outcome, str]:
        """What became of one letter."""
        with _Watch(self._server.seconds) as watch:
            try:
                client = self._connected(watch)
                refusal = self._envelope(client, letter)
            except (OSError, smtplib.SMTPException) as error:
                return self._away(letter, desk, Outcome.DEFERRED, _why(error, watch))
            if refusal:
                return self._away(letter, desk, *refusal)
            number = desk.claim(letter)
            if not number:
                self.close()  # the envelope stands open; a new connection is rare enough
                return Outcome.ALREADY, ""
            try:
                outcome, answer = _data(client, letter.data)
            except (OSError, smtplib.SMTPException) as error:
                self.close()
                outcome, answer = Outcome.UNKNOWN, _why(error, watch)
            desk.finish(number, outcome, answer)
            return outcome, answer

    def close(self) -> None:
        """Ends the connection, without waiting for the server's good-bye."""
        if self._client is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._client.close()
            self._client = None

    def _away(self, letter: Letter, desk: Desk, outcome: Outcome, answer: str) -> tuple[Outcome, str]:
        self.close()
        desk.turn_away(letter, outcome, answer)
        return outcome, answer

    def _connected(self, watch: _Watch) -> smtplib.SMTP:
        if self._client is not None and self._used >= _EACH:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._client.quit()
            self.close()
        if self._client is None:
            if self._down.is_set():
                raise OSError("the server could not be reached a moment ago")
            try:
                self._client = self._connect()
            except (OSError, smtplib.SMTPException):
                self._lost += 1
                if self._lost >= _LOST:
                    self._down.set()
                raise
            self._lost = self._used = 0
        self._used += 1
        watch.over(self._client.sock)
        return self._client

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.seconds, context=ssl.create_default_context()
            )
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=server.seconds)
        try:
            if server.security == "starttls":
                client.starttls(context=ssl.create_default_context())
            if server.user:
                client.login(server.user, server.password)
            client.ehlo_or_helo_if_needed()
        except BaseException:
            client.close()
            raise
        return client

    def _envelope(self, client: smtplib.SMTP, letter: Letter) -> tuple[Outcome, str] | None:
        """MAIL and RCPT; the refusal, if there is one."""
        for code, answer in (client.mail(letter.sender), client.rcpt(letter.address)):
            if code not in {250, 251}:
                return _refusal(code, answer)
        return None


def _data(client: smtplib.SMTP, data: bytes) -> tuple[Outcome, str]:
    """DATA, the mail and the server's answer; a line that begins with a dot gets another one."""
    code, answer = client.docmd("DATA")
    if code != 354:
        return _refusal(code, answer)
    client.send(re.sub(rb"(?m)^\.", b"..", data) + b".\r\n")
    code, answer = client.getreply()
    return (Outcome.SENT, _said(code, answer)) if code == 250 else _refusal(code, answer)


def _refusal(code: int, answer: bytes) -> tuple[Outcome, str]:
    return (Outcome.REFUSED if 500 <= code < 600 else Outcome.DEFERRED), _said(code, answer)


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return one_line(f"{code} {text}", _ANSWER)


def _why(error: Exception, watch: _Watch) -> str:
    """The trouble in words, without what the server repeats of a password."""
    if watch.over_time:
        return f"the server did not answer within {watch.seconds:g} seconds"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{error.smtp_code} the server refused the login; see [mail] user and credential"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not to be trusted: {one_line(error.verify_message, _ANSWER)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    return one_line(str(error) or type(error).__name__, _ANSWER)


class _Watch:
    """Ends the connection of a message that takes too long, however slowly the server goes on answering."""

    _lock = Lock()
    _watched: set[_Watch] = set()
    _thread: Thread | None = None

    def __init__(self, seconds: float) -> None:
        self.seconds, self._end = seconds, time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self.over_time = False

    def over(self, socket_: socket.socket | None) -> None:
        """Watches that connection from now on."""
        self._socket, self._end = socket_, time.monotonic() + self.seconds

    def __enter__(self) -> _Watch:
        with _Watch._lock:
            _Watch._watched.add(self)
            if _Watch._thread is None:
                _Watch._thread = Thread(target=_Watch._look, name="mail-watch", daemon=True)
                _Watch._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with _Watch._lock:
            _Watch._watched.discard(self)

    @staticmethod
    def _look() -> None:
        while True:
            time.sleep(0.1)
            with _Watch._lock:
                if not _Watch._watched:
                    _Watch._thread = None
                    return
                late = [one for one in _Watch._watched if time.monotonic() > one._end]
            for one in late:
                one.over_time = True
                if one._socket is not None:
                    with contextlib.suppress(OSError):
                        one._socket.shutdown(socket.SHUT_RDWR)
