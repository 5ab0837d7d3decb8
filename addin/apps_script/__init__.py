"""The menu in Google Sheets: an Apps Script that is attached to a team's sheet by hand.

Its rooms are plain JavaScript, each file one object with pure functions; only `shell.js` knows Google. The
names of columns, the choices, the words of the rules and the thresholds come from Python, in `generated.js`:
`python -m addin.apps_script` writes it anew. In the order of ROOMS they make one script, which
`okrsync addin build` puts into a folder as three files to paste.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

from addin.registry import COMMANDS
from sync.core import (
    checks,  # noqa: F401  # its import fills RULES
    dates,
    headers,
    policy,
    schema,
)
from sync.core.cells import _NO, _YES, LONGEST_TEXT, Words
from sync.core.measures import MEASURES, Unscored
from sync.core.problems import RULES
from sync.core.scoring import HIGH, LOW
from sync.core.tables import _SUMMING, _WORDS

ROOMS = (
    "generated", "text", "numerals", "dates", "cells", "headers", "tables", "book", "scoring", "checks",
    "check_in", "agenda", "commands", "shell",
)  # fmt: skip
CHECKED = (
    "Q201", "Q202", "Q203", "Q207", "Q208", "Q209", "Q211", "Q212", "Q213", "S101", "S102", "S103", "S104",
    "S105", "S106", "S107", "S109", "S113", "S114", "S116", "S118", "S119", "S120",
)  # fmt: skip
HERE = Path(__file__).parent
GENERATED = HERE / "generated.js"
# What a button does here where that differs from Excel.
_TIPS = {
    "validate": "Checks this sheet by those rules that need no other sheet, and lists what is wrong.",
    "help": "Says what the commands do and what this script writes.",
}
_TYPES = {schema.Type.OWNED: "owned"}


def generated() -> str:
    """The text of `generated.js`."""
    return (
        "// Made by `python -m addin.apps_script`: change the Python that it comes from, not this file.\n"
        f"const OKR = {_written(_facts())};\n"
    )


def _written(value: Any, indent: str = "") -> str:  # noqa: ANN401  # whatever JSON can say
    """JSON that breaks a line only where it would be long, so that a change is a line in a diff."""
    plain = json.dumps(value, ensure_ascii=False)
    if len(plain) + len(indent) <= 110 or not isinstance(value, dict | list | tuple):
        return plain
    inner = indent + " "
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {_written(one, inner)}" for key, one in value.items()
        ]
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _written(one, inner) for one in value) + f"\n{indent}]"


def script() -> str:
    """All rooms as one script, to paste into one file."""
    return "\n".join((HERE / f"{room}.js").read_text(encoding="utf-8") for room in ROOMS)


def write_bundle(folder: Path) -> list[Path]:
    """The three files to paste into Google's editor, written into a folder that is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"Code.gs": script()} | {
        name: (HERE / name).read_text(encoding="utf-8") for name in ("Sidebar.html", "appsscript.json")
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]


def _facts() -> dict[str, Any]:
    scoring, limits = policy.Scoring(), policy.Checks()
    return {
        "menu": [
            {"name": one.name, "label": one.label, "tip": _TIPS.get(one.name, one.tip)}
            for one in COMMANDS
            if one.in_google
        ],
        "tabs": [_tab(tab) for tab in schema.TEAM_TABS],
        "ours": sorted((*schema.OWNED_TABS, schema.Tab.START_HERE)),
        "templateVersion": schema.TEMPLATE_VERSION,
        "numberFormats": dict(schema.NUMBER_FORMATS),
        "measures": list(MEASURES),
        "words": {measure: _word(words) for measure, words in _WORDS.items()},
        "yes": sorted(_YES),
        "no": sorted(_NO),
        "summing": sorted(_SUMMING),
        "why": {reason.name: str(reason) for reason in Unscored},
        "fractions": _fractions(),
        "longestHeader": headers.LONGEST_HEADER,
        "minBound": headers.MIN_BOUND,
        "longestText": LONGEST_TEXT,
        "firstYear": dates.FIRST_YEAR,
        "lastYear": dates.LAST_YEAR,
        "low": LOW,
        "high": HIGH,
        "onTrackGap": scoring.on_track_gap,
        "atRiskGap": scoring.at_risk_gap,
        "notStartedDays": scoring.not_started_days,
        "outdatedDays": scoring.outdated_days,
        "maxObjectives": limits.max_objectives,
        "maxObjectivesCompany": limits.max_objectives_company,
        "minKeyResults": limits.min_key_results,
        "maxKeyResults": limits.max_key_results,
        "rules": {code: _rule(code) for code in CHECKED},
    }


def _tab(tab: schema.TabSchema) -> dict[str, Any]:
    return {
        "title": tab.title,
        "key": tab.key,
        "aliases": tab.aliases,
        "required": tab.required,
        "text": tab.text,
        "columns": [
            {
                "name": column.name,
                "field": column.field,
                "type": _TYPES.get(column.type, str(column.type)),
                "aliases": column.aliases,
                "choices": column.choices,
                "required": column.required,
            }
            for column in tab.columns
        ],
    }


def _rule(code: str) -> dict[str, str]:
    rule = RULES[code]
    return {"severity": rule.severity, "message": rule.message, "hint": rule.hint}


def _word(words: Words) -> str:
    return {Words.NONE: "none", Words.YES_NO: "yes or no", Words.STAGES: "stages"}[words]


def _fractions() -> dict[str, float]:
    """What signs such as ½ and ² stand for; the rarer ones of other scripts are left out."""
    signs = map(chr, range(0x2190))
    return {sign: unicodedata.numeric(sign) for sign in signs if unicodedata.category(sign) == "No"}
