"""The people list as a directory: who is meant by a name, who may be written to, and where they are.

A name that two people share means nobody, and so does an unknown one: nothing goes to a guess (S115 says
what is unknown). Addresses come from this list alone, never from a team's sheet (TRUST 24).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.core.model import Person, split_several

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?P<domain>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
_LONGEST = 254  # of an address, in any mail system


def folded(text: str) -> str:
    """The text as names and addresses are compared: without regard to case and repeated blanks."""
    return " ".join(text.split()).casefold()


class Directory:
    """The people list, asked for names, addresses and `Name <address>`."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._found: dict[str, dict[str, Person]] = defaultdict(dict)
        first: dict[str, Person] = {}
        for person in people:
            address = folded(person.email) or f"row {person.row}"
            reader = first.setdefault(address, person)  # who shares an address gets one message there
            for word in {folded(person.name), folded(person.email)} - {""}:
                self._found[word].setdefault(address, reader)

    def find(self, text: str) -> Person | None:
        """The one person who is meant; None when nobody or more than one is called so."""
        name, bracket, address = text.partition("<")
        for word in (address.partition(">")[0], name) if bracket else (text,):
            meant = self._found.get(folded(word), {})
            if len(meant) == 1:
                return next(iter(meant.values()))
        return None

    def all_in(self, text: str) -> tuple[Person, ...]:
        """Everybody named in a cell who is known, each once, in the order of the cell."""
        found = (self.find(one) for one in split_several(text))
        return tuple(dict.fromkeys(person for person in found if person))


@dataclass(frozen=True, slots=True)
class Reach:
    """Who may be written to: domains that are allowed (none named: all), addresses that are not."""

    allowed_domains: Collection[str] = ()
    suppressed: Collection[str] = ()

    def why_not(self, person: Person) -> str:
        """Why nothing can be sent to that person, as the end of a sentence; "" when it can."""
        if not person.email:
            return "has no e-mail address in the people list"
        found = _ADDRESS.fullmatch(person.email)
        if found is None or len(person.email) > _LONGEST:
            return "has no usable e-mail address in the people list"
        domains = {domain.casefold().lstrip("@") for domain in self.allowed_domains}
        if domains and found["domain"].casefold() not in domains:
            return "has an address outside [mail] allowed_domains"
        if folded(person.email) in {folded(address) for address in self.suppressed}:
            return "is on the list [routing] suppressed"
        return ""


class Place(NamedTuple):
    """Where somebody works: an IANA time zone, and the country whose public holidays count ("" for none)."""

    zone: str
    country: str


@dataclass(frozen=True)
class Places:
    """Zone and country by unit; a person's own come first, then the unit's, then the organisation's.

    `parents` leads up the unit tree: a team without a zone or country has its department's.
    """

    everywhere: Place
    parents: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)
    known_zones: Collection[str] = ()

    def of_unit(self, unit: str) -> Place:
        """Where a unit works."""
        zone = country = ""
        seen: set[str] = set()
        while unit and unit not in seen:
            seen.add(unit)
            zone = zone or self._known(self.zones.get(unit, ""))
            country = country or self.countries.get(unit, "")
            unit = self.parents.get(unit, "")
        return Place(zone or self.everywhere.zone, country or self.everywhere.country)

    def of(self, person: Person) -> Place:
        """Where a person works."""
        unit = self.of_unit(person.unit)
        return Place(self._known(person.time_zone) or unit.zone, person.country.upper() or unit.country)

    def _known(self, zone: str) -> str:
        return zone if zone in self.known_zones else ""


def nearest(at: int, parents: Sequence[int], texts: Sequence[str]) -> str:
    """The first filled text of a unit and those above it, "" when all are blank."""
    for _ in range(len(parents)):
        if at < 0 or texts[at]:
            break
        at = parents[at]
    return texts[at] if at >= 0 else ""
