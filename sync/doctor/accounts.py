"""The line to Google, this machine's clock, and each credential: its file, its age, its token, its rights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request

from sync.core.errors import AccountUnusable, SourceUnreadable
from sync.core.problems import sentence, shorten
from sync.doctor.check import Check, State, unreadable
from sync.google.client import DRIVE, SHEETS, Client
from sync.google.connection import Connection
from sync.google.credentials import ADC, LIST, READ, WRITE, content_of, is_client, machine_file
from sync.google.login import address_of
from sync.google.refusals import NOT_THERE

AREA = "Google"
_OLD = 90
_SKEW = 60
_TOO_FAR = 300
_WAIT = 20.0
_NOWHERE = "0" * 44  # no spreadsheet has this id; whoever has the right to read is told that it is not there


class Kind(NamedTuple):
    """What a credential is, and how a new one of its kind is had."""

    name: str
    renew: str


_ROBOT = Kind(
    "a service account's key",
    "Make a new key for the service account in the Cloud project (IAM & Admin > Service Accounts > Keys), "
    "put it in the place of the old file with `chmod 600`, run `okrsync doctor`, then delete the old key.",
)
_PERSON = Kind("a person's consent", "Run `okrsync login`.")
_MACHINE = Kind(
    "what this machine has (adc)",
    "Run `gcloud auth application-default login` with the scopes of docs/google.md, or name a key file.",
)
_OTHER = Kind("a credential file", "Get a new file from where this one came from.")


def line(endpoint: str, now: Callable[[], float]) -> Iterator[Check]:
    """Whether Google's machines answer, and what time they say it is. No credential is shown to them."""
    skew: float | None = None
    for address in [endpoint] if endpoint else [SHEETS, DRIVE]:
        host = urlsplit(address).hostname
        began = now()
        try:
            with closing(_session(endpoint)) as session:
                answer = session.get(f"{address}/", timeout=_WAIT, allow_redirects=False)
        except requests.RequestException as error:
            message = f"{host} cannot be reached ({type(error).__name__})."
            hint = (
                "Check the network, its proxy (HTTPS_PROXY) and its firewall: okrsync needs port 443 there."
            )
            yield Check(AREA, "line", State.PROBLEM, message, hint)
            continue
        yield Check(AREA, "line", State.OK, f"{host} answers.")
        skew = _skew(answer.headers.get("Date", ""), (began + now()) / 2)
    if skew is not None:
        yield _clock(skew)


def _skew(date: str, here: float) -> float | None:
    """The seconds by which this machine is ahead of an answer's date; None where it carries none."""
    try:
        there = parsedate_to_datetime(date).timestamp() + 0.5  # whole seconds, cut off
    except (TypeError, ValueError):
        return None
    return here - there


def _clock(skew: float) -> Check:
    if abs(skew) <= _SKEW:
        return Check(AREA, "clock", State.OK, "This machine's clock and Google's agree.")
    way = "ahead of" if skew > 0 else "behind"
    effect = "so keys are refused" if abs(skew) > _TOO_FAR else "and from five minutes on keys are refused"
    message = f"This machine's clock is {abs(skew):.0f} seconds {way} Google's, {effect}."
    hint = "Set it, and keep it set: on Linux `timedatectl set-ntp true`."
    return Check(AREA, "clock", State.PROBLEM, message, hint)


def account(source: str, connection: Connection, now: float) -> Iterator[Check]:
    """The checks of one credential; those of its token and rights only where it could be loaded."""
    area = _area(source)
    try:
        [client] = connection.clients([source])
    except AccountUnusable as error:
        yield unreadable(area, "credential", error)
        return
    file = machine_file() if source == ADC else Path(source)
    kind = _kind(file)
    closed = f"; nobody but its owner may read {file.name}" if file else ""
    yield Check(area, "credential", State.OK, f"{client.account}: {kind.name}{closed}.")
    if file and kind is _ROBOT:
        yield _age(area, file, now)
    token = _token(area, client, kind, connection.access.endpoint)
    yield token
    if token.state is State.OK:
        yield _right(area, "list files", LIST, client, lambda: _ask_drive(client))
        writes = connection.access.writes
        name = "read and write sheets" if writes else "read sheets"
        yield _right(area, name, WRITE if writes else READ, client, lambda: _ask_sheets(client))


def _area(source: str) -> str:
    return f"{AREA}, {source if source == ADC else Path(source).name}"


def _kind(file: Path | None) -> Kind:
    if file is None:
        return _MACHINE
    content = content_of(file)
    if is_client(content) or content.get("type") == "authorized_user":
        return _PERSON
    return _ROBOT if content.get("type") == "service_account" else _OTHER


def _age(area: str, key: Path, now: float) -> Check:
    """How long a key has been in use. Keys carry no date, so it is the file's."""
    since = key.stat().st_mtime
    days = int((now - since) // 86_400)
    message = f"In use since {datetime.fromtimestamp(since, UTC):%Y-%m-%d} by the file's date, {days} days."
    if days <= _OLD:
        return Check(area, "age of the key", State.OK, message)
    return Check(area, "age of the key", State.WARNING, message, _ROBOT.renew)


def _token(area: str, client: Client, kind: Kind, endpoint: str) -> Check:
    """Whether the token server takes the credential."""
    try:
        with closing(_session(endpoint)) as session:
            client.auth.refresh(Request(session))
    except TransportError as error:
        message = f"The token server cannot be reached ({type(error.__cause__ or error).__name__})."
        return Check(area, "token", State.PROBLEM, message, "Check the network and its proxy.")
    except GoogleAuthError as error:
        why = shorten(str(error.args[0] if error.args else error))
        message = f"The token server refuses it: {why.removesuffix('.')}."
        return Check(area, "token", State.PROBLEM, message, kind.renew)
    return Check(area, "token", State.OK, "The token server takes it.")


def _session(endpoint: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = not endpoint.startswith("http://")  # no proxy stands before loopback
    session.max_redirects = 0
    return session


def _right(area: str, name: str, scope: str, client: Client, ask: Callable[[], str]) -> Check:
    """Whether the credential may do that at all: told by a call that does nothing."""
    what = f"may {name}"
    try:
        who = ask()
    except AccountUnusable as error:
        client.unusable = None  # another right may be there
        return Check(area, what, State.PROBLEM, f"No: {error.cause} It needs {scope}.", error.hint)
    except SourceUnreadable as error:
        return Check(area, what, State.PROBLEM, f"That could not be told: {error.cause}", error.hint)
    return Check(area, what, State.OK, sentence(f"{who}yes."))


def _ask_drive(client: Client) -> str:
    return f"as {address_of(client)}, "


def _ask_sheets(client: Client) -> str:
    """Asks for a sheet that does not exist: one read."""
    try:
        client.spreadsheet(_NOWHERE, fields="spreadsheetId")
    except AccountUnusable:
        raise
    except SourceUnreadable as error:
        if not error.cause.startswith(NOT_THERE):
            raise
    return ""


def used(connection: Connection, source: str) -> Check:
    """What the doctor itself took from a credential's quota."""
    limits = connection.access.limits
    [client] = connection.clients([source])
    name = source if source == ADC else Path(source).name
    calls = client.calls.as_dict()
    message = (
        f"Asking took {calls['sheets_reads']} reads and {calls['drive']} calls to Drive. The settings allow "
        f"{limits.reads_per_minute} reads and {limits.writes_per_minute} writes a minute."
    )
    return Check("Quota", name, State.OK, message)
