"""The master of a large organisation against what most code would do: pandas `to_excel` with openpyxl.

Both write the same 100,000 key results; ours with its styles, links, filter buttons and coloured cells.
CPU seconds of one run, in this process, one after the other. `python -m benchmarks.master`
"""

from __future__ import annotations

import time
from datetime import date
from io import BytesIO

import pandas as pd

from sync.master import look
from sync.master.cells import Column, Sheet, Style, Table, Value, Workbook
from sync.master.key_results import ACCENTS
from sync.master.origins import loudest
from sync.master.render import render
from sync.master.selfcheck import bulk_works

ROWS = 100_000
WORDS = (
    "Qualified",
    "leads",
    "from",
    "trial",
    "to",
    "paid",
    "per",
    "region",
    "within",
    "days",
    "of",
    "signing",
)
UNITS = ("Marketing", "Sales", "Platform", "Support", "Finance", "People", "Design", "Data")
STATUSES = ("On track", "At risk", "Off track", "Done", "No data", "Outdated")
TEXTS = (
    "ID",
    "Unit",
    "Objective ID",
    "Key result",
    "Owner",
    "Measure",
    "Unit of measure",
    "Status",
    "Source",
)
NUMBERS = (
    "Start", "Target", "Current", "Weight", "Progress", "Score", "Expected", "Gap", "Confidence", "Forecast",
)  # fmt: skip
COLUMNS = len(TEXTS) + len(NUMBERS) + 1


def rows() -> pd.DataFrame:
    """The key results, in the master's columns."""
    row = range(ROWS)
    texts = {
        "ID": [f"U{at // 17}-O{at % 17 // 4}-KR{at % 17}" for at in row],
        "Unit": [UNITS[at // 17 % 8] for at in row],
        "Objective ID": [f"U{at // 17}-O{at % 17 // 4}" for at in row],
        "Key result": [f"{' '.join(WORDS[(at + k) % 12] for k in range(7))} {at}" for at in row],
        "Owner": [f"Person {at % 4000}" for at in row],
        "Measure": [("Increase", "At most", "Yes/No")[at % 3] for at in row],
        "Unit of measure": [("%", "EUR", "days", "")[at % 4] for at in row],
        "Status": [STATUSES[at % 6] for at in row],
        "Source": [f"unit-{at // 17}.xlsx › Key Results!I{at % 17 + 2}" for at in row],
    }
    numbers = {name: [(at * (7 + k) % 997) / 997 for at in row] for k, name in enumerate(NUMBERS)}
    return pd.DataFrame({**texts, **numbers, "Due": [date(2026, 12, 1 + at % 31) for at in row]})


def ours(frame: pd.DataFrame) -> bytes:
    """The sheet as the master has it."""
    columns = [_column(name, frame[name].tolist()) for name in frame.columns]
    table = Table(look.TABLE_TOP, tuple(columns), "KeyResults")
    sheet = Sheet("Key results", table=table, accents=ACCENTS, freeze=(look.TABLE_TOP, 4))
    return render(Workbook("Master", date(2026, 11, 18), (sheet,)), bulk=bulk_works()).data


def _column(name: str, values: list[Value]) -> Column:
    if name == "Source":
        links = loudest(f"external:teams/unit-{at // 17}.xlsx#'Key Results'!I{at % 17}" for at in range(ROWS))
        return Column(name, values, look.LINK, width=36, links=links, title=look.HEADER)
    return Column(name, values, _look(name), title=look.HEADER)


def _look(name: str) -> Style:
    return look.TEXT if name in TEXTS else look.DATE if name == "Due" else look.RATIO


def theirs(frame: pd.DataFrame) -> bytes:
    """The sheet as pandas writes it."""
    target = BytesIO()
    frame.to_excel(target, engine="openpyxl", index=False)
    return target.getvalue()


def compare() -> tuple[float, float, float]:
    """How many times faster ours is, and the CPU seconds of both."""
    frame = rows()
    bulk_works()
    began = time.process_time()
    made = ours(frame)
    between = time.process_time()
    plain = theirs(frame)
    ended = time.process_time()
    assert made
    assert plain
    return (ended - between) / (between - began), between - began, ended - between


if __name__ == "__main__":
    ratio, mine, peer = compare()
    print(f"{ROWS:,} rows × {COLUMNS} columns: {mine:.1f} s against {peer:.1f} s, {ratio:.1f} times faster")
