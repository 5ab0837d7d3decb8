"""`make bench`: measures everything in one run, prints a table, and with --write keeps it in RESULTS.md."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import master, portfolio

RESULTS = Path(__file__).with_name("RESULTS.md")
ROUNDS = 7


def start_up() -> float:
    """How many times longer `okrsync --help` takes than a bare Python; medians of interleaved rounds."""
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(_seconds([sys.executable, "-c", "pass"]))
        ours.append(_seconds([sys.executable, "-m", "sync", "--help"]))
    return statistics.median(ours) / statistics.median(bare)


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def lines() -> list[tuple[str, str, str]]:
    """(what, measured, target) of every figure."""
    half, whole = portfolio.apart(5_000), portfolio.apart(10_000)
    parts = " + ".join(f"{name} {whole[name]:.1f}" for name in ("gather", "score", "check"))
    size = f"{whole['units']:,} units, {whole['key_results']:,} key results, {whole['check_ins']:,} check-ins"
    growth = whole["seconds"] / half["seconds"]
    ratio, ours, peer = master.compare()
    large = master.apart(10_000)
    new, again = (
        sum(large[f"{name} {step}"] for step in ("build", "digest", "publish")) for name in ("new", "changed")
    )
    return [
        (f"{size}: gather, score, roll up, check", f"{whole['seconds']:.1f} s ({parts})", "≤ 5 s"),
        ("… peak memory", f"{whole['mib'] / 1024:.2f} GiB", "≤ 1.5 GiB"),
        ("… growth from 5,000 to 10,000 units", f"{growth:.2f} ×", "≤ 2.2 ×"),
        (
            f"master of {master.ROWS:,} rows × {master.COLUMNS} columns against pandas + openpyxl",
            f"{ratio:.1f} × faster ({ours:.1f} s against {peer:.1f} s)",
            "≥ 4 ×",
        ),
        ("master of 10,000 units laid out and written, CPU", f"{new:.1f} s", "≤ 12 s"),
        ("… again after 100 units changed", f"{again:.1f} s", "≤ 5.5 s"),
        ("… memory beyond the portfolio", f"{large['more MiB']:.0f} MiB", "≤ 1,100 MiB"),
        ("`okrsync --help` against `python -c pass`", f"{start_up():.1f} ×", "≤ 15 ×"),
    ]


def table() -> str:
    """The figures as a Markdown table."""
    rows = [("Work", "Measured", "Target"), ("---", "---", "---"), *lines()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


if __name__ == "__main__":
    text = table()
    print(text)
    if "--write" in sys.argv:
        RESULTS.write_text(f"# Measured with `make bench`\n\n{text}\n", encoding="utf-8")
