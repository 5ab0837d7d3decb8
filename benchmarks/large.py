"""A whole organisation without files: computing its scores, and writing the largest sheet of its master."""

from __future__ import annotations

from unittest.mock import patch

from benchmarks import master, portfolio
from benchmarks.figures import Figure
from benchmarks.sizes import Sizes


def portfolio_figures(sizes: Sizes) -> list[Figure]:
    """Gathering, scoring and checking, without files."""
    half, whole = portfolio.apart(sizes.units // 2), portfolio.apart(sizes.units)
    parts = " + ".join(f"{name} {whole[name]:.1f}" for name in ("gather", "score", "check"))
    size = f"{whole['units']:,} units, {whole['key_results']:,} key results, {whole['check_ins']:,} check-ins"
    growth = whole["seconds"] / half["seconds"]
    return [
        Figure(
            f"{size}: gather, score, roll up, check",
            f"{whole['seconds']:.1f} s ({parts})",
            "",
            "≤ 5 s",
            "once",
        ),
        Figure("… peak memory", f"{whole['mib'] / 1024:.2f} GiB", "", "≤ 1.5 GiB", "once"),
        Figure(
            f"… growth from {half['units']:,} to {whole['units']:,} units",
            f"{growth:.2f} ×",
            "",
            "≤ 2.2 ×",
            "once each",
        ),
    ]


def master_figures(sizes: Sizes) -> list[Figure]:
    """The master's largest sheet against pandas."""
    with patch.object(master, "ROWS", sizes.master_rows):
        ratio, ours, peer = master.compare()
    return [
        Figure(
            f"master of {sizes.master_rows:,} rows × {master.COLUMNS} columns against pandas + openpyxl",
            f"{ratio:.1f} × faster ({ours:.1f} s)",
            f"{peer:.1f} s",
            "≥ 4 ×",
            "once",
        )
    ]


def whole_master_figures(sizes: Sizes) -> list[Figure]:
    """The whole master of a large organisation: laid out and written, and again after a few units changed."""
    found = master.apart(sizes.units, sizes.changed)
    new, again = (
        sum(found[f"{name} {step}"] for step in ("build", "digest", "publish")) for name in ("new", "changed")
    )
    beyond = f"{found['more MiB']:.0f} MiB"
    return [
        Figure(
            f"master of {sizes.units:,} units laid out and written, CPU", f"{new:.1f} s", "", "≤ 12 s", "once"
        ),
        Figure(f"… again after {sizes.changed} units changed", f"{again:.1f} s", "", "≤ 5.5 s", "once"),
        Figure("… memory beyond the portfolio", beyond, "", "≤ 1,100 MiB", "once"),
    ]
