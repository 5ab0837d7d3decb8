"""What each button does: (book, ui) -> Result. `addin.registry` says which there are.

A command loads what it needs when it runs: a check-in does without pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from addin.outcome import Result, Ui

if TYPE_CHECKING:
    import xlwings as xw


def check_in(book: xw.Book, ui: Ui) -> Result:
    """Takes the changed rows of Key Results as today's check-ins, once the person has said yes."""
    from addin.checking_in import left_out, plan, question
    from addin.opening import need, see
    from addin.recording import record
    from sync.core.schema import CHECK_INS, KEY_RESULTS, TEAM

    today = ui.now().date()
    seen = see(book, (TEAM, KEY_RESULTS, CHECK_INS), merges=False)
    need(seen, "key_results", "check_ins")
    found = plan(seen.sheet, seen.problems, today, ui.who())
    if not found.entries:
        return Result("\n".join([_NOTHING_NEW, *left_out(found)]))
    if not ui.ask(question(found, today)):
        return Result("Nothing was checked in.")
    first = record(seen, found.entries, today)
    count = "1 check-in is" if len(found.entries) == 1 else f"{len(found.entries)} check-ins are"
    where = f" from row {first}" if first else ""
    return Result(
        f"{count} in the tab {seen.sheet.bindings['check_ins'].title}{where}, with today's date.",
        changed=True,
    )


_NOTHING_NEW = (
    "There is nothing to check in: no Current, Confidence, Status or Comment has changed since the last "
    "check-in. Change what is new in Key Results, then press Check in."
)
