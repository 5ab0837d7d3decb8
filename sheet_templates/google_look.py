"""What XlsxWriter's options mean in Google: formats, drop-downs and messages, colours by rule.

- Google has no data bars. Progress is a ground that deepens towards 1 instead.
- A list that is chosen from offers and marks, it never refuses: `strict` is always false. Google marks, with
  a red corner, also what a list need not hold (several values in a cell, a name that is not listed yet).
- Google has no message without a rule; a rule that is always met carries it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.core import palette
from sync.core import sheets_api as api
from sync.core.sheets_api import Json

Options = Mapping[str, Any]

_ACROSS = {"left": "LEFT", "center": "CENTER", "right": "RIGHT"}
_DOWN = {"top": "TOP", "vcenter": "MIDDLE"}
_INDENT = 9  # pixels of one step of Excel's indent
_TEXT = {
    "font_name": "fontFamily",
    "font_size": "fontSize",
    "bold": "bold",
    "italic": "italic",
}


class Format:
    """One format of a book; the same object means the same look."""

    def __init__(self, options: Options) -> None:
        self.cell = cell_format(options)


def cell_format(options: Options) -> Json:
    """The CellFormat of XlsxWriter's format options."""
    found: Json = {}
    if text := _text_format(options):
        found["textFormat"] = text
    if "bg_color" in options:
        found["backgroundColorStyle"] = api.colour(options["bg_color"])
    if number := api.number_format(options.get("num_format", "")):
        found["numberFormat"] = number
    if "align" in options:
        found["horizontalAlignment"] = _ACROSS[options["align"]]
    if "valign" in options:
        found["verticalAlignment"] = _DOWN[options["valign"]]
    if options.get("text_wrap"):
        found["wrapStrategy"] = "WRAP"
    if options.get("indent"):
        found["padding"] = {"top": 2, "right": 3, "bottom": 2, "left": 3 + _INDENT * options["indent"]}
    if borders := _borders(options):
        found["borders"] = borders
    return found


def _text_format(options: Options) -> Json:
    found: Json = {google: options[name] for name, google in _TEXT.items() if name in options}
    if "font_color" in options:
        found["foregroundColorStyle"] = api.colour(options["font_color"])
    if options.get("underline"):
        found["underline"] = True
    return found


def _borders(options: Options) -> Json:
    if options.get("border"):
        line = {"style": "SOLID", "colorStyle": api.colour(options["border_color"])}
        return dict.fromkeys(("top", "bottom", "left", "right"), line)
    if options.get("bottom"):
        return {"bottom": {"style": "SOLID", "colorStyle": api.colour(options["bottom_color"])}}
    return {}


def validation(options: Options, lists: Mapping[str, str]) -> Json:
    """The DataValidationRule of XlsxWriter's options; `lists` are the ranges behind the named lists."""
    rule: Json = {"condition": _allowed(options, lists), "strict": False}
    if options["validate"] == "list":
        rule["showCustomUi"] = True
    if "input_message" in options:
        rule["inputMessage"] = options["input_message"]
    return rule


def _allowed(options: Options, lists: Mapping[str, str]) -> Json:
    match options["validate"]:
        case "list":
            source = options["source"].removeprefix("=")
            return _condition("ONE_OF_RANGE", f"={lists.get(source, source)}")
        case "decimal":
            return _condition("NUMBER_BETWEEN", str(options["minimum"]), str(options["maximum"]))
        case "date":  # from the year 2000 on, is Excel's way to say: a date
            return _condition("DATE_IS_VALID")
        case _:
            return _condition("CUSTOM_FORMULA", "=TRUE")


def coloured(rule: Options) -> Json:
    """What XlsxWriter's conditional format is as a ConditionalFormatRule, without its ranges."""
    if rule["type"] == "data_bar":
        return {"gradientRule": _gradient(rule)}
    return {"booleanRule": {"condition": _when(rule), "format": rule["format"].cell}}


def _gradient(rule: Options) -> Json:
    ends = (("minpoint", "min_value", palette.COMPUTED), ("maxpoint", "max_value", rule["bar_color"]))
    return {
        end: {"type": "NUMBER", "value": str(rule[value]), "colorStyle": api.colour(colour)}
        for end, value, colour in ends
    }


def _when(rule: Options) -> Json:
    match rule["type"]:
        case "cell":
            return _condition("TEXT_EQ", rule["value"].strip('"'))
        case "text":
            return _condition("TEXT_STARTS_WITH", rule["value"])
        case "blanks":
            return _condition("BLANK")
        case _:
            return _condition("CUSTOM_FORMULA", rule["criteria"])


def _condition(kind: str, *values: str) -> Json:
    found: Json = {"type": kind}
    if values:
        found["values"] = [{"userEnteredValue": value} for value in values]
    return found
