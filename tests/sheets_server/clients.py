"""Clients pointed at the server: gspread with only its host swapped, and Google's own."""

from __future__ import annotations

from typing import Any, Self

import gspread
import requests
from google.auth.credentials import Credentials
from google.oauth2.credentials import Credentials as Bearer
from gspread.http_client import BackOffHTTPClient, HTTPClient

_GOOGLE = ("https://sheets.googleapis.com", "https://www.googleapis.com")


class Api:
    """Plain calls with a token, for tests that look at status and body."""

    def __init__(self, url: str, credentials: Bearer, timeout: float = 10) -> None:
        self._url = url
        self._timeout = timeout
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {credentials.token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def call(self, verb: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self._session.request(verb, self._url + path, json=body, params=query, timeout=self._timeout)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a successful GET."""
        return self._good(self.call("GET", path, **query))

    def post(self, path: str, body: Any, **query: Any) -> Any:
        return self._good(self.call("POST", path, body, **query))

    def put(self, path: str, body: Any, **query: Any) -> Any:
        return self._good(self.call("PUT", path, body, **query))

    def batch(self, book_id: str, *requests_: Any) -> Any:
        """The replies of a batchUpdate."""
        return self.post(f"/v4/spreadsheets/{book_id}:batchUpdate", {"requests": list(requests_)})["replies"]

    def refused(self, verb: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """Status and message of a call that is refused."""
        answer = self.call(verb, path, body, **query)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["error"]["message"]

    @staticmethod
    def _good(answer: requests.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()


def swapped(url: str, base: type[HTTPClient] = HTTPClient) -> type[HTTPClient]:
    """An HTTP client of gspread whose requests go to `url` instead of Google."""

    class Swapped(base):  # type: ignore[valid-type,misc]  # a class made for this server
        def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> Any:
            for host in _GOOGLE:
                endpoint = endpoint.replace(host, url)
            return super().request(method, endpoint, *args, **kwargs)

    return Swapped


def gspread_client(url: str, credentials: Credentials, *, back_off: bool = False) -> gspread.Client:
    """gspread as it is, at the server."""
    http_client = swapped(url, BackOffHTTPClient if back_off else HTTPClient)
    return gspread.authorize(credentials, http_client=http_client)
