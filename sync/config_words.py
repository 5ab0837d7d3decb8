"""What is wrong with the settings, as sentences: where it stands, what stands there, what to give.

Works on any pydantic model whose fields say with `Give` what is allowed, so that a setting and the
sentence about it stand on one line of `sync.config`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from inspect import isclass
from typing import NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sync.core.problems import shorten

Place = tuple[str | int, ...]
"""The keys (and positions in lists) that lead to a setting: ("master", "excel")."""


class Give(NamedTuple):
    """What is allowed, as the words after "give"."""

    words: str


class Words(NamedTuple):
    """What the sentences need to know: the file's name, the model, variables by place, later sections."""

    name: str
    model: type[BaseModel]
    variables: Mapping[Place, str]
    later: Collection[str]

    def sentences(self, error: ValidationError) -> list[str]:
        """One sentence for each problem in the error, in its order, repeats left out."""
        return list(dict.fromkeys(self._sentence(details) for details in error.errors()))

    def _sentence(self, details: ErrorDetails) -> str:
        place = details["loc"]
        if len(place) > 1 and place[-1] == "[key]" and details["type"] != "extra_forbidden":
            place = place[:-1]  # pydantic's mark for the key of a table being wrong
        where = self._variable(place) or f"{self.name}, {where_in_file(place)}"
        if details["type"] == "extra_forbidden":
            return f"{where}: {self._unknown(place)}"
        return f"{where}: {_shown(details['input'])}{self._allowed(details, place)}"

    def _variable(self, place: Place) -> str:
        """The environment variable that gave the value at, below or above a place; "" when none did."""
        for given, variable in self.variables.items():
            if given[: len(place)] == place[: len(given)]:
                return f"environment variable {variable}"
        return ""

    def _unknown(self, place: Place) -> str:
        """Why there is no such section or key, with the nearest name."""
        dotted = ".".join(str(key) for key in place)
        if dotted in self.later:
            return f"{dotted} is not part of this release; please remove it."
        above = fields_along(self.model, place[:-1])
        section = _model_in(above[-1]) if above else self.model
        names = section.model_fields if section else {}
        near = nearest(str(place[-1]), names, otherwise=f"; known here: {', '.join(names)}.")
        return f'there is no "{place[-1]}"{near}'

    def _allowed(self, details: ErrorDetails, place: Place) -> str:
        if details["type"] == "value_error":
            return str(details["ctx"]["error"])
        fields = fields_along(self.model, place)
        words = [part.words for field in fields for part in field.metadata if isinstance(part, Give)]
        return f"give {words[-1]}." if words else "give a section with its settings on lines of their own."


def fields_along(model: type[BaseModel], place: Place) -> list[FieldInfo]:
    """The known fields along a place: the section's, then the setting's; keys inside a table have none."""
    fields: list[FieldInfo] = []
    inner: type[BaseModel] | None = model
    for key in place:
        if isinstance(key, int):
            continue
        if inner is None or key not in inner.model_fields:
            break
        fields.append(inner.model_fields[key])
        inner = _model_in(fields[-1])
    return fields


def where_in_file(place: Place) -> str:
    """A place as the file has it: `[scoring] roll_up`, `[[sources.excel]] no. 2 paths`."""
    head, rest = f"[{place[0]}]", place[1:]
    if len(place) > 3 and isinstance(place[2], int):
        head, rest = f"[[{place[0]}.{place[1]}]] no. {place[2] + 1}", place[3:]
    key = ".".join(part for part in rest if isinstance(part, str))
    return f"{head} {key}".strip()


def nearest(name: str, names: Iterable[str], *, otherwise: str = ".") -> str:
    """The end of a sentence about an unknown name: `; did you mean "…"?`, or `otherwise`."""
    near = get_close_matches(name, list(names), n=1)
    return f'; did you mean "{near[0]}"?' if near else otherwise


def _model_in(field: FieldInfo) -> type[BaseModel] | None:
    """The model that a field holds (once, or as a list of them)."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isclass(kind) and issubclass(kind, BaseModel)), None)


def _shown(value: object) -> str:
    """What stands there now, shortened, without the secrets of an address; tables are not repeated."""
    if isinstance(value, dict):
        return ""
    text = re.sub(r"://.*@", "://…@", json.dumps(value, ensure_ascii=False, default=str))
    text = re.sub(r'(?i)((?:password|secret|token)\w*=)[^&"]*', r"\1…", text)
    return f"{shorten(text)} will not do; "
