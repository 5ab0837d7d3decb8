"""What each button does: (book, ui) -> Result. `addin.registry` says which there are.

A command loads what it needs when it runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from addin.outcome import Result, Ui
from addin.trouble import PROTECTED, Halt, sentence
from sync.core.problems import Problem, Severity

if TYPE_CHECKING:
    import xlwings as xw

    from addin.opening import Seen
    from sync.core.assess import Assessment
    from sync.core.model import TeamSheet
    from sync.core.new_ids import NewId


def check_in(book: xw.Book, ui: Ui) -> Result:
    """Takes the changed rows of Key Results as today's check-ins, once the person has said yes."""
    from addin.assessing import misfits
    from addin.checking_in import left_out, plan, question
    from addin.opening import need, need_columns, see
    from addin.recording import fields_of, record
    from sync.core.schema import CHECK_INS, KEY_RESULTS, TEAM

    today = ui.now().date()
    seen = see(book, (TEAM, KEY_RESULTS, CHECK_INS), merges=False)
    need(seen, "key_results", "check_ins")
    need_columns(seen, "key_results", ("current",))
    problems = (*seen.problems, *misfits(seen.sheet, today))
    found = plan(seen.sheet, problems, today, ui.who())
    if not found.entries:
        return Result("\n".join([_NOTHING_NEW, *left_out(found)]))
    need_columns(seen, "check_ins", fields_of(found.entries))
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


def validate(book: xw.Book, ui: Ui) -> Result:
    """Checks the workbook as `okrsync check` does, colours the faulty cells, lists the findings."""
    from addin.assessing import assessed
    from addin.colouring import colour
    from addin.listing import listed
    from addin.opening import see

    seen = see(book)
    problems = assessed(seen, ui.now().date()).problems
    title = listed(seen, problems)
    try:
        coloured = colour(book, seen, problems)
    except Exception as error:
        if sentence(error) != PROTECTED:
            raise
        return Result(
            _findings(problems, title, "no cell is coloured, because a sheet is protected"), changed=True
        )
    told = "1 cell is coloured" if coloured == 1 else f"{coloured} cells are coloured"
    return Result(_findings(problems, title, told), changed=True)


def score_preview(book: xw.Book, ui: Ui) -> Result:
    """Says what the next sync would compute; writes nothing."""
    from addin.assessing import foreseen
    from addin.opening import need, see
    from addin.scores import preview

    seen = see(book)
    need(seen, "key_results")
    return Result(preview(foreseen(seen, ui.now().date())))


def fill_ids(book: xw.Book, ui: Ui) -> Result:  # noqa: ARG001  # a command's signature
    """Gives an id to every objective and key result that has none."""
    from addin.opening import need, need_columns, see
    from addin.writing import Column, Writer
    from sync.core.new_ids import new_ids
    from sync.core.schema import KEY_RESULTS, OBJECTIVES, TEAM

    seen = see(book, (TEAM, OBJECTIVES, KEY_RESULTS))
    need(seen, "objectives", "key_results")
    wanted = new_ids(seen.sheet)
    columns = []
    for key in ("objectives", "key_results"):
        binding = seen.sheet.bindings[key]
        rows = {new.row: new.id for new in wanted if new.table == key}
        need_columns(seen, key, ("id",) if rows else ())
        columns += [Column(binding.title, binding.columns["id"], rows)] if rows else []
    with Writer(seen.pages) as writer:
        for column in columns:
            writer.put([column])
        writer.check()
    return Result(_filled(wanted, seen.sheet), changed=bool(wanted))


def _filled(wanted: Sequence[NewId], sheet: TeamSheet) -> str:
    given = {(new.table, new.row) for new in wanted}
    without = [row for row in sheet.key_results if not row.id and ("key_results", row.row) not in given]
    lines = [f"{new.id}: {new.text}" for new in wanted[:_MOST]]
    if len(wanted) > _MOST:
        lines.append(f"… and {len(wanted) - _MOST} more.")
    if not wanted and not without:
        return "Every row has an ID."
    if without:
        places = ", ".join(str(row.row) for row in without[:_MOST])
        lines.append(f"No ID without an objective: fill in Objective ID in row {places} of Key Results.")
    return "\n".join(lines)


