"""A person's consent: asked for once, in the browser, and kept where nobody else may read it.

The browser comes back to a port of this machine, as the rules for installed apps have it (RFC 8252, with
PKCE). google-auth-oauthlib makes the addresses and fetches the token; it is not asked to wait for the
browser, since its own way takes the first request for the answer, waits for ever, and prints.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from google_auth_oauthlib.flow import InstalledAppFlow
from oauthlib.oauth2 import OAuth2Error
from requests import RequestException

from sync.core.errors import AccountUnusable, SourceUnreadable
from sync.core.problems import shorten
from sync.google.client import DRIVE, Client
from sync.google.credentials import (
    check_hosts,
    content_of,
    is_client,
    lacking,
    of_person,
    token_file,
    unfit,
)
from sync.google.private import keep

HOST = "127.0.0.1"
_TIMEOUT = 30.0  # seconds that the token server may take
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>okrsync</title>"
    "<p>Back to the terminal: it says what came of it. You may close this window."
)


class Agreed(NamedTuple):
    """What came of it: who agreed, where that is kept, to what; `trouble`: why nobody can tell who."""

    account: str
    file: Path
    rights: tuple[str, ...]
    trouble: str = ""


class Way(NamedTuple):
    """How a person is asked: `show` gets the address to open and the port it comes back to (0: any)."""

    show: Callable[[str, int], None]
    port: int = 0
    seconds: float = 600.0


def log_in(client: Path, tokens: Path, wanted: Sequence[str], *, way: Way, endpoint: str = "") -> Agreed:
    """The consent of a person to these rights, kept in `tokens`. Raises AccountUnusable."""
    content = content_of(client)
    if not is_client(content):
        raise unfit(client, "it holds no OAuth client for a desktop app")
    check_hosts(client, content, endpoint)
    kept = _kept(_token(content, client, wanted, way), content["installed"])
    if missing := lacking(wanted, kept["scopes"]):
        raise AccountUnusable(
            f"the consent does not cover {', '.join(missing)}, so it was not kept.",
            "Run the command again, and leave all boxes ticked.",
        )
    account, trouble = _account(kept, wanted, endpoint)
    file = token_file(client, tokens)
    keep(file, json.dumps(kept | ({"account": account} if account else {})))
    return Agreed(account, file, tuple(kept["scopes"]), trouble)


def _token(content: Mapping[str, Any], client: Path, wanted: Sequence[str], way: Way) -> Mapping[str, Any]:
    """What the token server gives for a person's answer."""
    flow = InstalledAppFlow.from_client_config(content, scopes=list(wanted))
    session = flow.oauth2session
    session.max_redirects = 0  # the secret goes where the file says, and nowhere else
    session.trust_env = urlsplit(content["installed"]["token_uri"]).scheme == "https"  # no proxy for loopback
    try:
        with _loopback_allowed(flow.client_config), _Receiver(way.port) as receiver:
            flow.redirect_uri = f"http://{HOST}:{receiver.port}/"
            address, state = flow.authorization_url(prompt="consent")
            way.show(address, receiver.port)
            return _exchanged(flow, receiver.code(state, way.seconds))
    except OAuth2Error as error:
        raise _refused(client, shorten(str(error.description or error.error))) from None
    except RequestException as error:
        raise _refused(client, f"{type(error).__name__} on the way to the token server") from None
    finally:
        session.close()


def _exchanged(flow: InstalledAppFlow, code: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = flow.fetch_token(code=code, timeout=_TIMEOUT)
    except Warning as changed:  # not all boxes were ticked; the library raises what it should return
        found = changed.token  # type: ignore[attr-defined]  # set by oauthlib
    return found


@contextmanager
def _loopback_allowed(client: Mapping[str, str]) -> Iterator[None]:
    """Lets oauthlib do without TLS, if it talks to a test server on this machine (see `check_hosts`)."""
    if all(urlsplit(client[name]).scheme == "https" for name in ("auth_uri", "token_uri")):
        yield
        return
    before = os.environ.get(_INSECURE)
    os.environ[_INSECURE] = "1"
    try:
        yield
    finally:
        os.environ.pop(_INSECURE)
        if before is not None:
            os.environ[_INSECURE] = before


_INSECURE = "OAUTHLIB_INSECURE_TRANSPORT"


def _kept(token: Mapping[str, Any], client: Mapping[str, Any]) -> dict[str, Any]:
    """What has to be kept for the next time: not the token itself, which is worth an hour."""
    if "refresh_token" not in token:
        raise AccountUnusable(
            "Google gave a consent for an hour only, so it was not kept.",
            "Remove okrsync under “Third-party access” in the Google account, and run the command again.",
        )
    scopes = token["scope"]
    return {
        "type": "authorized_user",
        "refresh_token": token["refresh_token"],
        "token_uri": client["token_uri"],
        "client_id": client["client_id"],
        "client_secret": client.get("client_secret", ""),
        "scopes": sorted(scopes.split() if isinstance(scopes, str) else scopes),
    }


def _account(kept: Mapping[str, Any], wanted: Sequence[str], endpoint: str) -> tuple[str, str]:
    """(the address of whoever agreed, why nobody can tell)."""
    client = Client(of_person(kept, wanted), account="the account", endpoint=endpoint)
    try:
        return address_of(client), ""
    except SourceUnreadable as error:
        return "", f"{error.cause} {error.hint}"
    finally:
        client.close()


def address_of(client: Client) -> str:
    """The e-mail address of an account, as Drive knows it: one Drive call."""
    answer = client.request("get", f"{DRIVE}/drive/v3/about", params={"fields": "user(emailAddress)"})
    return str(answer.json()["user"]["emailAddress"])


def _refused(client: Path, why: str) -> AccountUnusable:
    return AccountUnusable(
        f"Google gave no token for {client.name}: {why.rstrip('.')}.",
        "Check that the OAuth client is one for desktop apps and still exists, then run the command again.",
    )


class _Receiver(TCPServer):
    """Waits on this machine for the browser to come back; `port` is where."""

    allow_reuse_address = False  # a port that somebody else listens on is not ours

    def __init__(self, port: int) -> None:
        self.answers: list[dict[str, str]] = []
        try:
            super().__init__((HOST, port), _Answer)
            self.port: int = self.server_address[1]
        except OSError as error:
            raise AccountUnusable(
                f"port {port} of this machine cannot be used ({error.strerror}).",
                "Give another one with --port, or none.",
            ) from None

    def code(self, state: str, seconds: float) -> str:
        """The code that the browser brings; only requests that carry this state count."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.timeout = left
            self.handle_request()
            for answer in self.answers:
                if answer.get("state") == state:
                    return _code(answer)
        raise AccountUnusable(
            f"nobody agreed within {seconds / 60:.0f} minutes.", "Run the command again when you are ready."
        )


def _code(answer: Mapping[str, str]) -> str:
    if "code" in answer:
        return answer["code"]
    raise AccountUnusable(
        f"the consent was not given ({shorten(answer.get('error', 'no reason was told'))}).",
        "Run the command again and choose “Allow”; in a company, an administrator may have to allow the app.",
    )


class _Answer(BaseHTTPRequestHandler):
    timeout = 10  # a browser's spare connection, which asks nothing
    server: _Receiver

    def do_GET(self) -> None:
        """Notes what the browser brings, and says that it has arrived."""
        asked = urlsplit(self.path)
        self.server.answers.append({name: values[-1] for name, values in parse_qs(asked.query).items()})
        page = _PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Nothing: the address holds the code."""
