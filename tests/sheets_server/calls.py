"""One request as the handlers of both APIs see it, and what they give back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.sheets_server import discovery, masks
from tests.sheets_server.discovery import Method
from tests.sheets_server.errors import Json, Refusal
from tests.sheets_server.masks import Mask
from tests.sheets_server.world import Identity, World


@dataclass
class Call:
    world: World
    identity: Identity
    method: Method
    path: dict[str, str]
    query: dict[str, list[str]]
    body: Json = field(default_factory=dict)
    raw: bytes = b""
    content_type: str = ""

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[-1]

    def flag(self, name: str) -> bool:
        return self.one(name).lower() == "true"

    @property
    def mask(self) -> Mask:
        """The tree of the `fields` parameter; {} when there is none. Raises Refusal for an unknown field."""
        text = self.one("fields") or self.one("$fields")
        if not text:
            return {}
        try:
            mask = masks.parse(text)
        except masks.BadMask:
            raise self._bad_mask(text) from None
        unknown = discovery.unknown_fields(self.method.service, self.method.response or "", mask)
        if unknown:
            raise self._bad_mask(unknown)
        return mask

    def _bad_mask(self, path: str) -> Refusal:
        if self.method.service == "drive":
            return Refusal(
                400, f"Invalid field selection {path}", reason="invalidParameter", location="fields"
            )
        description = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
        violation = {"field": path, "description": description}
        detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
        return Refusal(400, "Request contains an invalid argument.", details=(detail,))

    def options(self) -> Json:
        """The query as the options of the `values` collection."""
        options: dict[str, Any] = {name: found[-1] for name, found in self.query.items()}
        options["includeValuesInResponse"] = self.flag("includeValuesInResponse")
        return options


@dataclass
class Answer:
    """`body` is JSON, or bytes with their own type, or None for an empty 204."""

    body: Any = None
    status: int = 200
    content_type: str = "application/json; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
