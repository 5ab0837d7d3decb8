"""The faults that okrsync promises to meet, each with the tests that hold it: nobody drops one unnoticed.

The lists are the promise's own words (Structure, Values, Files). A fault without a test, or a test that is
gone or renamed, fails here.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

_TITLES = "test_headers.py::test_tabs_are_found_by_title_or_alias_whatever_the_case_and_order"
_STRUCTURE = "test_hostile_structure.py::test_trust_10_structure"
_CORPUS = "test_sources_corpus.py::test_what_libraries_wrote_reads_as_in_openpyxl_and_calamine"
_MOVED = "test_parse.py::test_trust_10_order_place_names_and_hiding_change_nothing"
STRUCTURE: dict[str, tuple[str, ...]] = {
    "tab renamed": (_STRUCTURE, "test_headers.py::test_a_renamed_tab_is_known_by_its_columns"),
    "tab moved": (_STRUCTURE, _TITLES),
    "tab missing": (
        _STRUCTURE,
        "test_parse.py::test_a_missing_tab_is_named_with_what_comes_nearest_and_the_others_are_read",
        "test_parse.py::test_without_a_team_tab_nobody_knows_whose_sheet_it_is",
    ),
    "columns moved": (_STRUCTURE, _MOVED),
    "columns renamed": (
        _STRUCTURE,
        "test_parse.py::test_a_missing_required_column_is_named_with_what_comes_nearest",
        "test_parse.py::test_a_header_that_nearly_says_a_column_s_name_is_named",
    ),
    "columns doubled": (_STRUCTURE, "test_headers.py::test_a_name_that_stands_twice_binds_to_neither"),
    "two header rows": (
        _STRUCTURE,
        "test_headers.py::test_a_header_in_two_rows_is_one_header",
        "test_parse.py::test_rows_below_a_second_header_of_another_order_are_not_misread",
    ),
    "banner rows": (_STRUCTURE, "test_headers.py::test_trust_10_any_number_of_rows_stands_above_the_header"),
    "subtotal rows": (_STRUCTURE, "test_parse.py::test_a_subtotal_row_is_not_counted_and_is_named"),
    "merged cells": (
        _STRUCTURE,
        "test_parse.py::test_a_merged_title_between_rows_is_no_row_and_a_merged_objective_holds_for_all",
    ),
    "filters": (_STRUCTURE, _CORPUS),
    "hidden rows, columns, sheets": (
        _STRUCTURE,
        _MOVED,
        "test_sources_values.py::test_hidden_tabs_are_read_and_recorded",
    ),
    "copied rows": (_STRUCTURE, "test_parse.py::test_trust_09_copied_rows_are_both_handed_on"),
    "deleted rows": (
        _STRUCTURE,
        "test_pipeline_guards.py::test_trust_02_a_shrunk_source_is_held_with_count_ratio_and_command",
    ),
}

_NUMBERS = "test_hostile_values.py::test_trust_07_numbers_typed_as_text"
_DATES = "test_hostile_values.py::test_trust_07_dates"
_CONTROLS = "test_hostile_values.py::test_control_characters_that_no_xml_may_hold_are_damage"
_PRINTED = "test_hostile_values.py::test_trust_28_a_text_that_steers_the_terminal_is_printed_harmless"
_TEXTS = "test_hostile_values.py::test_trust_08_texts"
VALUES: dict[str, tuple[str, ...]] = {
    "the error texts of Excel and Sheets including #SPILL! and #CALC!": (
        "test_hostile_values.py::test_trust_05_error_texts_of_excel_and_sheets",
        "test_parse.py::test_trust_05_an_error_leaves_its_text_and_the_rest_of_the_row",
    ),
    "formulas without cached value": (
        "test_hostile_values.py::test_trust_05_formulas_without_a_cached_value",
        "test_sources_values.py::test_trust_05_a_zero_that_its_writer_did_not_calculate_is_no_zero",
    ),
    **dict.fromkeys(
        ("1,234.5", "1.234,5", "45 %", "€3k", "1\u00a0234 (NBSP, narrow NBSP)", "−5", "½", "1e3", "12/5"),
        (_NUMBERS, "test_cells.py::test_trust_07_under_another_format_it_is_the_number_or_a_problem"),
    ),
    **dict.fromkeys(
        ("serial 60", "negative dates", "the 1904 system", "ISO dates", "ambiguous dates"),
        (_DATES, "test_sources_values.py::test_a_serial_is_its_day_or_none"),
    ),
    "NUL": (_TEXTS, _CONTROLS),
    "control characters": (_TEXTS, _CONTROLS),
    "lone surrogates": (_TEXTS, "test_sources_values.py::test_unescaped_text_can_always_be_stored"),
    "_x000D_": (_TEXTS, "test_sources_values.py::test_text_that_was_escaped_reads_back"),
    "emoji": (_TEXTS, "test_sources_spellings.py::test_every_spelling_means_the_same"),
    "RTL overrides": (_TEXTS, _PRINTED),
    "zero-width": (_TEXTS, _PRINTED),
    "more than 32,767 characters": ("test_hostile_values.py::test_more_than_a_cell_can_hold",),
}

_REFUSED = "test_hostile_files.py::test_trust_33_a_refused_file_is_named_with_the_cause_and_the_remedy"
_ALIKE = "test_hostile_files.py::test_unusual_files_say_what_the_usual_one_says"
_NO_FILE = "test_hostile_files.py::test_trust_31_what_is_no_file_is_refused_and_holds_nobody"
FILES: dict[str, tuple[str, ...]] = {
    "truncated at any byte": (
        "test_hostile_files.py::test_a_file_truncated_at_any_byte_is_refused",
        "test_sources_hostile.py::test_a_file_cut_short_anywhere_is_refused",
    ),
    "growing": ("test_sources_excel.py::test_a_growing_file_is_not_taken_for_whole",),
    "locked (~$name, .~lock)": (
        "test_hostile_files.py::test_a_lock_beside_the_file_is_no_file_of_its_own",
        "test_pipeline_faults.py::test_trust_04_a_locked_source_is_read_as_soon_as_it_is_closed",
    ),
    **dict.fromkeys(("a web page or CSV named .xlsx", "encrypted"), (_REFUSED,)),
    ".xls .xlsb .ods": (_REFUSED, "test_hostile_files.py::test_other_formats_are_named_by_their_extension"),
    **dict.fromkeys(
        (
            *("strict OOXML", "UTF-16 parts", "prefixed namespaces", "no r= attributes", "no shared strings"),
            "absolute relationship targets",
        ),
        (_ALIKE, "test_sources_hostile.py::test_unusual_workbooks_read_like_the_usual_one"),
    ),
    "zip bomb": (_REFUSED, "test_sources_hostile.py::test_a_bomb_is_refused_by_its_ratio_before_it_unpacks"),
    "1 M blank formatted rows": ("test_hostile_files.py::test_a_million_blank_formatted_rows_hold_nothing",),
    "a cell at XFD1048576": ("test_hostile_files.py::test_a_cell_in_the_last_corner_costs_nothing",),
    "disk full": (
        "test_master_publish.py::test_trust_18_a_full_disk_leaves_the_old_master_whole",
        "test_history_database.py::test_trust_18_a_full_disk_in_the_middle_of_a_commit_changes_nothing",
        "test_feedback_excel.py::test_trust_18_a_full_disk_leaves_the_workbook_and_no_litter",
    ),
    "read-only folder": ("test_hostile_files.py::test_a_read_only_folder_is_read_and_nothing_is_left_in_it",),
    "symlinks": (_NO_FILE, "test_sources_excel.py::test_trust_31_links_out_of_the_folders_are_refused"),
    **dict.fromkeys(
        ("FIFOs", "devices"),
        (_NO_FILE, "test_sources_excel.py::test_trust_31_pipes_folders_sockets_and_devices_are_refused"),
    ),
}

FAULTS = STRUCTURE | VALUES | FILES


@cache
def names_in(name: str) -> frozenset[str]:
    tree = ast.parse((TESTS / name).read_text(encoding="utf-8"))
    found = (node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_tests(fault: str) -> None:
    assert FAULTS[fault]
    for place in FAULTS[fault]:
        file, _, test = place.partition("::")
        assert test in names_in(file), f"{fault}: {place} is gone"


def test_no_fault_of_the_promise_was_dropped() -> None:
    """Whoever takes one away has to change this number, and say why."""
    assert (len(STRUCTURE), len(VALUES), len(FILES)) == (14, 24, 20)
