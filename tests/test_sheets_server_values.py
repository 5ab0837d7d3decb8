"""What typing, reading and formulas give on the test server, in locales with a point and with a comma."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from tests.sheets_server.clients import Api
from tests.sheets_server.credentials import ACCOUNT
from tests.sheets_server.server import SheetsServer

TYPED = (  # locale, typed, stored, shown
    ("en_US", "7", 7, "7"),
    ("en_US", "0042", 42, "42"),
    ("en_US", "'0042", "0042", "0042"),
    ("en_US", "7%", 0.07, "7%"),
    ("en_US", "12.5%", 0.125, "12.50%"),
    ("en_US", "1,234", 1234, "1,234"),
    ("en_US", "2,000,000.01", 2000000.01, "2,000,000.01"),
    ("en_US", "1,23", "1,23", "1,23"),
    ("en_US", "0,5", "0,5", "0,5"),
    ("en_US", "-.5", -0.5, "-0.5"),
    ("en_US", "1e3", 1000, "1.00E+03"),
    ("en_US", "$5", 5, "$5"),
    ("en_US", "$1,234.50", 1234.5, "$1,234.50"),
    ("en_US", "2026-01-31", 46053, "2026-01-31"),
    ("en_US", "1/31/2026", 46053, "1/31/2026"),
    ("en_US", "31/1/2026", "31/1/2026", "31/1/2026"),
    ("en_US", "2026-01-31 18:30:00", 46053.770833333336, "2026-01-31 18:30:00"),
    ("en_US", "6:30 pm", 0.7708333333333334, "18:30"),
    ("en_US", "true", True, "TRUE"),
    ("en_US", "n/a", "n/a", "n/a"),
    ("en_US", "=1/0", "=1/0", "#DIV/0!"),
    ("de_DE", "0,5", 0.5, "0,5"),
    ("de_DE", "1.234,56", 1234.56, "1.234,56"),
    ("de_DE", "0.5", "0.5", "0.5"),
    ("de_DE", "7%", 0.07, "7%"),
    ("de_DE", "7,5%", 0.075, "7,50%"),
    ("de_DE", "31.01.2026", 46053, "31.01.2026"),
    ("de_DE", "1.234,50 €", 1234.5, "1.234,50 €"),
    ("de_DE", "=1,5*2", "=1,5*2", "3"),
    ("de_DE", "=SUM(1;2,5)", "=SUM(1;2,5)", "3,5"),
    ("fr_FR", "31/01/2026", 46053, "31/01/2026"),
)


@pytest.mark.parametrize(("locale", "typed", "stored", "shown"), TYPED)
def test_typing_gives_what_it_gives_at_google(sheets_server, locale, typed, stored, shown):
    book = sheets_server.seeds.spreadsheet("Typed", {"T": [[typed]]}, locale=locale)
    person = sheets_server.person(book)
    assert person.stored("T!A1") == [[stored]]
    assert person.shown("T!A1") == [[shown]]


FORMATS = (  # value, type, pattern, shown
    (0.1234, "PERCENT", "0.0%", "12.3%"),
    (0.125, "PERCENT", "", "12.50%"),
    (1234.5, "NUMBER", "", "1,234.50"),
    (1234.5, "NUMBER", "#,##0", "1,235"),
    (-1234.5, "NUMBER", "#,##0.00;(#,##0.00)", "(1,234.50)"),
    (0, "NUMBER", '0;-0;"none"', "none"),
    (0.5, "NUMBER", "#.##", ".5"),
    (5, "NUMBER", "000", "005"),
    (5, "NUMBER", '0 "pts"', "5 pts"),
    (1234.5, "CURRENCY", "", "$1,234.50"),
    (46053.5, "DATE", "", "1/31/2026"),
    (46053.5, "DATE", "dd.mm.yy", "31.01.26"),
    (46053.5, "DATE_TIME", "", "1/31/2026 12:00:00"),
    (46053, "DATE", "ddd, d mmm yyyy", "Sat, 31 Jan 2026"),
    (0.5, "TIME", "", "12:00:00 PM"),
    (0.52, "TIME", "hh:mm", "12:28"),
    (12345, "SCIENTIFIC", "0.00E+00", "1.23E+04"),
    (0.5, "TEXT", "", "0.5"),
)


@pytest.mark.parametrize(("value", "kind", "pattern", "shown"), FORMATS)
def test_number_formats_show_numbers(sheets_server, value, kind, pattern, shown):
    book = sheets_server.seeds.spreadsheet("Formats", {"F": [[value]]})
    number_format = {"type": kind} | ({"pattern": pattern} if pattern else {})
    person = sheets_server.person(book)
    person.request(
        repeatCell={
            "range": {"endRowIndex": 1, "endColumnIndex": 1},
            "cell": {"userEnteredFormat": {"numberFormat": number_format}},
            "fields": "userEnteredFormat.numberFormat",
        }
    )
    assert person.shown("F!A1") == [[shown]]


FORMULAS = (
    ("=1+2*3^2", "19"),
    ("=-A1", "-1"),
    ("=A1&B1", "1x"),
    ('="a"&" ""b"""', 'a "b"'),
    ("=50%", "0.5"),
    ("=A1=1", "TRUE"),
    ('="A"="a"', "TRUE"),
    ("=A1<>A2", "TRUE"),
    ("=SUM(A1:A4)", "3"),
    ("=SUM(A:A)", "3"),
    ("=AVERAGE(A1:A4)", "1.5"),
    ("=COUNT(A1:C4)", "2"),
    ("=COUNTA(A1:B4)", "5"),
    ("=MIN(A1:A2,-5)", "-5"),
    ("=MAX(Other!A1:A2)", "30"),
    ("='Other'!A1*2", "40"),
    ('=IF(A1>0,"yes",1/0)', "yes"),
    ('=IFERROR(1/0,"caught")', "caught"),
    ("=ROUND(2.345,2)", "2.35"),
    ("=ABS(-3)", "3"),
    ('=CONCATENATE(A1,"-",B1)', "1-x"),
    ("=AND(A1=1,NOT(A2=1))", "TRUE"),
    ('=VLOOKUP("k2",Other!B1:C2,2,FALSE)', "second"),
    ('=XLOOKUP("k9",Other!B1:B2,Other!C1:C2,"none")', "none"),
    ('=INDEX(Other!C1:C2,MATCH("k2",Other!B1:B2,0))', "second"),
    ("=DATE(2026,1,31)", "46053"),
    ("=TODAY()", "5/28/2026"),
    ("=1/0", "#DIV/0!"),
    ("=B1+1", "#VALUE!"),
    ("=Nowhere!A1", "#REF!"),
    ("=NOSUCHFUNCTION(1)", "#NAME?"),
    ("=nosuchname", "#NAME?"),
    ('=VLOOKUP("k9",Other!B1:C2,2,FALSE)', "#N/A"),
    ("=SUM(A1", "#ERROR!"),
    ("=D1", "#REF!"),  # the formula stands in D1
    ("=A1+E1", "#DIV/0!"),  # errors go through
)


