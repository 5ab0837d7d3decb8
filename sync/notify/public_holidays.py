"""Public holidays by country or part of one (`DE`, `DE-BY`), from the library that knows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date


def public_holidays(
    countries: Iterable[str], years: Iterable[int]
) -> tuple[Mapping[str, frozenset[date]], list[str]]:
    """The holidays of each country that is known, and sentences about those that are not."""
    wanted = sorted({*countries} - {""})
    if not wanted:
        return {}, []
    import holidays  # noqa: PLC0415  # its calendars load where somebody has a country

    known, problems = {}, []
    for country in wanted:
        name, _, part = country.partition("-")
        try:
            found = holidays.country_holidays(name, subdiv=part or None, years=list(years))
        except NotImplementedError:
            problems.append(
                f'The public holidays of "{country}" are not known; give two letters such as DE, or DE-BY.'
            )
        else:
            known[country] = frozenset(found)
    return known, problems