def _findings(problems: Sequence[Problem], title: str, coloured: str) -> str:
    if not problems:
        return "Nothing is wrong in this workbook."
    counts = Counter(problem.severity for problem in problems)
    told = [f"{counts[one]} {one}{'s' if counts[one] > 1 else ''}" for one in Severity if counts[one]]
    where = f" They are listed in the tab {title}." if title else ""
    shown = [f"{p.tab} {p.cell}: {p.message}".lstrip() for p in problems[: 3 if title else _MOST]]
    return "\n".join([f"{', '.join(told)}; {coloured}.{where}", "", *shown])


def team_review(book: xw.Book, ui: Ui) -> Result:
    """Writes the agenda of a team review into a new tab."""
    from addin import agendas
    from sync.core.agenda import Kind

    seen, assessment = _for_meeting(book, ui)
    title = agendas.write(book, seen, Kind.TEAM_REVIEW, agendas.team_review(assessment))
    return Result(f"The agenda is in the new tab {title}.", changed=True)


def one_on_one(book: xw.Book, ui: Ui) -> Result:
    """Writes the agenda of a meeting with the owner in the selected row into a new tab."""
    from addin import agendas
    from sync.core.agenda import Kind
    from sync.core.model import split_several

    chosen = book.app.selection
    where = (chosen.sheet.name, chosen.row) if chosen is not None else ("", 0)
    seen, assessment = _for_meeting(book, ui)
    binding = seen.sheet.bindings.get("key_results")
    rows = (
        {row.row: row.owner for row in seen.sheet.key_results}
        if binding and binding.title == where[0]
        else {}
    )
    owners = split_several(rows.get(where[1], ""))
    if not owners:
        raise Halt("Select a row of Key Results that has an owner, then press One-on-one.")
    title = agendas.write(book, seen, Kind.ONE_ON_ONE, agendas.one_on_one(assessment, owners[0]))
    return Result(f"The agenda for {owners[0]} is in the new tab {title}.", changed=True)


def _for_meeting(book: xw.Book, ui: Ui) -> tuple[Seen, Assessment]:
    from addin.assessing import assessed
    from addin.opening import need, see

    seen = see(book)
    need(seen, "key_results")
    found = assessed(seen, ui.now().date())
    if found.portfolio.units.empty:
        raise Halt("There is nothing to talk about: the cycle on the tab Team is not the current one.")
    return seen, found


def sync_now(book: xw.Book, ui: Ui) -> Result:
    """Saves the workbook and asks the service to read it; says what the service answers."""
    from addin import settings
    from addin.requesting import request

    path = _place(book)
    book.save()
    return Result(request(path, ui.who(), settings.load()))


def _place(book: xw.Book) -> str:
    """The workbook's path. Raises Halt when it has none on this computer."""
    try:
        path = book.fullname
    except Exception as error:
        if sentence(error):
            raise
        raise Halt(_IN_THE_CLOUD) from error
    if "://" in path:
        raise Halt(_IN_THE_CLOUD)
    if not ({"/", "\\"} & set(path)):
        raise Halt("This workbook was never saved. Save it into your team's folder, then press Sync now.")
    return path


_IN_THE_CLOUD = (
    "This workbook is open from OneDrive or SharePoint, not from a folder of this computer, so Sync now "
    "cannot say which one it is. Save it: the service reads it at its next sync."
)


def help(book: xw.Book, ui: Ui) -> Result:  # noqa: A001, ARG001  # the button's name; a command's signature
    """Says what the buttons do, which version this is, and where its log lies."""
    from importlib.metadata import version

    from addin import settings
    from addin.registry import COMMANDS

    lines = [f"{command.label}: {command.tip}" for command in COMMANDS]
    about = f"okrsync {version('okrsync')}. The log is {settings.log_file()}."
    return Result("\n".join([*lines, "", about]))


_MOST = 12  # lines of a list; a message box has no scroll bar
