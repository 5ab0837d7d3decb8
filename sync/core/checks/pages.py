"""The pages of `docs/rules`, one a rule, and their index; made from the table that the commands print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sync.core.problems import RULES, Rule

_KINDS = {
    "S": "Sheets and cells",
    "Q": "Quality of objectives and key results",
    "A": "Alignment",
    "B": "Behaviour",
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_INDEX = """\
# Rules

What okrsync finds in sheets, and how to mend it. An error means that something is not read or not
computed, a warning that somebody should look, a note that somebody may; what happens to the data stands
in the title. `okrsync rules` prints this list, `okrsync explain CODE` one page.

`[checks] select` and `ignore` take codes or their beginnings (`Q`, `A3`, `B401`), and
`[checks.severity]` changes how loud a rule is.
"""

_PAGE = """\
# {code}: {title}

Severity: {severity}

> {example}

**How to mend it.** {mend}

{about}

To silence it: `[checks] ignore = ["{code}"]`. To change how loud it is: `[checks.severity]`,
`{code} = "note"` (or `"warning"`, `"error"`).

[All rules](README.md)
"""
_BY_CASE = "Every finding says how, because it depends on what was found."


def render_page(rule: Rule) -> str:
    """The page of a rule, Markdown."""
    return _PAGE.format(
        code=rule.code,
        title=rule.title,
        severity=rule.severity,
        example=rule.example or _readable(rule.message),
        mend=_BY_CASE if _PLACEHOLDER.fullmatch(rule.hint) else _readable(rule.hint),
        about=rule.about,
    )


def render_index(rules: Iterable[Rule]) -> str:
    """The index of the pages, Markdown: a table for each letter."""
    lines = [_INDEX]
    for letter, kind in _KINDS.items():
        rows = [
            f"| [{rule.code}]({rule.code}.md) | {rule.severity} | {rule.title} |"
            for rule in rules
            if rule.code.startswith(letter)
        ]
        lines += [f"## {letter}: {kind}", "", "| code | severity | title |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def pages() -> Mapping[str, str]:
    """Every file of `docs/rules`: its name -> its text."""
    rules = [RULES[code] for code in sorted(RULES)]
    return {"README.md": render_index(rules)} | {f"{rule.code}.md": render_page(rule) for rule in rules}


def _readable(template: str) -> str:
    """A template with its gaps marked so that Markdown leaves them alone: `{name}` becomes ‹name›."""
    return _PLACEHOLDER.sub(r"‹\1›", template)
