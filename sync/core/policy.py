"""The choices an organisation can make, as plain values; `sync.config` fills them from `config.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RollUp(StrEnum):
    """What an objective's score is made of when other objectives contribute to it (OKR.md §4)."""

    OWN_THEN_CONTRIBUTORS = "own-then-contributors"
    OWN = "own"
    CONTRIBUTORS = "contributors"
    POOLED = "pooled"


@dataclass(frozen=True, slots=True)
class Scoring:
    """Pace and grade settings. Gaps are fractions, days are calendar days."""

    roll_up: RollUp = RollUp.OWN_THEN_CONTRIBUTORS
    on_track_gap: float = 0.10
    at_risk_gap: float = 0.25
    not_started_days: int = 7
    outdated_days: int = 14
    aspirational_bands: tuple[float, float] = (0.4, 0.7)
    committed_bands: tuple[float, float] = (0.7, 1.0)


@dataclass(frozen=True, slots=True)
class Checks:
    """Which rules speak, how loudly, and their thresholds. Codes or prefixes (`Q`, `A3`, `B401`)."""

    select: tuple[str, ...] = ("S", "Q", "A", "B")
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = field(default_factory=dict)
    max_objectives: int = 3
    max_objectives_company: int = 5
    min_key_results: int = 2
    max_key_results: int = 5
    flat_weeks: int = 4
    check_in_due_weekday: int = 4
    check_in_window_days: int = 5

    def selects(self, code: str) -> bool:
        """Whether findings of that code are shown."""
        chosen = any(code.startswith(prefix) for prefix in self.select)
        return chosen and not any(code.startswith(prefix) for prefix in self.ignore)


class Role(StrEnum):
    """Why somebody is told, in the order of the ladder."""

    OWNER = "owner"
    CHAMPION = "champion"
    MANAGER = "manager"
    SPONSOR = "sponsor"


@dataclass(frozen=True, slots=True)
class Ladder:
    """On which working days after the first missed due day each role is told, and how long the new have."""

    owner_days: tuple[int, ...] = (0, 1)
    champion_days: int = 3
    manager_days: int = 7
    sponsor_days: int = 14
    grace_days: int = 2

    def steps(self, role: Role) -> tuple[int, ...]:
        """The days on which that role is told."""
        return {
            Role.OWNER: self.owner_days,
            Role.CHAMPION: (self.champion_days,),
            Role.MANAGER: (self.manager_days,),
            Role.SPONSOR: (self.sponsor_days,),
        }[role]


@dataclass(frozen=True, slots=True)
class Guards:
    """When a source is held instead of believed (TRUST 1-3)."""

    shrink_ratio: float = 0.5
    min_known_rows: int = 6
    seen_dates: int = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """What one workbook may take (TRUST 16, EXCEL.md caps). Sizes in bytes, times in seconds."""

    entries: int = 1_000
    inflated: int = 200 * 1024 * 1024
    ratio: int = 100
    ratio_free: int = 100 * 1024
    cells: int = 200_000
    file_size: int = 100 * 1024 * 1024
    memory: int = 512 * 1024 * 1024
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Organisation:
    """What holds for every sheet unless the sheet says otherwise. `number_format` "" = none declared."""

    name: str = ""
    time_zone: str = "UTC"
    number_format: str = ""
    cycle: str = ""
    fiscal_year_start: int = 1
    private_units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policies:
    """All choices together, as a run is given them."""

    organisation: Organisation = field(default_factory=Organisation)
    scoring: Scoring = field(default_factory=Scoring)
    checks: Checks = field(default_factory=Checks)
    guards: Guards = field(default_factory=Guards)
    limits: Limits = field(default_factory=Limits)
