"""One connection to a mail server, and what becomes of each letter on it.

The order for each message: MAIL, RCPT, then the desk is asked (the claim), then DATA. Before DATA nothing has
gone, whatever happens; an answer after it tells; no answer after it means that nobody knows (TRUST 22).
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from enum import StrEnum
from threading import Lock
from typing import NamedTuple, Protocol

from sync.notify.plain import one_line

_ANSWER = 300  # signs of a server's answer that are kept
_FINE, _GO_ON, _FORWARDS = 250, 354, 251
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


class Misses:
    """Connections that could not be made since the last letter went, on all lines together."""

    def __init__(self, most: int) -> None:
        self._most, self._count, self._lock = most, 0, Lock()

    def add(self) -> None:
        """Counts one."""
        with self._lock:
            self._count += 1

    def none(self) -> None:
        """A letter has gone: the server is there."""
        with self._lock:
            self._count = 0

    @property
    def too_many(self) -> bool:
        """Whether the server is taken to be down, so that the rest waits for another time."""
        return self._count >= self._most


class _Plain(smtplib.SMTP):
    """A connection that hands over its wire before anything is said on it."""

    def __init__(self, server: Server, keep: Callable[[socket.socket], None]) -> None:
        self._keep = keep
        super().__init__(server.host, server.port, timeout=server.seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # smtplib's own hook
        self._keep(made.dup())  # TLS takes the socket itself; this is another handle of the same connection
        return made


class _Sealed(smtplib.SMTP_SSL, _Plain):
    """The same with TLS from the first byte, which begins on the wire that was handed over."""

    def __init__(self, server: Server, keep: Callable[[socket.socket], None]) -> None:
        self._keep = keep
        smtplib.SMTP_SSL.__init__(
            self, server.host, server.port, timeout=server.seconds, context=ssl.create_default_context()
        )


class Line:
    """One connection, made when it is needed and again after it was lost."""

    def __init__(self, server: Server, misses: Misses) -> None:
        self._server, self._misses = server, misses
        self._client: smtplib.SMTP | None = None
        self._wire: socket.socket | None = None
        self._used = 0
        self._deadline = 0.0
        self._late = False

    def hand_in(self, letter: Letter, desk: Desk) -> tuple[Outcome, str]:
        """What became of one letter."""
        self._deadline, self._late = time.monotonic() + self._server.seconds, False
        try:
            return self._hand_in(letter, desk)
        finally:
            self._deadline = 0.0

    def _hand_in(self, letter: Letter, desk: Desk) -> tuple[Outcome, str]:
        try:
            client = self._connected()
            refusal = _envelope(client, letter)
        except (OSError, smtplib.SMTPException) as error:
            return self._away(letter, desk, Outcome.DEFERRED, self._why(error))
        if refusal:
            return self._away(letter, desk, *refusal)
        number = desk.claim(letter)
        if not number:
            self._start_again()
            return Outcome.ALREADY, ""
        outcome, answer = self._data(client, letter.data)
        desk.finish(number, outcome, answer)
        if outcome is Outcome.SENT:
            self._misses.none()
        return outcome, answer

    def _data(self, client: smtplib.SMTP, data: bytes) -> tuple[Outcome, str]:
        """DATA, the mail and the server's answer; a line that begins with a dot gets another one."""
        gone = False
        try:
            code, answer = client.docmd("DATA")
            if code != _GO_ON:
                self._start_again()
                return _refusal(code, answer)
            gone = True
            client.send(re.sub(rb"(?m)^\.", b"..", data) + b".\r\n")
            code, answer = client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return (Outcome.UNKNOWN if gone else Outcome.DEFERRED), self._why(error)
        return (Outcome.SENT, _said(code, answer)) if code == _FINE else _refusal(code, answer)

    def _start_again(self) -> None:
        """Forgets the envelope that stands open."""
        try:
            if self._client is not None:
                self._client.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def end_if_late(self) -> None:
        """Called from another thread: a server that goes on answering, however slowly, has had its time."""
        wire = self._wire
        if self._deadline and time.monotonic() > self._deadline and wire is not None:
            self._late = True
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    def _keep(self, wire: socket.socket) -> None:
        """Takes a connection as soon as it stands: a greeting or handshake may go on without end, too."""
        self._drop()
        self._wire = wire

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def close(self) -> None:
        """Ends the connection, without waiting for the server's good-bye."""
        if self._client is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._client.close()
            self._client = None
        self._drop()

    def _away(self, letter: Letter, desk: Desk, outcome: Outcome, answer: str) -> tuple[Outcome, str]:
        self._start_again()
        desk.turn_away(letter, outcome, answer)
        return outcome, answer

    def _connected(self) -> smtplib.SMTP:
        if self._client is not None and self._used >= _EACH:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._client.quit()
            self.close()
        if self._client is None:
            if self._misses.too_many:
                raise OSError("the server could not be reached a moment ago")
            try:
                self._client = self._connect()
            except (OSError, smtplib.SMTPException):
                self._misses.add()
                raise
            self._used = 0
        self._used += 1
        return self._client

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            client: smtplib.SMTP = _Sealed(server, self._keep)
        else:
            client = _Plain(server, self._keep)
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

    def _why(self, error: Exception) -> str:
        """The trouble in words, without what the server repeats of a password."""
        if self._late or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return f"the server did not answer within {self._server.seconds:g} seconds"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return f"{error.smtp_code} the server refused the login; see [mail] user and credential"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the server's certificate is not to be trusted: {one_line(error.verify_message, _ANSWER)}"
        if isinstance(error, smtplib.SMTPResponseException):
            return _said(error.smtp_code, error.smtp_error)
        return one_line(str(error) or type(error).__name__, _ANSWER)


def _envelope(client: smtplib.SMTP, letter: Letter) -> tuple[Outcome, str] | None:
    """MAIL and RCPT; the refusal, if there is one."""
    for command, address in ((client.mail, letter.sender), (client.rcpt, letter.address)):
        code, answer = command(address)
        if code not in {_FINE, _FORWARDS}:
            return _refusal(code, answer)
    return None


def _refusal(code: int, answer: bytes) -> tuple[Outcome, str]:
    return (Outcome.REFUSED if 500 <= code < 600 else Outcome.DEFERRED), _said(code, answer)


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return one_line(f"{code} {text}", _ANSWER)
