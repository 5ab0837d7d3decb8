"""From a request's text to an answer: routing, tokens, scopes, quota, payload checks; no sockets."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.sheets_server import discovery, drive_api, sheets_api
from tests.sheets_server.calls import Answer, Call
from tests.sheets_server.discovery import Method
from tests.sheets_server.errors import Json, Refusal, bad_payload, not_played
from tests.sheets_server.ids import Ids
from tests.sheets_server.quota import Quota
from tests.sheets_server.tokens import Token, TokenRefused, Tokens
from tests.sheets_server.world import World

HANDLERS = sheets_api.HANDLERS | drive_api.HANDLERS
PAYLOAD_LIMIT = 10 * 1024 * 1024
_IMPORT = "/upload/drive/v2/files/"


@dataclass
class Request:
    verb: str
    path: str
    query: str
    headers: dict[str, str]  # names in lower case
    body: bytes = b""


@dataclass
class App:
    """The services behind the server.

    `check`: answers are held against the discovery documents. What contradicts them is kept in `checked`, and
    so are mistakes of this server itself.
    """

    world: World
    tokens: Tokens
    quota: Quota
    check: bool = True
    checked: list[str] = field(default_factory=list)

    @staticmethod
    def of(world: World, ids: Ids, *, check: bool) -> App:
        return App(world, Tokens(world.clock, ids), Quota(world.clock), check)

    def kind(self, request: Request) -> str:
        """drive, read, write, token or other: what the call counts as."""
        if request.path == "/token":
            return "token"
        found = self.route(request)
        if found is None:
            return "other"
        method = found[0]
        if method.service == "drive":
            return "drive"
        return "read" if method.id in sheets_api.READS else "write"

    @staticmethod
    def route(request: Request) -> tuple[Method, dict[str, str]] | None:
        if request.path.startswith(_IMPORT) and request.verb == "PUT":  # gspread still uploads CSV to v2
            found = discovery.find("PATCH", "/drive/v3/files/" + request.path.removeprefix(_IMPORT))
        else:
            found = discovery.find(request.verb, request.path)
        return found

    def handle(self, request: Request) -> Answer:
        """The answer; refusals become bodies of the service asked."""
        if request.path == "/token":
            return self._token(request)
        found = self.route(request)
        if found is None:
            body = {"error": {"code": 404, "message": f"There is no {request.verb} {request.path} here."}}
            return Answer(body, 404)
        method, path = found
        try:
            answer = self._handle(request, method, path)
        except Refusal as refusal:
            return Answer(refusal.body(method.service), refusal.code, headers=refusal.headers)
        except Exception as error:  # noqa: BLE001 - a mistake of this server must reach the test that met it
            self.checked.append(traceback.format_exc())
            broken = Refusal(500, f"The test server has a mistake: {error!r}")
            return Answer(broken.body(method.service), 500)
        if self.check and method.response and isinstance(answer.body, dict):
            self.checked += discovery.mismatches(method.service, method.response, answer.body)
        return answer

    def _token(self, request: Request) -> Answer:
        try:
            return Answer(self.tokens.answer(parse_qs(request.body.decode("ascii"))))
        except TokenRefused as refused:
            return Answer(refused.body, 400)

    def _handle(self, request: Request, method: Method, path: dict[str, str]) -> Answer:
        token = self._authorised(request, method)
        if method.service == "sheets":
            kind = "read" if method.id in sheets_api.READS else "write"
            self.quota.spend(kind, token.identity.email)
        if len(request.body) > PAYLOAD_LIMIT:
            raise Refusal(400, f"Request payload size exceeds the limit: {PAYLOAD_LIMIT} bytes.")
        query = parse_qs(request.query, keep_blank_values=True)
        _check_query(method, query)
        call = Call(self.world, token.identity, method, path, query, raw=request.body)
        if request.path.startswith(_IMPORT):
            return drive_api.import_csv(call)
        if request.path.startswith("/upload/"):
            raise not_played("uploads to Drive v3")
        call.body = _body(request, method)
        handler = HANDLERS.get(method.id)
        if handler is None:
            raise not_played(f"the method {method.id}")
        return handler(call)

    def _authorised(self, request: Request, method: Method) -> Token:
        """The caller's token. Raises Refusal: 401 for none or an old one, 403 when its scopes do not do."""
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        token = self.tokens.find(text.strip()) if kind.lower() == "bearer" else None
        if token is None:
            raise _unauthenticated(missing=not text)
        if not token.scopes & method.scopes:
            raise _insufficient(method)
        return token


def _unauthenticated(*, missing: bool) -> Refusal:
    start = "Request is missing required" if missing else "Request had invalid"
    message = (
        f"{start} authentication credential{'' if missing else 's'}. "
        "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
        "See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    error = "" if missing else ', error="invalid_token"'
    header = ("WWW-Authenticate", f'Bearer realm="https://accounts.google.com/"{error}')
    return Refusal(401, message, reason="required" if missing else "authError", headers=(header,))


def _insufficient(method: Method) -> Refusal:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": f"{method.service}.googleapis.com", "method": method.id},
    }
    scopes = " ".join(sorted(method.scopes))
    value = f'Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="{scopes}"'
    return Refusal(
        403,
        "Request had insufficient authentication scopes.",
        details=(info,),
        reason="insufficientPermissions",
        headers=(("WWW-Authenticate", value),),
    )


def _check_query(method: Method, query: dict[str, list[str]]) -> None:
    """Sheets refuses parameters it does not know; Drive passes over them."""
    if method.service != "sheets":
        return
    for name, found in query.items():
        known = method.parameters.get(name)
        if known is None:
            raise bad_payload(
                "",
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                f"Field '{name}' could not be found in request message.",
            )
        if "enum" in known and found[-1] not in known["enum"]:
            raise bad_payload(name, f"Invalid value at '{name}' (TYPE_ENUM), \"{found[-1]}\"")


def _body(request: Request, method: Method) -> Json:
    if method.request is None or not request.body:
        return {}
    try:
        payload: Any = json.loads(request.body)
    except ValueError:
        raise Refusal(400, "Invalid JSON payload received. Expected a value.") from None
    return discovery.accepted(method.service, method.request, payload, method.body_name)
