"""The live formulas of a team's workbook, as texts over the columns of `sync.core.schema`.

`{Name}` stands for the cell of that column in the formula's own row, `{Tab!Name}` for the filled part
of a column of a tab. Only functions that Excel 2016, Google Sheets and LibreOffice 7 all have, and no
array formula: what must look at many cells stands inside SUMPRODUCT.

- Rows are found by EXACT, never by MATCH or COUNTIF, which fold case and take `*`, `?` and `~` for
  wildcards: the id `a*` must find `a*` alone. A key that the key block does not list finds its first row,
  which holds what to show then.
- INDIRECT, because Sync status is replaced as a whole: nothing points at its cells, and a volatile
  formula is never left with an old result.
- A figure is shown live only when the service would compute it from the same cells (OKR.md §2). Text
  where a number belongs, a check-in newer than `Current`, an inferred or open measure: then the last
  value that the service computed stands there, so no cell shows a number that the master contradicts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sync.core.status_tab import ISSUES_COLUMN, KEY_COLUMN, PROGRESS_COLUMN, key_range

YES_WORDS = ("yes", "true", "done", "x", "1")
NO_WORDS = ("no", "false", "0")

_PLACEHOLDER = re.compile(r"\{([A-Z][^{}!\"]*)(?:!([^{}!\"]+))?\}")


def render(formula: str, cell: Callable[[str], str], column: Callable[[str, str], str]) -> str:
    """The formula with its placeholders filled by `cell(name)` and `column(tab, name)`."""

    def fill(match: re.Match[str]) -> str:
        first, second = match.groups()
        return cell(first) if second is None else column(first, second)

    return _PLACEHOLDER.sub(fill, formula)


def _clean(words: str) -> str:
    return f'TRIM(SUBSTITUTE(SUBSTITUTE({words},CHAR(10)," "),"\u00a0"," "))'


def _found(table: str, text: str, result_column: int) -> str:
    """What the key block says of this row in one of its columns (see `status_tab.row_key`)."""
    key = f'"{table}:"&IF({_clean("{ID}")}="",{_clean(text)},{_clean("{ID}")})'
    keys = f'INDIRECT("{key_range(KEY_COLUMN)}")'
    at = f"MAX(1,SUMPRODUCT(MAX(EXACT({keys},{key})*ROW({keys}))))"
    return f'INDEX(INDIRECT("{key_range(result_column)}"),{at})'


def _issues(table: str, text: str) -> str:
    return f'=IF(TRIM({text})="","",{_found(table, text, ISSUES_COLUMN)}&"")'


# --- key results --------------------------------------------------------------------------------

_LAST_VALUE = _found("key_results", "{Key result}", PROGRESS_COLUMN)
_IS = "LOWER(TRIM({Measure}))"
_RATIO = "({Current}-{Start})/({Target}-{Start})"

# A check-in of this row with a value, dated after Current and not in the future, counts more than Current.
_CHECK_IN_COUNTS = (
    "IFERROR(SUMPRODUCT("
    "((EXACT(TRIM({Check-ins!KR ID}),TRIM({ID}))"
    '+EXACT(LEFT(TRIM({Check-ins!KR ID}),LEN(TRIM({ID}))+3),TRIM({ID})&" · "))*(TRIM({ID})<>"")'
    "+EXACT(TRIM({Check-ins!KR ID}),TRIM({Key result}))>0)"
    "*ISNUMBER({Check-ins!Date})*({Check-ins!Date}>N({Last check-in}))*({Check-ins!Date}<TODAY()+1)"
    '*({Check-ins!Value}<>""))>0,TRUE)'
)
_WAY = f'IF(AND(ISNUMBER({{Start}}),ISNUMBER({{Target}})),IF({{Start}}={{Target}},"",{_RATIO}),""'
_LEVEL_MET = f'IF({_IS}="at least",{{Current}}>={{Target}},{{Current}}<={{Target}})'
_LEVEL = (
    "IF(ISNUMBER({Target}),IF({Target}>0,"
    f'IF({_IS}="at least",{{Current}}/{{Target}},2-{{Current}}/{{Target}}),'
    f"IF({_LEVEL_MET},1,IF(ISNUMBER({{Start}}),IF({{Start}}={{Target}},0,{_RATIO}),0)))"
    ',"")'
)
_NUMBERS = (
    f'IF(OR({_IS}="increase",{_IS}="decrease"),{_WAY}),'
    f'IF(OR({_IS}="at least",{_IS}="at most"),{_LEVEL},'
    f'IF(AND({_IS}="",ISNUMBER({{Start}}),ISNUMBER({{Target}})),{_WAY}),{_LAST_VALUE})))'
)
_PLAIN_NUMBERS = (
    'AND(ISNUMBER({Current}),OR(ISNUMBER({Start}),{Start}=""),OR(ISNUMBER({Target}),{Target}=""))'
)


def _one_of(words: tuple[str, ...]) -> str:
    choices = ",".join(f'"{word}"' for word in words)
    return f"OR(LOWER(TRIM({{Current}}))={{{choices}}})"


_YES_NO = (
    "IF(ISLOGICAL({Current}),IF({Current},1,0),"
    f"IF({_one_of(YES_WORDS)},1,IF({_one_of(NO_WORDS)},0,{_LAST_VALUE})))"
)
_LIVE = f'IF({_IS}="yes/no",{_YES_NO},IF({_PLAIN_NUMBERS},{_NUMBERS},{_LAST_VALUE}))'
_OUT = 'OR(LOWER(TRIM({Status}))="paused",LOWER(TRIM({Status}))="dropped")'

KEY_RESULT_ISSUES = _issues("key_results", "{Key result}")
KEY_RESULT_PROGRESS = (
    f'=IF(OR(TRIM({{Key result}})="",{_OUT}),"",'
    f'IFERROR(IF({_CHECK_IN_COUNTS},{_LAST_VALUE},IF(TRIM({{Current}})="",'
    f'IF(OR({_IS}="between",{_IS}="contributors"),{_LAST_VALUE},""),{_LIVE})),""))'
)

# --- objectives ---------------------------------------------------------------------------------

_OWN = (
    '(((TRIM({ID})<>"")*(EXACT(TRIM({Key Results!Objective ID}),TRIM({ID}))'
    '+EXACT(LEFT(TRIM({Key Results!Objective ID}),LEN(TRIM({ID}))+3),TRIM({ID})&" · "))'
    "+EXACT(TRIM({Key Results!Objective ID}),TRIM({Objective}))"
    '+(TRIM({Key Results!Objective ID})="")*(SUMPRODUCT(--(TRIM({Objectives!Objective})<>""))=1))>0)'
)
_COUNTED = (
    f'{_OWN}*ISNUMBER({{Key Results!Progress}})*(LOWER(TRIM({{Key Results!Measure}}))<>"kpi")'
    '*(LOWER(TRIM({Key Results!Status}))<>"paused")*(LOWER(TRIM({Key Results!Status}))<>"dropped")'
    '*(({Key Results!Weight}="")+{Key Results!Weight})'
)
# Progress holds texts too: SUMPRODUCT counts them as 0 in an argument of their own, in a product they fail.
_P = "{Key Results!Progress}"
_CLAMPED_SUM = f"(SUMPRODUCT({_COUNTED}*({_P}>=1))+SUMPRODUCT({_COUNTED}*({_P}>0)*({_P}<1),{_P}))"
_LAST_SCORE = _found("objectives", "{Objective}", PROGRESS_COLUMN)

OBJECTIVE_ISSUES = _issues("objectives", "{Objective}")
OBJECTIVE_PROGRESS = (
    f'=IF(TRIM({{Objective}})="","",IFERROR({_CLAMPED_SUM}/SUMPRODUCT({_COUNTED}),{_LAST_SCORE}))'
)
