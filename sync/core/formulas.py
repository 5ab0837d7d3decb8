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
  where a number belongs, a check-in newer than `Current`, a copied id, another measure: then the last
  value that the service computed stands there. What no formula can see are number formats: percents
  beside plain numbers show their ratio until `Issues` says that they were mixed (S114).
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


def _named(reference: str, row_id: str, text: str, single: str) -> str:
    """1 where a reference means a row: by its id, `ID · text`, its exact text, or blank when there is one."""
    reference, row_id, text = f"TRIM({reference})", f"TRIM({row_id})", f"TRIM({text})"
    return (
        f'((({row_id}<>"")*(EXACT({reference},{row_id})'
        f'+EXACT(LEFT({reference},LEN({row_id})+3),{row_id}&" · "))'
        f'+({text}<>"")*(EXACT({reference},{text})+({reference}="")*{single}))>0)'
    )


def _is_out(status: str) -> str:
    return f'((LOWER(TRIM({status}))="paused")+(LOWER(TRIM({status}))="dropped")>0)'


_SINGLE_OBJECTIVE = '(SUMPRODUCT(--(TRIM({Objectives!Objective})<>""))=1)'

# --- key results --------------------------------------------------------------------------------

_LAST_VALUE = _found("key_results", "{Key result}", PROGRESS_COLUMN)
_IS = "LOWER(TRIM({Measure}))"
_RATIO = "({Current}-{Start})/({Target}-{Start})"

_WORKED_ON = (
    "SUMPRODUCT("
    + _named("{Objective ID}", "{Objectives!ID}", "{Objectives!Objective}", _SINGLE_OBJECTIVE)
    + f"*(1-{_is_out('{Objectives!Status}')}))>0"
)
_COPIED = 'SUMPRODUCT(--EXACT(TRIM({Key Results!ID}),TRIM({ID})))*(TRIM({ID})<>"")>1'
# A check-in of this row with a value, not in the future, counts more than an older or a blank Current.
_CHECK_IN_COUNTS = (
    "SUMPRODUCT("
    + _named("{Check-ins!KR ID}", "{ID}", "{Key result}", "0")
    + "*ISNUMBER({Check-ins!Date})*({Check-ins!Date}<TODAY()+1)"
    '*((({Check-ins!Date}>N({Last check-in}))+(TRIM({Current})=""))>0)*({Check-ins!Value}<>""))>0'
)
# Where the service decides: what it cannot see, or sees otherwise, than a formula in this row.
_DECIDED_ELSEWHERE = f"IFERROR(OR({_COPIED},N({{Last check-in}})>=TODAY()+1,{_CHECK_IN_COUNTS}),TRUE)"

_WAY = f'IF(AND(ISNUMBER({{Start}}),ISNUMBER({{Target}})),IF({{Start}}={{Target}},"",{_RATIO}),"")'
_LEVEL_MET = f'IF({_IS}="at least",{{Current}}>={{Target}},{{Current}}<={{Target}})'
_START_UNMET = f'IF({_IS}="at least",{{Start}}<{{Target}},{{Start}}>{{Target}})'
_LEVEL = (
    "IF(ISNUMBER({Target}),IF({Target}>0,"
    f'IF({_IS}="at least",{{Current}}/{{Target}},2-{{Current}}/{{Target}}),'
    f"IF({_LEVEL_MET},1,IF(AND(ISNUMBER({{Start}}),{_START_UNMET}),{_RATIO},0)))"
    ',"")'
)
_NUMBERS = (
    f'IF(OR({_IS}="increase",{_IS}="decrease"),{_WAY},'
    f'IF(OR({_IS}="at least",{_IS}="at most"),{_LEVEL},'
    f'IF(AND({_IS}="",ISNUMBER({{Start}}),ISNUMBER({{Target}})),{_WAY},{_LAST_VALUE})))'
)
_PLAIN_NUMBERS = (
    'AND(ISNUMBER({Current}),OR(ISNUMBER({Start}),{Start}=""),OR(ISNUMBER({Target}),{Target}=""))'
)


def _one_of(words: tuple[str, ...]) -> str:
    choices = ",".join(f'"{word}"' for word in words)
    # inside SUMPRODUCT: elsewhere Google compares with the first word alone
    return f"SUMPRODUCT(--(LOWER(TRIM({{Current}}))={{{choices}}}))>0"


_YES_NO = (
    "IF(ISLOGICAL({Current}),IF({Current},1,0),"
    f"IF({_one_of(YES_WORDS)},1,IF({_one_of(NO_WORDS)},0,{_LAST_VALUE})))"
)
_LIVE = f'IF({_IS}="yes/no",{_YES_NO},IF({_PLAIN_NUMBERS},{_NUMBERS},{_LAST_VALUE}))'
_WITHOUT_VALUE = f'IF(OR({_IS}="between",{_IS}="contributors"),{_LAST_VALUE},"")'

KEY_RESULT_ISSUES = _issues("key_results", "{Key result}")
KEY_RESULT_PROGRESS = (
    f'=IF(TRIM({{Key result}})="","",IF({_is_out("{Status}")},"",'
    f"IFERROR(IF({_WORKED_ON},IF({_DECIDED_ELSEWHERE},{_LAST_VALUE},"
    f'IF(TRIM({{Current}})="",{_WITHOUT_VALUE},{_LIVE})),""),"")))'
)

# --- objectives ---------------------------------------------------------------------------------

_LAST_SCORE = _found("objectives", "{Objective}", PROGRESS_COLUMN)
_P, _W = "{Key Results!Progress}", "{Key Results!Weight}"
_OWN = (
    _named("{Key Results!Objective ID}", "{ID}", "{Objective}", _SINGLE_OBJECTIVE)
    + '*(TRIM({Key Results!Key result})<>"")*(LOWER(TRIM({Key Results!Measure}))<>"kpi")'
    + f"*(1-{_is_out('{Key Results!Status}')})"
)
_COUNTED = f'{_OWN}*ISNUMBER({_P})*(({_W}="")+{_W})'
# Progress holds texts too: SUMPRODUCT counts them as 0 in an argument of their own, in a product they fail.
_CLAMPED_SUM = f"(SUMPRODUCT({_COUNTED}*({_P}>=1))+SUMPRODUCT({_COUNTED}*({_P}>0)*({_P}<1),{_P}))"
_UNWEIGHTABLE = f'SUMPRODUCT({_OWN}*({_W}=""))*SUMPRODUCT({_OWN}*({_W}<>""))+SUMPRODUCT({_OWN}*({_W}<0))>0'

OBJECTIVE_ISSUES = _issues("objectives", "{Objective}")
OBJECTIVE_PROGRESS = (
    f'=IF(TRIM({{Objective}})="","",IF({_is_out("{Status}")},"",'
    f"IFERROR(IF({_UNWEIGHTABLE},{_LAST_SCORE},{_CLAMPED_SUM}/SUMPRODUCT({_COUNTED})),{_LAST_SCORE})))"
)
