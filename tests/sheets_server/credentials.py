"""Credentials that work against the server: files as Google's console hands them out, and objects."""

from __future__ import annotations

import json
from pathlib import Path

from google.oauth2.credentials import Credentials as Bearer

from tests.sheets_server.errors import Json
from tests.sheets_server.tokens import DRIVE, SPREADSHEETS, Tokens, private_key_text

ACCOUNT = "okrsync@okrsync-test.iam.gserviceaccount.com"
PERSON = "person@example.com"


class Credentials:
    """Makes them for any e-mail address; an address with gserviceaccount.com is a service account."""

    def __init__(self, url: str, tokens: Tokens) -> None:
        self._url = url
        self._tokens = tokens

    def service_account(self, email: str = ACCOUNT) -> Json:
        """The JSON of a service account's key; its token_uri is this server."""
        self._tokens.service(email)
        return {
            "type": "service_account",
            "project_id": "okrsync-test",
            "private_key_id": "0123456789abcdef0123456789abcdef01234567",
            "private_key": private_key_text(),
            "client_email": email,
            "client_id": "100000000000000000001",
            "auth_uri": f"{self._url}/o/oauth2/auth",
            "token_uri": f"{self._url}/token",
            "universe_domain": "googleapis.com",
        }

    def service_account_file(self, path: Path, email: str = ACCOUNT) -> Path:
        """The same as a file that only its owner reads."""
        path.touch(mode=0o600)
        path.chmod(0o600)  # also where the file was there before
        path.write_text(json.dumps(self.service_account(email), indent=2), encoding="utf-8")
        return path

    def installed_app(self) -> Json:
        """The client secrets of an installed app."""
        return {
            "installed": {
                "client_id": "1.apps.googleusercontent.com",
                "project_id": "okrsync-test",
                "auth_uri": f"{self._url}/o/oauth2/auth",
                "token_uri": f"{self._url}/token",
                "client_secret": "none",
                "redirect_uris": ["http://localhost"],
            }
        }

    def authorized_user(self, email: str = PERSON, *scopes: str) -> Json:
        """What an installed app stores for a person who agreed."""
        wanted = frozenset(scopes or (SPREADSHEETS, DRIVE))
        return {
            "type": "authorized_user",
            "client_id": "1.apps.googleusercontent.com",
            "client_secret": "none",
            "refresh_token": self._tokens.refresh_token(email, wanted),
            "token_uri": f"{self._url}/token",
            "scopes": sorted(wanted),
        }

    def bearer(self, email: str = ACCOUNT, *scopes: str) -> Bearer:
        """Credentials with a token in hand, without the detour over the token endpoint."""
        is_service = email.endswith("gserviceaccount.com")
        identity = self._tokens.service(email) if is_service else self._tokens.user(email)
        wanted = frozenset(scopes or (SPREADSHEETS, DRIVE))
        return Bearer(token=self._tokens.give(identity.email, wanted))
