"""batchUpdate on the test server: all or nothing, in order, and what moves with rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sheets_server import discovery
from tests.sheets_server.batch import KINDS
from tests.sheets_server.clients import Api
from tests.sheets_server.credentials import ACCOUNT
from tests.sheets_server.seeds import Tabs
from tests.sheets_server.server import SheetsServer

TABS: Tabs = {
    "OKRs": [["Id", "Name", "Value"], ["k1", "Beta", 2], ["k2", "Alpha", 1], ["k3", "Gamma", "=C2+C3"]],
    "Other": [["=SUM(OKRs!C2:C3)", "=OKRs!B4"]],
}
ROW_KEYS = {"metadataKey": "id", "visibility": "DOCUMENT"}


@pytest.fixture
def book(sheets_server: SheetsServer) -> str:
    return sheets_server.seeds.spreadsheet("Team A", TABS, share={ACCOUNT: "writer"})


@pytest.fixture
def api(sheets_server: SheetsServer) -> Iterator[Api]:
    with Api(sheets_server.url, sheets_server.credentials.bearer()) as opened:
        yield opened


def rows(start: int, end: int) -> dict[str, Any]:
    return {"sheetId": 0, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def area(top: int, left: int, bottom: int, right: int) -> dict[str, int]:
    return {
        "sheetId": 0,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


def text(value: str) -> dict[str, Any]:
    return {"userEnteredValue": {"stringValue": value}}


def test_a_batch_with_one_bad_request_changes_nothing(sheets_server, book, api):
    person = sheets_server.person(book)
    before = person.stored("OKRs"), api.get(f"/v4/spreadsheets/{book}")
    version = sheets_server.world.files[book].history[-1]
    good = [
        {"updateCells": {"range": area(0, 0, 1, 1), "rows": [{"values": [text("new")]}], "fields": "*"}},
        {"insertDimension": {"range": rows(1, 3)}},
        {"addSheet": {"properties": {"title": "Added"}}},
        {"createDeveloperMetadata": {"developerMetadata": ROW_KEYS | {"location": {"spreadsheet": True}}}},
        {"deleteNamedRange": {"namedRangeId": "no such thing"}},
    ]
    body = {"requests": good}
    status, message = api.refused("POST", f"/v4/spreadsheets/{book}:batchUpdate", body)
    assert (status, message) == (
        400,
        "Invalid requests[4].deleteNamedRange: No named range with id: no such thing",
    )
    assert (person.stored("OKRs"), api.get(f"/v4/spreadsheets/{book}")) == before
    assert sheets_server.world.files[book].history[-1] == version
    assert sheets_server.world.files[book].book.metadata == {}


def test_a_field_the_api_does_not_know_is_refused_in_googles_words(book, api):
    body = {"requests": [{"addSheet": {"properties": {"titel": "x"}}}]}
    status, message = api.refused("POST", f"/v4/spreadsheets/{book}:batchUpdate", body)
    assert status == 400
    assert message == (
        'Invalid JSON payload received. Unknown name "titel" at '
        "'requests[0].add_sheet.properties': Cannot find field."
    )


@pytest.mark.parametrize("kind", sorted(discovery.schema("sheets", "Request")["properties"]))
def test_a_request_is_played_or_said_not_to_be(book, api, kind):
    """No kind of request succeeds silently: an empty one is refused, or does what empty means."""
    answer = api.call("POST", f"/v4/spreadsheets/{book}:batchUpdate", {"requests": [{kind: {}}]})
    if kind in KINDS:
        assert answer.status_code in (200, 400), answer.text
        assert answer.status_code == 200 or "error" in answer.json()
    else:
        assert answer.status_code == 501
        assert answer.json()["error"]["message"].startswith(
            f"The test server does not play the request {kind}"
        )


def tagged(api: Api, book: str) -> dict[str, int]:
    """Row index by the value of the row's metadata, as a search finds it."""
    found = api.post(
        f"/v4/spreadsheets/{book}/developerMetadata:search",
        {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "id"}}]},
    )
    pieces = [one["developerMetadata"] for one in found.get("matchedDeveloperMetadata", [])]
    return {one["metadataValue"]: one["location"]["dimensionRange"]["startIndex"] for one in pieces}


