"""The buttons of the add-in: the one source of the ribbon, the macros, the buttons in the sheet, the menu in
Google Sheets and the page docs/addin.md.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A button. `name` is the function in `addin.commands` that it runs: letters and underscores, a to z."""

    name: str
    label: str
    group: str
    tip: str
    icon: str
    """The name of a picture that Excel brings along (imageMso)."""
    tab: str | None
    """The tab of the template on which the button stands too, in a workbook with macros."""
    in_google: bool
    """Whether the menu in Google Sheets has it, where there is no Python."""
    large: bool = False


COMMANDS = (
    Command(
        "check_in",
        "Check in",
        "This week",
        "Takes what you changed in Key Results as today's check-ins: dates them and adds rows to Check-ins.",
        "AcceptInvitation",
        "Key Results",
        in_google=True,
        large=True,
    ),
    Command(
        "score_preview",
        "Score preview",
        "This week",
        "Shows what the next sync will compute from this workbook. Changes nothing.",
        "ChartInsert",
        "Key Results",
        in_google=True,
    ),
    Command(
        "validate",
        "Validate",
        "This workbook",
        "Checks every cell by the rules of okrsync, colours what is wrong and lists it.",
        "Spelling",
        "Key Results",
        in_google=True,
    ),
    Command(
        "fill_ids",
        "Fill ids",
        "This workbook",
        "Gives an id to every objective and key result that has none.",
        "NameDefine",
        "Objectives",
        in_google=False,
    ),
    Command(
        "sync_now",
        "Sync now",
        "This workbook",
        "Saves the workbook and asks the okrsync service to read it now.",
        "RefreshAll",
        "Start here",
        in_google=False,
    ),
    Command(
        "team_review",
        "Team review",
        "Meetings",
        "Writes an agenda for the whole team into a new tab, lowest confidence first.",
        "MeetingsWorkspace",
        "Start here",
        in_google=True,
    ),
    Command(
        "one_on_one",
        "One-on-one",
        "Meetings",
        "Writes an agenda for the owner in the selected row into a new tab.",
        "CheckNames",
        "Key Results",
        in_google=True,
    ),
    Command(
        "help",
        "Help",
        "okrsync",
        "Says what the buttons do, which version this is, and where its log lies.",
        "Help",
        "Start here",
        in_google=True,
    ),
)
