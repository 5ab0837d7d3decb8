"""Clients pointed at the server: gspread with only its host swapped, and Google's own."""

from __future__ import annotations

from typing import Any

import gspread
from google.auth.credentials import Credentials
from gspread.http_client import BackOffHTTPClient, HTTPClient

_GOOGLE = ("https://sheets.googleapis.com", "https://www.googleapis.com")


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