def tag_rows(api: Api, book: str) -> None:
    api.batch(
        book,
        *(
            {
                "createDeveloperMetadata": {
                    "developerMetadata": ROW_KEYS
                    | {
                        "metadataValue": f"k{index}",
                        "location": {"dimensionRange": rows(index, index + 1)},
                    }
                }
            }
            for index in (1, 2, 3)
        ),
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    (
        (lambda person: person.insert_rows("OKRs", 3, 2), {"k1": 1, "k2": 4, "k3": 5}),
        (lambda person: person.delete_rows("OKRs", 3), {"k1": 1, "k3": 2}),
        (lambda person: person.move_rows("OKRs", 4, before=2), {"k3": 1, "k1": 2, "k2": 3}),
        (lambda person: person.move_rows("OKRs", 2, before=5), {"k2": 1, "k3": 2, "k1": 3}),
        (lambda person: person.sort("OKRs!A2:C4", 1), {"k2": 1, "k1": 2, "k3": 3}),
        (lambda person: person.sort("OKRs!A2:C4", 2, descending=True), {"k3": 1, "k1": 2, "k2": 3}),
        (lambda person: person.rename_tab("OKRs", "Goals"), {"k1": 1, "k2": 2, "k3": 3}),
    ),
    ids=["insert", "delete", "move up", "move down", "sort", "sort descending", "rename"],
)
def test_developer_metadata_stays_with_its_row(sheets_server, book, api, change, expected):
    tag_rows(api, book)
    person = sheets_server.person(book)
    change(person)
    title = "Goals" if sheets_server.world.files[book].book.by_title("Goals") else "OKRs"
    assert tagged(api, book) == expected
    assert {
        row[0]: index for index, row in enumerate(person.stored(title)) if row and row[0] in expected
    } == expected


def test_a_write_by_row_metadata_hits_the_row_wherever_it_went(sheets_server, book, api):
    tag_rows(api, book)
    person = sheets_server.person(book)
    person.insert_rows("OKRs", 2)
    person.sort("OKRs!A3:C5", 1)
    lookup = {"developerMetadataLookup": {"metadataKey": "id", "metadataValue": "k2"}}
    answer = api.post(
        f"/v4/spreadsheets/{book}/values:batchUpdateByDataFilter",
        {
            "valueInputOption": "RAW",
            "data": [{"dataFilter": lookup, "values": [[None, "Renamed", None]], "majorDimension": "ROWS"}],
            "includeValuesInResponse": True,
        },
    )
    assert answer["totalUpdatedCells"] == 1
    assert answer["responses"][0]["updatedData"]["values"] == [["k2", "Renamed", "1"]]
    assert person.shown("OKRs!A3:C3") == [["k2", "Renamed", "1"]]
    read = api.post(f"/v4/spreadsheets/{book}/values:batchGetByDataFilter", {"dataFilters": [lookup]})
    assert read["valueRanges"][0]["valueRange"]["values"] == [["k2", "Renamed", "1"]]


def test_formulas_and_ranges_follow_rows(sheets_server, book, api):
    person = sheets_server.person(book)
    api.batch(book, {"addNamedRange": {"namedRange": {"name": "values", "range": area(1, 2, 4, 3)}}})
    api.batch(book, {"mergeCells": {"range": area(3, 0, 4, 2), "mergeType": "MERGE_ALL"}})
    person.insert_rows("OKRs", 3)
    assert person.stored("Other!A1:B1") == [["=SUM(OKRs!C2:C4)", "=OKRs!B5"]]
    assert person.stored("OKRs!C5") == [["=C2+C4"]]
    state = api.get(f"/v4/spreadsheets/{book}", fields="namedRanges.range,sheets.merges")
    assert state["namedRanges"][0]["range"] == {
        "startRowIndex": 1,
        "endRowIndex": 5,
        "startColumnIndex": 2,
        "endColumnIndex": 3,
    }
    assert state["sheets"][0]["merges"][0]["startRowIndex"] == 4
    person.delete_rows("OKRs", 2)
    assert person.shown("OKRs!C4") == [["#REF!"]]
    person.rename_tab("OKRs", "The OKRs")
    assert person.stored("Other!A1") == [["=SUM('The OKRs'!C2:C3)"]]
    person.delete_rows("The OKRs", 2, 3)
    assert person.stored("Other!A1:B1") == [["=SUM(#REF!)", "=#REF!"]]


