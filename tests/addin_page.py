"""What docs/addin.md says of the buttons and the built files; `python -m tests.addin_page` writes it anew.

The sums depend on the releases of xlwings and XlsxWriter: a newer one of either needs the command again.
"""

from __future__ import annotations

import re
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from addin.building import files
from addin.registry import COMMANDS

PAGE = Path(__file__).parents[1] / "docs" / "addin.md"


def button_table() -> str:
    """The table of what each button does."""
    lines = [
        "| Group | Button | What it does | Also in the sheet | In Google Sheets |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {c.group} | **{c.label}** | {c.tip} | {c.tab or '–'} | {'yes' if c.in_google else '–'} |"
        for c in COMMANDS
    ]
    return "\n".join(lines)


def sum_table() -> str:
    """The table of the built files' sums."""
    lines = [
        f"Built with xlwings {version('xlwings')} and XlsxWriter {version('xlsxwriter')}:",
        "",
        "| File | Bytes | sha256 |",
        "|---|--:|---|",
    ]
    lines += [
        f"| `{name}` | {len(data):,} | `{sha256(data).hexdigest()}` |" for name, data in files().items()
    ]
    return "\n".join(lines)


def renewed(text: str) -> str:
    """The page with its tables made anew."""
    for mark, table in (("buttons", button_table()), ("sums", sum_table())):
        pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- end -->)", re.DOTALL)
        [found] = pattern.finditer(text)
        text = f"{text[: found.start()]}{found[1]}\n{table}\n\n{found[2]}{text[found.end() :]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
