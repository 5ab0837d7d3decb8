"""Milestones: stages with weights, and how far along them a key result is.

`Design 20%; Build 60%; Launch 20%`: stages are split at `;` or a line break and each may end with its
weight in percent. A comma in a weight is a decimal comma: no weight has thousands.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from sync.core.model import Amount, Was, split_several

_WEIGHT = re.compile(r"[0-9]+([.,][0-9]+)?")


class Stages(NamedTuple):
    """`names` of n stages as compared (folded); `done[k]` is the progress after k stages, k = 0 … n."""

    names: tuple[str, ...]
    done: tuple[float, ...]


def parse(text: str) -> Stages | None:
    """The stages of a Milestones cell; None when weights are partly given or are not 100 % in sum (Q213).

    Without any weight all stages count alike. A blank cell has no stages.
    """
    entries = [_entry(part) for part in split_several(text)]
    weights = [weight for _, weight in entries if weight is not None]
    names = tuple(name for name, _ in entries)
    if not weights:
        return Stages(names, tuple(k / max(len(names), 1) for k in range(len(names) + 1)))
    if len(weights) < len(entries) or sum(weights) != 100:
        return None
    return Stages(names, tuple(float(sum(weights[:k], Decimal(0)) / 100) for k in range(len(names) + 1)))


def progress(stages: Stages, current: Amount) -> float | None:
    """The progress that `Current` stands for, None when it names no stage (S114).

    Text: the last stage done (its name must be that of one stage only). A percent cell: the progress
    itself. A whole plain number 0 … n: that many stages are done.
    """
    if current.was == Was.PERCENT:
        return current.value
    if current.was == Was.NUMBER and current.value is not None:
        whole = current.value.is_integer() and 0 <= current.value < len(stages.done)
        return stages.done[int(current.value)] if whole else None
    named = [at for at, name in enumerate(stages.names) if name in _spellings(current.raw)]
    if current.was in (Was.TEXT, Was.BOOL) and len(named) == 1:
        return stages.done[named[0] + 1]
    return None


def _spellings(text: str) -> set[str]:
    """The stage's name as typed, and without the weight that was copied along."""
    return {_folded(text), _entry(text)[0]}


def _entry(part: str) -> tuple[str, Decimal | None]:
    """A stage's name and weight. Taken apart from the end, so that no text takes long."""
    text = part.strip().removesuffix(")").rstrip()
    if not text.endswith("%"):
        return _folded(part), None
    body = text[:-1].rstrip()
    name = body.rstrip("0123456789.,")
    weight = body[len(name) :]
    if not _WEIGHT.fullmatch(weight):
        return _folded(part), None
    return _folded(name.rstrip(" \t\u00a0:=(–—-")), Decimal(weight.replace(",", "."))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