def test_update_cells_clears_what_rows_do_not_cover_and_only_the_masked_fields(sheets_server, book, api):
    api.batch(
        book,
        {
            "repeatCell": {
                "range": area(0, 0, 4, 3),
                "cell": {"note": "kept", "userEnteredFormat": {"textFormat": {"bold": True}}},
                "fields": "note,userEnteredFormat.textFormat.bold",
            }
        },
        {
            "updateCells": {
                "range": area(1, 0, 4, 3),
                "rows": [{"values": [text("only this")]}],
                "fields": "userEnteredValue",
            }
        },
    )
    person = sheets_server.person(book)
    assert person.stored("OKRs") == [["Id", "Name", "Value"], ["only this"]]
    assert person.cell("OKRs!C4")["note"] == "kept"
    assert person.cell("OKRs!C4")["userEnteredFormat"] == {"textFormat": {"bold": True}}
    refused = api.refused(
        "POST",
        f"/v4/spreadsheets/{book}:batchUpdate",
        {
            "requests": [
                {"updateCells": {"start": {"rowIndex": 1000}, "rows": [{"values": [{}]}], "fields": "*"}}
            ]
        },
    )
    assert refused[0] == 400
    assert "beyond the last requested row" in refused[1]


def test_protected_ranges_refuse_all_but_their_editors(sheets_server, book, api):
    owner = sheets_server.person(book)
    owner.protect("OKRs!A1:C2")
    path = f"/v4/spreadsheets/{book}/values/OKRs!B2"
    status, message = api.refused("PUT", path, {"values": [["x"]]}, valueInputOption="RAW")
    assert (status, message.split(".")[0]) == (400, "You are trying to edit a protected cell or object")
    remove = {"requests": [{"deleteDimension": {"range": rows(0, 1)}}]}
    status, message = api.refused("POST", f"/v4/spreadsheets/{book}:batchUpdate", remove)
    assert message.startswith("Invalid requests[0].deleteDimension: You are trying to edit a protected cell")
    api.put(f"/v4/spreadsheets/{book}/values/OKRs!B3", {"values": [["free"]]}, valueInputOption="RAW")
    owner.type("OKRs!B2", "the owner may")
    seen = api.get(f"/v4/spreadsheets/{book}", fields="sheets.protectedRanges")["sheets"][0][
        "protectedRanges"
    ]
    assert "requestingUserCanEdit" not in seen[0]
    assert "editors" not in seen[0]
    # What the account protects is closed to other writers, not to itself and the owner.
    api.batch(book, {"addProtectedRange": {"protectedRange": {"range": area(5, 0, 9, 3)}}})
    api.put(f"/v4/spreadsheets/{book}/values/OKRs!A6", {"values": [["mine"]]}, valueInputOption="RAW")
    owner.share("writer@example.com", "writer")
    with pytest.raises(Exception, match="protected cell"):
        sheets_server.person(book, "writer@example.com").type("OKRs!A6", "not mine")
    owner.type("OKRs!A6", "the owner's")