@pytest.mark.parametrize(("formula", "shown"), FORMULAS)
def test_formulas_show_their_value_or_their_error(sheets_server, formula, shown):
    tabs = {
        "F": [[1, "x", None, formula, "=1/0"], [2, True], [None], ["text"]],
        "Other": [[20, "k1", "first"], [30, "k2", "second"]],
    }
    book = sheets_server.seeds.spreadsheet("Formulas", tabs)
    assert sheets_server.person(book).shown("F!D1") == [[shown]]


def test_a_test_may_say_what_a_formula_shows(sheets_server):
    book = sheets_server.seeds.spreadsheet("Hook", {"F": [["=IMPORTRANGE(1)", '=A1&"!"', "=LATER()"]]})
    person = sheets_server.person(book)
    assert person.shown("F!A1:C1") == [["#NAME?", "#NAME?", "#NAME?"]]
    told = {"=IMPORTRANGE(1)": "imported", "=LATER()": "#N/A"}
    sheets_server.world.formula_hook = lambda formula, *_: told.get(formula)
    person.type("F!D1", "a change")
    assert person.shown("F!A1:C1") == [["imported", "imported!", "#N/A"]]


def test_an_errors_type_is_told_apart_from_text(sheets_server, api):
    book = sheets_server.seeds.spreadsheet(
        "Errors", {"E": [["=1/0", "#DIV/0!", "=X()"]]}, share={ACCOUNT: "reader"}
    )
    answer = api.get(
        f"/v4/spreadsheets/{book}", fields="sheets.data.rowData.values(effectiveValue,formattedValue)"
    )
    error, written, unknown = answer["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert error["effectiveValue"]["errorValue"]["type"] == "DIVIDE_BY_ZERO"
    assert written == {"effectiveValue": {"stringValue": "#DIV/0!"}, "formattedValue": "#DIV/0!"}
    assert unknown["effectiveValue"]["errorValue"]["type"] == "NAME"


def test_grid_data_keep_places_and_drop_what_trails(sheets_server, api):
    rows = [["a"], [], [None, None, "c"]]
    book = sheets_server.seeds.spreadsheet("Grid", {"G": rows, "H": []}, share={ACCOUNT: "reader"})
    mask = "sheets(properties.title,data(startRow,startColumn,rowData.values.effectiveValue))"
    answer = api.get(f"/v4/spreadsheets/{book}", fields=mask)
    c = {"effectiveValue": {"stringValue": "c"}}
    assert answer["sheets"][0]["data"] == [
        {"rowData": [{"values": [{"effectiveValue": {"stringValue": "a"}}]}, {}, {"values": [{}, {}, c]}]}
    ]
    assert answer["sheets"][1] == {"properties": {"title": "H"}, "data": [{}]}
    part = api.get(f"/v4/spreadsheets/{book}", fields=mask, ranges=["G!B2:D9", "G!A1"])
    assert part["sheets"] == [
        {
            "properties": {"title": "G"},
            "data": [
                {"startRow": 1, "startColumn": 1, "rowData": [{}, {"values": [{}, c]}]},
                {"rowData": [{"values": [{"effectiveValue": {"stringValue": "a"}}]}]},
            ],
        }
    ]


def test_fields_that_do_not_exist_are_refused(sheets_server, api):
    book = sheets_server.seeds.spreadsheet("Fields", share={ACCOUNT: "reader"})
    assert api.refused("GET", f"/v4/spreadsheets/{book}", fields="sheets.datum")[0] == 400
    status, message = api.refused("GET", "/drive/v3/files", fields="files(id,nam)")
    assert (status, message) == (400, "Invalid field selection files.nam")
    assert 'Unknown name "range"' in api.refused("GET", f"/v4/spreadsheets/{book}", range="A1")[1]


def test_values_are_appended_below_the_last_table(sheets_server, api):
    book = sheets_server.seeds.spreadsheet(
        "Append", {"A": [["h", "i"], [1, 2], [], [3]]}, share={ACCOUNT: "writer"}
    )
    path = f"/v4/spreadsheets/{book}/values/"
    body = {"values": [["new", "=1+1"]]}
    first = api.post(
        path + "A!A1:append", body, valueInputOption="USER_ENTERED", includeValuesInResponse="true"
    )
    assert first["tableRange"] == "'A'!A1:B2"
    assert first["updates"]["updatedData"]["values"] == [["new", "2"]]
    inserted = api.post(path + "A!A1:append", body, valueInputOption="RAW", insertDataOption="INSERT_ROWS")
    assert inserted["updates"]["updatedRange"] == "'A'!A5:B5"
    assert sheets_server.person(book).shown("A") == [
        ["h", "i"],
        ["1", "2"],
        ["new", "2"],
        ["3"],
        ["new", "=1+1"],
    ]


def test_reading_by_columns_and_dates_as_text(sheets_server, api):
    book = sheets_server.seeds.spreadsheet(
        "Columns", {"C": [["a", "2026-01-31"], ["b"]]}, share={ACCOUNT: "reader"}
    )
    path = f"/v4/spreadsheets/{book}/values/C"
    options = {"valueRenderOption": "UNFORMATTED_VALUE", "majorDimension": "COLUMNS"}
    assert api.get(path, **options)["values"] == [["a", "b"], [46053]]
    options["dateTimeRenderOption"] = "FORMATTED_STRING"
    assert api.get(path, **options)["values"] == [["a", "b"], ["2026-01-31"]]


def test_now_is_the_servers_clock_in_the_books_time_zone(sheets_server):
    book = sheets_server.seeds.spreadsheet("Now", {"N": [["=NOW()"]]}, time_zone="Asia/Tokyo")
    person = sheets_server.person(book)
    moment = dt.datetime.fromtimestamp(sheets_server.clock.now(), dt.UTC) + dt.timedelta(hours=9)
    assert person.shown("N!A1") == [
        [f"{moment.month}/{moment.day}/{moment.year} {moment.hour}:{moment:%M:%S}"]
    ]
    sheets_server.clock.advance(86_400)
    assert person.shown("N!A1")[0][0].startswith(f"{moment.month}/{moment.day + 1}/")


@pytest.fixture
def api(sheets_server: SheetsServer) -> Iterator[Api]:
    with Api(sheets_server.url, sheets_server.credentials.bearer()) as opened:
        yield opened
