"""gspread's HTTP client with manners: limits in time and size, quotas, retries, and errors as sentences.

gspread's own waits without end for an answer, and its backing-off one never gives up. This one gives a
call `seconds` in all, tries again only what may pass (429, 5xx, a broken line, a cut answer) with full
jitter or when the server says so, and translates every failure (`sync.google.refusals`).
A call may therefore be made twice: whoever writes sends requests that may be applied twice.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession, Request
from gspread.http_client import HTTPClient
from requests import PreparedRequest, RequestException, Response, Session
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential
from urllib3.exceptions import HTTPError

from sync.core.errors import AccountUnusable, SourceUnreadable, Unanswered
from sync.google.breaker import Breaker
from sync.google.calls import Calls, Use, use_of
from sync.google.line import Line
from sync.google.pace import CLOCK, Bucket, Clock
from sync.google.refusals import NEXT_TIME, Passing, credential_refused, refusal

Json = dict[str, Any]

SHEETS = "https://sheets.googleapis.com"
DRIVE = "https://www.googleapis.com"
_FILES = f"{DRIVE}/drive/v3/files"
_SPREADSHEETS = f"{SHEETS}/v4/spreadsheets"
_PIECE = 1 << 16


class Limits(NamedTuple):
    """What calls may take: seconds to connect, between two bytes, in all; bytes; calls a minute; tries."""

    connect: float = 10.0
    read: float = 60.0
    seconds: float = 180.0
    size: int = 200 << 20
    reads_per_minute: int = 60
    writes_per_minute: int = 60
    tries: int = 8


class _Answer(NamedTuple):
    response: Response
    body: bytes
    parsed: Any


class Client(HTTPClient):
    """One account at Google. Threads may share it; `close` it in the end.

    `account` is what people share their sheets with, `unusable` why it can do nothing any more (its
    credential was refused; None while it works). `endpoint` replaces Google's hosts (a test server's
    address). All methods raise SourceUnreadable, or AccountUnusable when nothing else will work either.
    """

    def __init__(
        self,
        auth: Credentials,
        session: None = None,
        *,
        account: str = "this account",
        endpoint: str = "",
        limits: Limits | None = None,
        clock: Clock = CLOCK,
    ) -> None:
        super().__init__(auth, session)
        self.account = account
        self.calls = Calls()
        self._endpoint = endpoint.rstrip("/")
        self._limits = limits or Limits()
        self._clock = clock
        self._buckets = {
            Use.READ: Bucket(self._limits.reads_per_minute, clock),
            Use.WRITE: Bucket(self._limits.writes_per_minute, clock),
        }
        self._breaker = Breaker(clock)
        self._own = threading.local()
        self._sessions: list[Session] = [self.session]
        self._line = Line()
        self.unusable: AccountUnusable | None = None
        self._turn = threading.Lock()

    def close(self) -> None:
        """Ends all connections."""
        for session in self._sessions:
            session.close()

    def cut(self) -> None:
        """Ends calls under way, whatever thread waits for them, and lets none begin: okrsync is stopped."""
        self._line.cut()

    # --- what okrsync asks for ---------------------------------------------------------------------

    def spreadsheet(self, spreadsheet: str, *, fields: str, ranges: Sequence[str] = ()) -> Json:
        """What one `spreadsheets.get` says: one read, whatever the mask names."""
        params: Json = {"fields": fields} | ({"ranges": list(ranges)} if ranges else {})
        return self._json("get", f"{_SPREADSHEETS}/{spreadsheet}", params=params)

    def batch_update(  # type: ignore[override]  # gspread's takes the whole body, and names it so
        self, spreadsheet: str, requests: Sequence[Json], **options: object
    ) -> Json:
        """The replies of one atomic `spreadsheets.batchUpdate`: one write. It may be applied twice."""
        body = {"requests": list(requests), **options}
        return self._json("post", f"{_SPREADSHEETS}/{spreadsheet}:batchUpdate", json=body)

    def insert_comments(self, spreadsheet: str, requests: Sequence[Json]) -> Json:
        """The reply of one `spreadsheets.batchUpdate` that is made once: it calls people.

        Raises Unanswered when nobody knows whether it was carried out.
        """
        url = f"{_SPREADSHEETS}/{spreadsheet}:batchUpdate"
        return self._json("post", url, json={"requests": list(requests)}, tries=1)

    def read_by_metadata(self, spreadsheet: str, filters: Sequence[Json]) -> Json:
        """The values of `values.batchGetByDataFilter`: one read."""
        url = f"{_SPREADSHEETS}/{spreadsheet}/values:batchGetByDataFilter"
        return self._json("post", url, json={"dataFilters": list(filters)})

    def write_by_metadata(self, spreadsheet: str, data: Sequence[Json]) -> Json:
        """The reply of `values.batchUpdateByDataFilter`, with the written values as they stand now."""
        body = {"valueInputOption": "RAW", "data": list(data), "includeValuesInResponse": True}
        return self._json("post", f"{_SPREADSHEETS}/{spreadsheet}/values:batchUpdateByDataFilter", json=body)

    def files(self, query: str, fields: str, **more: str) -> Iterator[Json]:
        """The files of Drive that match a query, `fields` of each: one call for each thousand of them."""
        for page in self.pages(query, fields, **more):
            yield from page

    def pages(self, query: str, fields: str, **more: str) -> Iterator[list[Json]]:
        """The same, a thousand at a time.

        An answer that Drive itself calls incomplete is no list: nobody may take what it leaves out for gone.
        """
        params: Json = {
            "q": query,
            "pageSize": 1000,
            "fields": f"nextPageToken,incompleteSearch,files({fields})",
            "supportsAllDrives": "true",
            "includeItemsFromAllDrives": "true",
            **more,
        }
        while True:
            page = self._json("get", _FILES, params=params)
            if page.get("incompleteSearch"):
                raise SourceUnreadable("Drive could not search everything it has.", NEXT_TIME, passing=True)
            yield page.get("files", [])
            if not page.get("nextPageToken"):
                return
            params["pageToken"] = page["nextPageToken"]

    def file(self, file: str, fields: str) -> Json:
        """The fields of one file of Drive."""
        return self._json("get", f"{_FILES}/{file}", params={"fields": fields, "supportsAllDrives": "true"})

    def create(self, title: str, folder: str) -> str:
        """The id of a new, empty spreadsheet in a folder. Never tried twice: there might be two."""
        return self._create(title, folder, "spreadsheet")

    def create_folder(self, title: str, folder: str) -> str:
        """The id of a new folder inside a folder, as `create`."""
        return self._create(title, folder, "folder")

    def _create(self, title: str, folder: str, kind: str) -> str:
        body = {"name": title, "mimeType": f"application/vnd.google-apps.{kind}", "parents": [folder]}
        params = {"supportsAllDrives": "true", "fields": "id"}
        made = self._json("post", _FILES, params=params, json=body, tries=1)
        return str(made["id"])

    def _json(self, method: str, url: str, *, tries: int | None = None, **what: Any) -> Json:  # noqa: ANN401  # requests' own
        found = self._ask(method, url, tries=tries, **what).parsed
        if not isinstance(found, dict):
            raise Unanswered(f"Google answered with {type(found).__name__}.", NEXT_TIME, passing=True)
        return found

    # --- one call ----------------------------------------------------------------------------------

    def request(  # gspread's signature
        self,
        method: str,
        endpoint: str,
        params: Any = None,  # noqa: ANN401  # gspread's
        data: bytes | None = None,
        json: Mapping[str, Any] | None = None,
        files: Any = None,  # noqa: ANN401  # gspread's
        headers: Any = None,  # noqa: ANN401  # gspread's
    ) -> Response:
        """The answer to a call of gspread's own."""
        return self._ask(
            method, endpoint, params=params, data=data, json=json, files=files, headers=headers
        ).response

    def _ask(self, method: str, url: str, *, tries: int | None = None, **what: Any) -> _Answer:  # noqa: ANN401  # requests' own
        """The answer, after as many tries as it takes within the limits."""
        use = use_of(method, urlsplit(url).path)
        self._breaker.check()
        if self.unusable:
            raise self.unusable
        began, waited = self._clock.now(), 0.0  # the wait for a turn does not count

        def stop(state: RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome else None
            spent = self._clock.now() - began - waited + getattr(error, "after", 0.0)
            return state.attempt_number >= (tries or self._limits.tries) or spent >= self._limits.seconds

        retrying = Retrying(
            retry=retry_if_exception_type(Passing),
            wait=_pause,
            stop=stop,
            sleep=self._clock.sleep,
            reraise=True,
        )
        try:
            for attempt in retrying:
                with attempt:
                    again = attempt.retry_state.attempt_number > 1
                    waited += self._wait_for(use)
                    answer = self._try(method, url, use, again=again, **what)
        except Passing as error:
            self._breaker.failed(error.cause)
            kind = SourceUnreadable if error.undone else Unanswered
            raise kind(error.cause, NEXT_TIME, passing=True) from None
        except AccountUnusable as error:
            self.unusable = error  # the next sheet need not ask
            raise
        except SourceUnreadable:
            self._breaker.worked()  # it was an answer, if no pleasant one
            raise
        self._breaker.worked()
        return answer

    def _wait_for(self, use: Use) -> float:
        """Waits until the quota allows a call; the seconds that took."""
        began = self._clock.now()
        if use in self._buckets:
            self._buckets[use].take()
        return self._clock.now() - began

    def _try(self, method: str, url: str, use: Use, *, again: bool, **what: Any) -> _Answer:  # noqa: ANN401  # requests' own
        self.calls.count(use, again=again)
        deadline = self._clock.now() + self._limits.seconds
        try:
            with self._session().request(
                method,
                self._moved(url),
                stream=True,
                allow_redirects=False,
                timeout=(self._limits.connect, self._limits.read),
                **what,
            ) as response:
                body = self._body(response, deadline)
        except TransportError as error:
            cause = f"Google's token server could not be reached ({_short(error)})."
            raise Passing(cause, undone=True) from None
        except RefreshError as error:
            if error.retryable:
                raise Passing("Google's token server did not answer rightly.", undone=True) from None
            raise credential_refused(self.account, str(error.args[0] if error.args else error)) from None
        except GoogleAuthError as error:
            raise credential_refused(self.account, str(error)) from None
        except (RequestException, HTTPError) as error:
            raise Passing(f"the line to Google broke ({_short(error)}).") from None
        if not 200 <= response.status_code < 300:
            raise refusal(
                response.status_code,
                response.headers,
                body,
                account=self.account,
                use=use,
                now=time.time(),
            )
        response._content = body  # noqa: SLF001  # it was read piece by piece; gspread wants it whole
        return _Answer(response, body, _parsed(body))

    def _body(self, response: Response, deadline: float) -> bytes:
        """All of an answer, which may neither drip for ever nor be larger than allowed."""
        pieces: list[bytes] = []
        size = 0
        while piece := response.raw.read1(_PIECE, decode_content=True):  # what is there, however little
            pieces.append(piece)
            size += len(piece)
            if size > self._limits.size:
                raise Unanswered(
                    f"Google's answer is larger than {self._limits.size >> 20} MiB.",
                    "Move tabs that are no OKRs into another spreadsheet, or raise `[limits] inflated`.",
                )
            if self._clock.now() > deadline:
                raise Passing("Google's answer came too slowly.")
        return b"".join(pieces)

    def _session(self) -> AuthorizedSession:
        """This thread's connections."""
        if not hasattr(self._own, "session"):
            tokens = Session()
            session = AuthorizedSession(self.auth, auth_request=Request(tokens))
            session.trust_env = not self._endpoint.startswith("http://")  # no proxy stands before loopback
            for one in (tokens, session):
                self._line.take_over(one)
            with self._turn:
                self._sessions += [tokens, session]
            self._own.session = session
        found: AuthorizedSession = self._own.session
        return found

    def _moved(self, url: str) -> str:
        """The address at the endpoint that the settings name."""
        if not self._endpoint:
            return url
        for host in (SHEETS, DRIVE):
            url = url.replace(host, self._endpoint, 1) if url.startswith(host) else url
        return url


_jitter = wait_random_exponential(multiplier=1, max=32)


def _pause(state: RetryCallState) -> float:
    """Full jitter up to 1, 2, 4 … 32 seconds; at least what the server asked for."""
    error = state.outcome.exception() if state.outcome else None
    return max(_jitter(state), error.after if isinstance(error, Passing) else 0.0)


def _parsed(body: bytes) -> object:
    if not body:
        return {}
    try:
        return json.loads(body)
    except ValueError:
        raise Passing("Google's answer was cut off.") from None


def _short(error: Exception) -> str:
    """The kind of an error of the line, without its address and objects."""
    request: PreparedRequest | None = getattr(error, "request", None)
    host = f" at {urlsplit(request.url).hostname}" if request is not None and request.url else ""
    return f"{type(error).__name__}{host}"
