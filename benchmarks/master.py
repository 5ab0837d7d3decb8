"""The master of a large organisation: against what most code would do, and after a hundred units changed.

`compare`: pandas `to_excel` with openpyxl and ours write the same 100,000 key results; ours with its styles,
links, filter buttons and coloured cells. CPU seconds of one run, in this process, one after the other.
`measure`: CPU seconds of a whole organisation's master, new and over the one before.
`python -m benchmarks.master`, or with the numbers of units and of changed ones.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from benchmarks.portfolio import AS_OF, organisation
from sync.core import checks
from sync.core.checks.view import View
from sync.core.gather import gather
from sync.core.model import TeamSheet, Was
from sync.core.policy import Policies
from sync.core.portfolio import Origin
from sync.core.rollup import evaluate
from sync.master import excel, layout, look
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


# ---------------------------------------------------------------- a whole organisation


def measure(units: int, changed: int) -> dict[str, float]:
    """CPU seconds of each step, new and after that many units changed; MiB beyond what was handed in."""
    sheets = organisation(units)
    first, later = _given(sheets), _given(list(_after_changes(sheets, units // changed)))
    bulk_works()
    gc.freeze()  # the portfolio stays, so its objects need not be looked through again and again
    before = _peak()
    found: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        path, hash_ = Path(folder) / "master.xlsx", ""
        for name, given in (("new", first), ("changed", later)):
            marks = [time.process_time()]
            workbook = layout.build(given)
            marks.append(time.process_time())
            layout.digest(workbook)
            marks.append(time.process_time())
            pieces = Path(folder) / "pieces"
            hash_ = excel.publish(workbook, path, expected_hash=hash_, pieces=pieces).hash
            marks.append(time.process_time())
            steps = zip(("build", "digest", "publish"), marks, marks[1:], strict=False)
            found |= {f"{name} {step}": end - start for step, start, end in steps}
        found["file MB"] = path.stat().st_size / 1e6
    return found | {"more MiB": _peak() - before}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _after_changes(sheets: Sequence[TeamSheet], every: int) -> Iterator[TeamSheet]:
    """The sheets; in every so manieth one a key result has moved."""
    for at, sheet in enumerate(sheets):
        first, *others = sheet.key_results
        moved = first._replace(current=first.current._replace(value=55.0, was=Was.NUMBER, raw="55"))
        yield sheet if at % every else sheet._replace(key_results=(moved, *others))


def _given(sheets: Sequence[TeamSheet]) -> layout.MasterInput:
    policies = Policies()
    origins = [Origin(sheet.source, f"/okr/teams/{sheet.source}", "") for sheet in sheets]
    portfolio = gather(sheets, origins, organisation=policies.organisation, as_of=AS_OF)
    scores = evaluate(portfolio, policies.scoring, policies.checks, AS_OF)
    view = View(portfolio, scores, policies.checks, policies.scoring, policies.organisation, AS_OF)
    return layout.MasterInput(
        portfolio=portfolio,
        scores=scores,
        problems=checks.run(view),
        organisation="Large",
        cycle="2026-Q4",
        starts=date(2026, 10, 1),
        ends=date(2026, 12, 31),
        as_of=AS_OF,
        generated="",
        run_id="1",
        version="0",
        folder="/okr",
    )


def apart(units: int, changed: int = 100) -> dict[str, float]:
    """The same, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.master", str(units), str(changed)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
        sys.exit()
    ratio, mine, peer = compare()
    print(f"{ROWS:,} rows × {COLUMNS} columns: {mine:.1f} s against {peer:.1f} s, {ratio:.1f} times faster")
