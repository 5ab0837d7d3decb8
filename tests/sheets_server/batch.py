"""spreadsheets:batchUpdate: all requests in their order, or none of them."""

from __future__ import annotations

from collections.abc import Callable

from tests.sheets_server import (
    comments,
    kinds_cells,
    kinds_dimensions,
    kinds_objects,
    kinds_paste,
    kinds_sheets,
    kinds_tables,
    metadata,
)
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, Refusal, invalid, not_played

Kind = Callable[[Edit, Json], Json]

KINDS: dict[str, Kind] = {
    **kinds_sheets.KINDS,
    **kinds_cells.KINDS,
    **kinds_dimensions.KINDS,
    **kinds_objects.KINDS,
    **kinds_tables.KINDS,
    **kinds_paste.KINDS,
    **metadata.KINDS,
    **comments.KINDS,
}


def apply(edit: Edit, requests: list[Json]) -> list[Json]:
    """The replies. A refusal names its request; the caller rolls back (`Edit.atomic`)."""
    if not requests:
        raise invalid("Must specify at least one request.")
    return [_one(edit, index, request) for index, request in enumerate(requests)]


def _one(edit: Edit, index: int, request: Json) -> Json:
    if len(request) != 1:
        raise invalid(
            f"Invalid requests[{index}]: exactly one kind of request is needed, not {len(request)}."
        )
    ((name, content),) = request.items()
    kind = KINDS.get(name)
    if kind is None:
        raise not_played(f"the request {name}")
    try:
        reply = kind(edit, content)
    except Refusal as refusal:
        if refusal.code == 400:
            message = f"Invalid requests[{index}].{name}: {refusal.message}"
            raise Refusal(400, message, details=refusal.details) from None
        raise
    edit.book.changed()
    return reply