def test_limits_are_googles(sheets_server, book, api):
    path = f"/v4/spreadsheets/{book}"
    long = api.refused("PUT", path + "/values/OKRs!A1", {"values": [["x" * 50_001]]}, valueInputOption="RAW")
    assert long == (400, "Your input contains more than the maximum of 50000 characters in a single cell.")
    huge = {"properties": {"gridProperties": {"rowCount": 400_000}}, "fields": "gridProperties.rowCount"}
    status, message = api.refused(
        "POST", path + ":batchUpdate", {"requests": [{"updateSheetProperties": huge}]}
    )
    assert (status, "above the limit of 10000000 cells" in message) == (400, True)
    payload = {"values": [["x" * 40_000]] * 300}
    status, message = api.refused("PUT", path + "/values/OKRs!A1", payload, valueInputOption="RAW")
    assert (status, message) == (400, "Request payload size exceeds the limit: 10485760 bytes.")
    beyond = api.refused("PUT", path + "/values/OKRs!A1001", {"values": [["x"]]}, valueInputOption="RAW")
    assert beyond == (400, "Range (OKRs!A1001) exceeds grid limits. Max rows: 1000, max columns: 26")
    outside = api.refused("PUT", path + "/values/OKRs!A1:B1", {"values": [[1], [2]]}, valueInputOption="RAW")
    assert outside == (
        400,
        "Requested writing within range [OKRs!A1:B1], but tried writing to row [2]",
    )
    assert api.refused("GET", path + "/values/Nowhere!A1") == (400, "Unable to parse range: Nowhere!A1")


