"""Google's own description of the two APIs, as google-api-python-client ships it.

It routes requests, names the scopes each method asks for, refuses unknown fields of a payload as Google
does, and is the oracle that every answer of this server is held to.
"""

from __future__ import annotations

import functools
import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import googleapiclient.discovery_cache  # type: ignore[import-untyped]  # it ships no types

from tests.sheets_server.errors import Json, bad_payload

_DOCUMENTS = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
_INTEGERS = {"int32": "TYPE_INT32", "int64": "TYPE_INT64", "uint32": "TYPE_UINT32"}


@dataclass(frozen=True)
class Method:
    """One method of an API: how it is reached and what it takes and gives."""

    service: str
    id: str
    verb: str
    pattern: re.Pattern[str]
    parameters: dict[str, Json]
    request: str | None
    body_name: str
    response: str | None
    scopes: frozenset[str]


@functools.cache
def document(service: str) -> Json:
    """The discovery document of "sheets" or "drive"."""
    name = {"sheets": "sheets.v4.json", "drive": "drive.v3.json"}[service]
    loaded: Json = json.loads((_DOCUMENTS / name).read_text(encoding="utf-8"))
    return loaded


@functools.cache
def methods(service: str) -> tuple[Method, ...]:
    """All methods of an API."""
    found: list[Method] = []

    def walk(part: Json) -> None:
        for one in part.get("methods", {}).values():
            path = "/" + document(service)["servicePath"] + one["path"]
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(path))
            found.append(
                Method(
                    service,
                    one["id"],
                    one["httpMethod"],
                    re.compile(rf"^(?:/upload)?{pattern}$"),
                    one.get("parameters", {}) | document(service)["parameters"],
                    one.get("request", {}).get("$ref"),
                    _body_name(one),
                    one.get("response", {}).get("$ref"),
                    frozenset(one.get("scopes", ())),
                )
            )
        for inner in part.get("resources", {}).values():
            walk(inner)

    walk(document(service))
    # `…/{id}:clear` before `…/{id}`, which would take the whole.
    return tuple(sorted(found, key=lambda method: -len(method.pattern.pattern)))


def _body_name(method: Json) -> str:
    """What Google's messages call the body: a part of the request, or the request itself."""
    return {"ValueRange": "data", "Spreadsheet": "spreadsheet"}.get(
        method.get("request", {}).get("$ref", ""), ""
    )


def find(verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
    """The method behind a path (as sent, percent-encoded) and the values in it."""
    for service in ("sheets", "drive"):
        for method in methods(service):
            found = method.pattern.match(path) if method.verb == verb else None
            if found:
                return method, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def schema(service: str, name: str) -> Json:
    found: Json = document(service)["schemas"][name]
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda found: "_" + found[1].lower(), name)


def accepted(service: str, name: str, payload: Any, at: str = "") -> Json:
    """The payload as the API takes it in: nulls left out, numbers as numbers, colours in single precision.

    Raises Refusal (400) with Google's words for a field it does not know or a value of the wrong kind.
    """
    taken = _take(service, {"$ref": name}, payload, at)
    return taken if isinstance(taken, dict) else {}


def _take(service: str, kind: Json, value: Any, at: str) -> Any:
    if "$ref" in kind:
        return _take_object(service, kind["$ref"], value, at)
    expected = kind.get("type")
    if expected == "array":
        return _take_list(service, kind, value, at)
    if expected == "object" and "additionalProperties" in kind and isinstance(value, dict):
        return {k: _take(service, kind["additionalProperties"], v, at) for k, v in value.items()}
    return value if expected in (None, "any", "object") else _take_scalar(kind, value, at)


def _take_object(service: str, name: str, value: Any, at: str) -> Json:
    described = schema(service, name)
    if not isinstance(value, dict):
        raise bad_payload(at, f"Invalid value at '{at}' ({name}), {json.dumps(value)}")
    result = {}
    for field, inner in value.items():
        known = described.get("properties", {}).get(field)
        if known is None:
            if service == "drive":  # which passes over what it does not know; gspread sends such fields
                continue
            place = f" at '{at}'" if at else ""
            message = f'Invalid JSON payload received. Unknown name "{field}"{place}: Cannot find field.'
            raise bad_payload(at, message)
        if inner is None:
            continue
        taken = _take(service, known, inner, f"{at}.{_snake(field)}" if at else _snake(field))
        if name == "Color" and taken == 0 and field != "alpha":
            continue
        result[field] = taken
    return result


