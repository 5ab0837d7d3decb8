"""Access tokens: who holds which, with what scopes, until when; and the endpoint that gives them out."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.sheets_server.clock import Clock
from tests.sheets_server.errors import Json
from tests.sheets_server.ids import Ids
from tests.sheets_server.world import Identity

LIFETIME = 3599
SPREADSHEETS = "https://www.googleapis.com/auth/spreadsheets"
DRIVE = "https://www.googleapis.com/auth/drive"
CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
_key_lock = threading.Lock()
_key: list[rsa.RSAPrivateKey] = []


@dataclass
class Token:
    identity: Identity
    scopes: frozenset[str]
    until: float
    revoked: bool = False


class TokenRefused(Exception):
    """The token endpoint answers 400 with this error and description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


def private_key() -> rsa.RSAPrivateKey:
    """One key for all service accounts of a process: making one takes a tenth of a second."""
    with _key_lock:
        if not _key:
            _key.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
        return _key[0]


def private_key_text() -> str:
    return (
        private_key()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode("ascii")
    )


class Tokens:
    """All identities of a server, their refresh tokens and the access tokens given out."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._identities: dict[str, Identity] = {}
        self._refresh: dict[str, tuple[str, frozenset[str]]] = {}
        self._codes: dict[str, tuple[str, frozenset[str]]] = {}
        self._tokens: dict[str, Token] = {}
        self.refusal: str = ""  # e.g. "invalid_grant": the endpoint answers so from now on

    def service(self, email: str) -> Identity:
        return self._identities.setdefault(email, Identity(email, is_service=True))

    def user(self, email: str) -> Identity:
        return self._identities.setdefault(email, Identity(email))

    def give(self, email: str, scopes: frozenset[str] = frozenset({SPREADSHEETS, DRIVE})) -> str:
        """A token without the detour over the endpoint."""
        text = self._ids.name("ya29.")
        self._tokens[text] = Token(self._identities[email], scopes, self._clock.now() + LIFETIME)
        return text

    def refresh_token(self, email: str, scopes: frozenset[str]) -> str:
        """What an installed app keeps for a person."""
        text = self._ids.name("1//")
        self._refresh[text] = (self.user(email).email, scopes)
        return text

    def code(self, email: str, scopes: frozenset[str]) -> str:
        """The code that a consent page hands to an installed app."""
        text = self._ids.name("4/")
        self._codes[text] = (self.user(email).email, scopes)
        return text

    def find(self, text: str) -> Token | None:
        """The token while it is valid."""
        found = self._tokens.get(text)
        if found is None or found.revoked or self._clock.now() >= found.until:
            return None
        return found

    def expire_all(self) -> None:
        """No token given out so far is valid any more; new ones may be fetched."""
        for token in self._tokens.values():
            token.revoked = True

    def answer(self, form: dict[str, list[str]]) -> Json:
        """The answer of the token endpoint. Raises TokenRefused."""
        if self.refusal:
            raise TokenRefused(self.refusal, "Token has been expired or revoked.")
        grant = form.get("grant_type", [""])[-1]
        if grant == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            email, scopes = self._from_assertion(form.get("assertion", [""])[-1])
        elif grant == "refresh_token":
            email, scopes = self._kept(self._refresh, form.get("refresh_token", [""])[-1])
            narrower = frozenset(form.get("scope", [""])[-1].split())
            scopes = narrower or scopes
        elif grant == "authorization_code":
            code = form.get("code", [""])[-1]
            email, scopes = self._kept(self._codes, code)
            del self._codes[code]
        else:
            raise TokenRefused("unsupported_grant_type", f"Invalid grant_type: {grant}")
        answer: Json = {
            "access_token": self.give(email, scopes),
            "expires_in": LIFETIME,
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes)),
        }
        if grant == "authorization_code":
            answer["refresh_token"] = self.refresh_token(email, scopes)
        return answer

    @staticmethod
    def _kept(kept: dict[str, tuple[str, frozenset[str]]], text: str) -> tuple[str, frozenset[str]]:
        if text not in kept:
            raise TokenRefused("invalid_grant", "Bad Request")
        return kept[text]

    def _from_assertion(self, assertion: str) -> tuple[str, frozenset[str]]:
        head, _, signature = assertion.rpartition(".")
        try:
            claims: dict[str, Any] = json.loads(_decoded(head.partition(".")[2]))
            private_key().public_key().verify(
                _decoded(signature), head.encode("ascii"), padding.PKCS1v15(), hashes.SHA256()
            )
        except (ValueError, InvalidSignature):
            raise TokenRefused("invalid_grant", "Invalid JWT Signature.") from None
        email = claims.get("iss", "")
        if email not in self._identities:
            raise TokenRefused("invalid_grant", "Invalid grant: account not found")
        return email, frozenset(str(claims.get("scope", "")).split())


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
