"""Whatever shows a button shows what the registry says of it: `addin.registry.COMMANDS` is the one source."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

from addin import building, commands, registry
from addin.apps_script import _TIPS, GENERATED, HERE
from addin.macros import sub_name
from addin.registry import COMMANDS, Command
from addin.ribbon import NAMESPACE
from sync.core import schema
from tests.addin_page import PAGE
from tests.vba import modules_in

ADDIN, TEAM = building._parts(building.addin()), building._parts(building.team_workbook())
NEW = Command("nudge", "Nudge", "Meetings", "Nudges.", "Help", "Start here", in_google=True)
FIRST = COMMANDS[0]


def differing() -> set[str]:
    """The places (built files, the page, …) that do not say what COMMANDS says now."""
    return {name for name, said, wanted in _places(registry.COMMANDS) if said != wanted}


def _places(wanted: tuple[Command, ...]) -> Iterator[tuple[str, object, object]]:
    """Each place, what it says, and what it should say."""
    ribbon = ET.fromstring(ADDIN["customUI/customUI.xml"])  # noqa: S314  # our own
    shown = [
        (group.attrib["label"], *(button.attrib[name] for name in ("tag", "label", "supertip", "imageMso")))
        for group in ribbon.iter(f"{{{NAMESPACE}}}group")
        for button in group
    ]
    yield "ribbon", shown, [(c.group, c.name, c.label, c.tip, c.icon) for c in wanted]
    for parts in (ADDIN, TEAM):
        text = modules_in(parts["xl/vbaProject.bin"])["OkrButtons"]
        stubs = re.findall(r'Public Sub (\w+)\(\)\s+OkrPress "(\w+)"\s+End Sub', text)
        yield "macros", stubs, [(sub_name(c), c.name) for c in wanted if c.tab]
    in_tabs = [(str(c.tab), sub_name(c), c.label) for c in wanted if c.tab]
    yield "buttons in the sheets", sorted(_in_sheets()), sorted(in_tabs)
    facts = json.loads(GENERATED.read_text(encoding="utf-8").partition("const OKR = ")[2].rstrip(";\n"))
    there = [c for c in wanted if c.in_google]
    menu = [(entry["name"], entry["label"], entry["tip"]) for entry in facts["menu"]]
    yield "menu", menu, [(c.name, c.label, _TIPS.get(c.name, c.tip)) for c in there]
    doors = re.findall(r"^function okr_(\w+)\(\)", (HERE / "shell.js").read_text("utf-8"), re.MULTILINE)
    yield "menu", doors, [c.name for c in there]
    yield "page", _on_the_page(), [_as_row(c) for c in wanted]
    functions = [name for name in (c.name for c in wanted) if callable(getattr(commands, name, None))]
    yield "commands", functions, [c.name for c in wanted]


def _in_sheets() -> Iterator[tuple[str, str, str]]:
    """Tab, macro and caption of each button in a sheet."""
    for at, tab in enumerate(schema.TEMPLATE_TABS, 1):
        links = TEAM.get(f"xl/worksheets/_rels/sheet{at}.xml.rels", b"").decode()
        for drawing in re.findall(r"drawings/(vmlDrawing\d+\.vml)", links):
            text = TEAM[f"xl/drawings/{drawing}"].decode()
            captions = re.findall(r"<font[^>]*>([^<]*)</font>", text)
            bound = re.findall(r"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", text)
            yield from ((str(tab), macro, caption) for macro, caption in zip(bound, captions, strict=True))


def _as_row(command: Command) -> list[str]:
    google = "yes" if command.in_google else "–"
    return [command.group, f"**{command.label}**", command.tip, command.tab or "–", google]


def _on_the_page() -> list[list[str]]:
    table = PAGE.read_text(encoding="utf-8").partition("<!-- buttons -->")[2].partition("<!-- end -->")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    return lines[2:]


def test_every_place_says_what_the_registry_says() -> None:
    assert differing() == set()


EVERYWHERE = {"ribbon", "macros", "buttons in the sheets", "menu", "page"}


@pytest.mark.parametrize(
    ("changed", "seen"),
    (
        ((*COMMANDS, NEW), EVERYWHERE | {"commands"}),
        (COMMANDS[1:], EVERYWHERE),
        ((COMMANDS[1], FIRST, *COMMANDS[2:]), EVERYWHERE - {"buttons in the sheets"}),
        ((FIRST._replace(name="checkin"), *COMMANDS[1:]), EVERYWHERE - {"page"} | {"commands"}),
        ((FIRST._replace(label="Check-in"), *COMMANDS[1:]), EVERYWHERE - {"macros"}),
        ((FIRST._replace(tip="Other words."), *COMMANDS[1:]), {"ribbon", "menu", "page"}),
        ((FIRST._replace(group="Other"), *COMMANDS[1:]), {"ribbon", "page"}),
        ((FIRST._replace(icon="Copy"), *COMMANDS[1:]), {"ribbon"}),
        ((FIRST._replace(tab="Objectives"), *COMMANDS[1:]), {"buttons in the sheets", "page"}),
        ((FIRST._replace(tab=None), *COMMANDS[1:]), {"macros", "buttons in the sheets", "page"}),
        ((FIRST._replace(in_google=False), *COMMANDS[1:]), {"menu", "page"}),
    ),
    ids=(
        "new",
        "gone",
        "moved",
        "name",
        "label",
        "tip",
        "group",
        "icon",
        "other tab",
        "no tab",
        "not in Google",
    ),
)
def test_a_place_that_differs_is_seen(
    monkeypatch: pytest.MonkeyPatch, changed: tuple[Command, ...], seen: set[str]
) -> None:
    monkeypatch.setattr(registry, "COMMANDS", changed)
    assert differing() == seen
