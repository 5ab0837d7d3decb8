"""What a spreadsheet's locale decides: separators, currency, the order of dates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Locale:
    decimal: str
    group: str
    order: str  # of the parts of a date: "mdy", "dmy", "ymd"
    date: str  # default patterns
    date_time: str
    time: str
    currency: str
    symbols: tuple[str, ...]


_US = Locale(".", ",", "mdy", "M/d/yyyy", "M/d/yyyy H:mm:ss", "h:mm:ss AM/PM", '"$"#,##0.00', ("$",))
_DE = Locale(",", ".", "dmy", "dd.MM.yyyy", "dd.MM.yyyy HH:mm:ss", "HH:mm:ss", "#,##0.00 [$€]", ("€",))
_FR = Locale(",", "\u202f", "dmy", "dd/MM/yyyy", "dd/MM/yyyy HH:mm:ss", "HH:mm:ss", "#,##0.00 [$€]", ("€",))
_GB = Locale(".", ",", "dmy", "dd/MM/yyyy", "dd/MM/yyyy HH:mm:ss", "HH:mm:ss", '"£"#,##0.00', ("£",))
_BY_NAME = {
    "en_US": _US,
    "en_GB": _GB,
    "de_DE": _DE,
    "de_AT": _DE,
    "fr_FR": _FR,
    "es_ES": Locale(",", ".", "dmy", "d/M/yyyy", "d/M/yyyy H:mm:ss", "H:mm:ss", "#,##0.00 [$€]", ("€",)),
    "it_IT": Locale(",", ".", "dmy", "dd/MM/yyyy", "dd/MM/yyyy H:mm:ss", "H:mm:ss", "#,##0.00 [$€]", ("€",)),
}


def known(name: str) -> bool:
    return name in _BY_NAME


def of(name: str) -> Locale:
    """The locale of that name; one this server has no facts about counts as en_US."""
    return _BY_NAME.get(name, _US)
