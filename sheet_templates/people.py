"""The people workbook: who is who, for owners, mail and public holidays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from sheet_templates.look import Look
from sheet_templates.tables import Row, add_table_tab
from sheet_templates.worksheet import TemplateBook
from sync.core import schema


def build_people(target: str | Path | BinaryIO, people: Sequence[Row] = ()) -> None:
    """Writes the people workbook: one row per person, a mapping of schema field to value."""
    workbook = TemplateBook(target, "People")
    add_table_tab(workbook.add_tab(schema.PEOPLE.title), schema.PEOPLE, people, Look(workbook))
    workbook.close()
