"""The people workbook: who is who, for owners, mail and public holidays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import xlsxwriter

from sheet_templates.look import Look
from sheet_templates.tables import Row, add_table_tab
from sheet_templates.team import CREATED
from sheet_templates.worksheet import TemplateSheet
from sync.core import schema


def build_people(target: str | Path | BinaryIO, people: Sequence[Row] = ()) -> None:
    """Writes the people workbook: one row per person, a mapping of schema field to value."""
    destination = str(target) if isinstance(target, Path) else target
    workbook = xlsxwriter.Workbook(destination, {"in_memory": True})
    look = Look(workbook)
    workbook.set_properties({"title": "People", "author": "okrsync", "created": CREATED})
    sheet = workbook.add_worksheet(schema.PEOPLE.title, TemplateSheet)
    add_table_tab(sheet, schema.PEOPLE, people, look)
    workbook.close()