def test_tables_charts_rules_and_banding_are_kept_and_removed(sheets_server, book, api):
    rule = {
        "ranges": [area(1, 0, 4, 3)],
        "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"italic": True}}},
    }
    column = {
        "columnIndex": 1,
        "columnName": "Name",
        "columnType": "DROPDOWN",
        "dataValidationRule": {
            "condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "Alpha"}]}
        },
    }
    chart = {
        "spec": {"title": "Progress", "basicChart": {"chartType": "LINE"}},
        "position": {"overlayPosition": {"anchorCell": {"rowIndex": 5, "columnIndex": 5}}},
    }
    replies = api.batch(
        book,
        {"addConditionalFormatRule": {"rule": rule, "index": 0}},
        {"addTable": {"table": {"name": "KRs", "range": area(0, 0, 4, 3), "columnProperties": [column]}}},
        {"addChart": {"chart": chart}},
        {
            "addBanding": {
                "bandedRange": {"range": area(10, 0, 14, 3), "rowProperties": {"headerColor": {"red": 1}}}
            }
        },
        {"setBasicFilter": {"filter": {"range": area(10, 0, 14, 3)}}},
        {"addFilterView": {"filter": {"title": "Mine", "range": area(0, 0, 4, 3)}}},
    )
    sheets_server.person(book).insert_rows("OKRs", 1, 2)
    sheet = api.get(f"/v4/spreadsheets/{book}")["sheets"][0]
    assert sheet["conditionalFormats"][0]["ranges"][0]["startRowIndex"] == 3
    assert sheet["tables"][0]["columnProperties"] == [column]
    assert sheet["tables"][0]["range"]["endRowIndex"] == 6
    assert sheet["charts"][0]["position"]["overlayPosition"]["anchorCell"]["rowIndex"] == 7
    assert sheet["bandedRanges"][0]["range"]["startRowIndex"] == 12
    assert sheet["basicFilter"]["range"]["startRowIndex"] == 12
    api.batch(
        book,
        {"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}},
        {"deleteTable": {"tableId": replies[1]["addTable"]["table"]["tableId"]}},
        {"deleteEmbeddedObject": {"objectId": replies[2]["addChart"]["chart"]["chartId"]}},
        {"deleteBanding": {"bandedRangeId": replies[3]["addBanding"]["bandedRange"]["bandedRangeId"]}},
        {"clearBasicFilter": {"sheetId": 0}},
        {"deleteFilterView": {"filterId": replies[5]["addFilterView"]["filter"]["filterViewId"]}},
    )
    assert set(api.get(f"/v4/spreadsheets/{book}")["sheets"][0]) == {"properties"}


def test_copying_finding_trimming_and_removing_duplicates(sheets_server, book, api):
    person = sheets_server.person(book)
    person.type("OKRs!E1", [["  a  b "], ["same"], ["Same"], ["other"]])
    replies = api.batch(
        book,
        {"trimWhitespace": {"range": area(0, 4, 4, 5)}},
        {"deleteDuplicates": {"range": area(0, 4, 4, 5)}},
        {"findReplace": {"find": "alpha", "replacement": "Omega", "allSheets": True}},
        {"copyPaste": {"source": area(3, 2, 4, 3), "destination": area(4, 2, 5, 3)}},
        {"pasteData": {"coordinate": {"rowIndex": 6}, "data": "1,2\n3,4", "delimiter": ","}},
    )
    assert replies[0]["trimWhitespace"]["cellsChangedCount"] == 1
    assert replies[1]["deleteDuplicates"]["duplicatesRemovedCount"] == 1
    assert replies[2]["findReplace"] == {
        "valuesChanged": 1,
        "occurrencesChanged": 1,
        "rowsChanged": 1,
        "sheetsChanged": 1,
    }
    assert person.shown("OKRs!E1:E4") == [["a b"], ["same"], ["other"]]
    assert person.stored("OKRs!C5") == [["=C3+C4"]]
    assert person.shown("OKRs!A7:B8") == [["1", "2"], ["3", "4"]]


def test_a_comment_can_be_assigned_and_is_shown_only_when_asked_for(book, api):
    request = {
        "insertComment": {
            "content": "Please check in",
            "assigneeEmailAddress": "owner@example.com",
            "coordinate": {"rowIndex": 2, "columnIndex": 1},
        }
    }
    thread = api.batch(book, request)[0]["insertComment"]["commentThread"]
    assert thread["headPost"]["assigneeEmail"] == "owner@example.com"
    assert "comments" not in api.get(f"/v4/spreadsheets/{book}")
    shown = api.get(f"/v4/spreadsheets/{book}", commentsViewMode="COMMENTS_VIEW_MODE_INCLUDED")
    assert shown["comments"] == [thread]
    assert shown["sheets"][0]["commentAnchors"][0]["range"]["startRowIndex"] == 2


def test_an_answer_says_what_became_of_comments(sheets_server, book, api):
    request = {"insertComment": {"content": "Look", "coordinate": {"rowIndex": 2, "columnIndex": 1}}}
    path = f"/v4/spreadsheets/{book}:batchUpdate"
    assert api.post(path, {"requests": [request]})["commentUpdateState"] == "ALL_SAVED"
    assert "commentUpdateState" not in api.post(path, {"requests": [{"addSheet": {}}]})
    sheets_server.world.comments_fail = True
    answer = api.post(path, {"requests": [request]})
    assert answer["commentUpdateState"] == "ALL_FAILED_UNKNOWN_REASON"
    assert (
        len(api.get(f"/v4/spreadsheets/{book}", commentsViewMode="COMMENTS_VIEW_MODE_INCLUDED")["comments"])
        == 1
    )


def test_sheets_are_copied_within_and_between_books(sheets_server, book, api):
    api.batch(book, {"mergeCells": {"range": area(6, 0, 7, 2)}})
    copied = api.batch(book, {"duplicateSheet": {"sourceSheetId": 0, "newSheetName": "Twin"}})
    twin = copied[0]["duplicateSheet"]["properties"]
    assert (twin["title"], twin["index"]) == ("Twin", 0)
    other = sheets_server.seeds.spreadsheet("Other", share={ACCOUNT: "writer"})
    body = {"destinationSpreadsheetId": other}
    properties = api.post(f"/v4/spreadsheets/{book}/sheets/{twin['sheetId']}:copyTo", body)
    assert properties["title"] == "Copy of Twin"
    assert sheets_server.person(other).shown("Copy of Twin!A2:B2") == [["k1", "Beta"]]
    merges = api.get(f"/v4/spreadsheets/{other}", fields="sheets.merges")["sheets"][1]["merges"]
    assert merges[0]["sheetId"] == properties["sheetId"]


def test_the_changed_book_comes_with_the_answer_when_asked_for(book, api):
    body = {
        "requests": [{"updateSheetProperties": {"properties": {"title": "New"}, "fields": "title"}}],
        "includeSpreadsheetInResponse": True,
        "responseRanges": ["New!A1:A2"],
        "responseIncludeGridData": True,
    }
    answer = api.post(f"/v4/spreadsheets/{book}:batchUpdate", body)
    (sheet,) = answer["updatedSpreadsheet"]["sheets"]
    assert sheet["properties"]["title"] == "New"
    assert [row["values"][0]["formattedValue"] for row in sheet["data"][0]["rowData"]] == ["Id", "k1"]


def test_smaller_requests_do_what_they_say(sheets_server, book, api):
    replies = api.batch(
        book,
        {"appendCells": {"rows": [{"values": [text("last")]}], "fields": "userEnteredValue"}},
        {
            "updateBorders": {
                "range": area(0, 0, 2, 2),
                "top": {"style": "SOLID"},
                "innerVertical": {"style": "DOTTED"},
            }
        },
        {"insertRange": {"range": area(1, 1, 2, 2), "shiftDimension": "ROWS"}},
        {"deleteRange": {"range": area(2, 0, 3, 1), "shiftDimension": "ROWS"}},
        {"appendDimension": {"dimension": "COLUMNS", "length": 2}},
        {
            "updateDimensionProperties": {
                "range": rows(0, 1),
                "properties": {"pixelSize": 40},
                "fields": "pixelSize",
            }
        },
        {"addDimensionGroup": {"range": rows(1, 3)}},
        {"addDimensionGroup": {"range": rows(0, 5)}},
        {"addProtectedRange": {"protectedRange": {"range": area(0, 0, 1, 1), "warningOnly": True}}},
        {"cutPaste": {"source": area(0, 2, 1, 3), "destination": {"rowIndex": 9, "columnIndex": 0}}},
    )
    person = sheets_server.person(book)
    assert person.shown("OKRs!A1:B5") == [
        ["Id", "Name"],
        ["k1"],
        ["k3", "Beta"],
        ["last", "Alpha"],
        ["", "Gamma"],
    ]
    assert person.shown("OKRs!A10") == [["Value"]]
    assert person.cell("OKRs!A1")["userEnteredFormat"]["borders"] == {
        "top": {"style": "SOLID"},
        "right": {"style": "DOTTED"},
    }
    assert [one["depth"] for one in replies[7]["addDimensionGroup"]["dimensionGroups"]] == [1, 2]
    protected = replies[8]["addProtectedRange"]["protectedRange"]
    api.batch(
        book,
        {
            "updateProtectedRange": {
                "protectedRange": {"protectedRangeId": protected["protectedRangeId"], "description": "Kept"},
                "fields": "description",
            }
        },
    )
    sheet = api.get(f"/v4/spreadsheets/{book}", ranges="OKRs!A1:A2", includeGridData="true")["sheets"][0]
    assert sheet["protectedRanges"][0]["description"] == "Kept"
    assert sheet["properties"]["gridProperties"]["columnCount"] == 28
    assert sheet["data"][0]["rowMetadata"] == [{"pixelSize": 40}, {"pixelSize": 21}]


def test_a_mask_that_would_take_all_rows_away_is_refused(book, api):
    frozen = {"properties": {"gridProperties": {"frozenRowCount": 1}}, "fields": "gridProperties"}
    body = {"requests": [{"updateSheetProperties": frozen}]}
    status, message = api.refused("POST", f"/v4/spreadsheets/{book}:batchUpdate", body)
    assert (status, message.endswith("You can't delete all the rows on the sheet.")) == (400, True)


def test_cells_are_cleared_and_read_by_data_filter(sheets_server, book, api):
    tag_rows(api, book)
    second = {"developerMetadataLookup": {"metadataKey": "id", "metadataValue": "k2"}}
    nothing = {"developerMetadataLookup": {"metadataKey": "no such key"}}
    path = f"/v4/spreadsheets/{book}"
    read = api.post(path + ":getByDataFilter", {"dataFilters": [second], "includeGridData": True})
    assert read["sheets"][0]["data"][0]["startRow"] == 2
    cleared = api.post(path + "/values:batchClearByDataFilter", {"dataFilters": [second, nothing]})
    assert cleared["clearedRanges"] == ["OKRs!A3:Z3"]
    assert sheets_server.person(book).shown("OKRs!A2:A4") == [["k1"], [], ["k3"]]
    body = {"valueInputOption": "RAW", "data": [{"dataFilter": nothing, "values": [["x"]]}]}
    assert api.post(path + "/values:batchUpdateByDataFilter", body) == {"spreadsheetId": book}