def _take_list(service: str, kind: Json, value: Any, at: str) -> list[Any]:
    inner = kind["items"]
    is_values = inner.get("type") == "any" or inner.get("items", {}).get("type") == "any"
    if not isinstance(value, list):
        name = "type.googleapis.com/google.protobuf.ListValue" if is_values else "list"
        raise bad_payload(at, f"Invalid value at '{at}' ({name}), {json.dumps(value)}")
    if inner.get("type") == "any":
        return value
    where = at if is_values else None
    return [_take(service, inner, one, where or f"{at}[{n}]") for n, one in enumerate(value)]


def _take_scalar(kind: Json, value: Any, at: str) -> Any:
    expected = kind["type"]
    wrong = f"Invalid value at '{at}' "
    if expected == "integer" or kind.get("format") in _INTEGERS:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if (
            not whole
            and not (isinstance(value, float) and value.is_integer())
            and not _is_integer_text(value)
        ):
            name = _INTEGERS.get(kind.get("format", ""), "TYPE_INT32")
            raise bad_payload(at, f"{wrong}({name}), {json.dumps(value)}")
        return str(value) if expected == "string" else int(value)
    if expected == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise bad_payload(at, f"{wrong}(TYPE_DOUBLE), {json.dumps(value)}")
        return single(value) if kind.get("format") == "float" else value
    if expected == "boolean" and not isinstance(value, bool):
        raise bad_payload(at, f"{wrong}(TYPE_BOOL), {json.dumps(value)}")
    if expected == "string":
        if not isinstance(value, str):
            raise bad_payload(at, f"{wrong}(TYPE_STRING), {json.dumps(value)}")
        if "enum" in kind and value not in kind["enum"]:
            raise bad_payload(at, f"{wrong}(TYPE_ENUM), {json.dumps(value)}")
    return value


def _is_integer_text(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?\d+", value) is not None


def single(value: float) -> float:
    """A number as single precision keeps it, in its shortest spelling: what Google answers for colours."""
    near = struct.unpack("f", struct.pack("f", value))[0]
    for digits in range(1, 10):
        text = float(f"{near:.{digits}g}")
        if struct.unpack("f", struct.pack("f", text))[0] == near:
            return int(text) if text.is_integer() else text
    return float(near)


def mismatches(service: str, name: str, answer: Any) -> list[str]:
    """What in an answer contradicts the API's description: unknown fields, kinds of values, enums."""
    return list(_mismatches(service, {"$ref": name}, answer, name))


def _mismatches(service: str, kind: Json, value: Any, at: str) -> list[str]:
    if "$ref" in kind:
        described = schema(service, kind["$ref"])
        if described.get("type") != "object":
            return _mismatches(service, described, value, at)
        if not isinstance(value, dict):
            return [f"{at}: an object is expected, not {value!r}"]
        known = described.get("properties", {})
        found = [f"{at}: no field {field}" for field in value if field not in known]
        for field in value:
            if field in known:
                found += _mismatches(service, known[field], value[field], f"{at}.{field}")
        return found
    if kind.get("type") == "array":
        if not isinstance(value, list):
            return [f"{at}: a list is expected, not {value!r}"]
        return [fault for one in value for fault in _mismatches(service, kind["items"], one, f"{at}[]")]
    return _scalar_mismatches(kind, value, at)


def _scalar_mismatches(kind: Json, value: Any, at: str) -> list[str]:
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "integer": (int,),
        "number": (int, float),
        "boolean": (bool,),
    }
    expected = kinds.get(kind.get("type", ""))
    if expected is None:
        return []
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        return [f"{at}: {kind['type']} is expected, not {value!r}"]
    if "enum" in kind and value not in kind["enum"]:
        return [f"{at}: {value!r} is none of the API's words"]
    if kind.get("format") == "int64" and not _is_integer_text(value):
        return [f"{at}: {value!r} is no number as text"]
    return []


def unknown_fields(service: str, name: str, mask: dict[str, Any], at: str = "") -> str | None:
    """The first path of a field mask that the message does not have."""
    described = schema(service, name)
    for field, below in mask.items():
        if field == "*":
            continue
        path = f"{at}.{field}" if at else field
        known = described.get("properties", {}).get(field)
        if known is None:
            return path
        inner = known.get("$ref") or known.get("items", {}).get("$ref")
        if below and inner:
            deeper = unknown_fields(service, inner, below, path)
            if deeper:
                return deeper
        elif below and known.get("type") not in ("object", "any"):
            return f"{path}.{next(iter(below))}"
    return None
