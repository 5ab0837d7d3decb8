"""The tab OKR in Excel's ribbon, as the XML that an add-in carries."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import groupby

from addin.registry import COMMANDS, Command

NAMESPACE = "http://schemas.microsoft.com/office/2006/01/customui"
CALLBACK = "OkrRun"


def ribbon_xml(commands: Sequence[Command] = COMMANDS) -> str:
    """The customUI part: one group for each run of commands with the same group, one button for each command.

    Every button calls the same macro and carries the command's name as its tag.
    """
    root = ET.Element("customUI", xmlns=NAMESPACE)
    tabs = ET.SubElement(ET.SubElement(root, "ribbon"), "tabs")
    tab = ET.SubElement(tabs, "tab", id="okr_tab", label="OKR")
    for number, (label, members) in enumerate(groupby(commands, lambda command: command.group), 1):
        group = ET.SubElement(tab, "group", id=f"okr_group_{number}", label=label)
        for command in members:
            ET.SubElement(group, "button", _attributes(command))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _attributes(command: Command) -> dict[str, str]:
    return {
        "id": f"okr_{command.name}",
        "label": command.label,
        "size": "large" if command.large else "normal",
        "imageMso": command.icon,
        "screentip": command.label,
        "supertip": command.tip,
        "tag": command.name,
        "onAction": CALLBACK,
    }
