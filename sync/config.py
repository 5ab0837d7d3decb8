"""The settings: `config.toml` and `OKRSYNC_SECTION__KEY` from the environment, checked all at once.

Every section is a frozen model; each field has a default, and a `Give` that completes the sentence
when a value is wrong. Paths are relative to the folder of the file; without a file, to the folder the
command runs in. What the core needs to know leaves here as plain values (`sync.core.policy`).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sync.config_kinds import (
    LOOPBACK,
    SECRET_WORDS,
    SQLITE,
    Bands,
    ByWord,
    Codes,
    Count,
    CountFromZero,
    CredentialPlace,
    Credentials,
    DatabaseUrl,
    Days,
    DaysKept,
    Endpoint,
    File,
    FileOrNone,
    Fraction,
    GoogleId,
    GoogleIds,
    Headers,
    Language,
    MailAddress,
    MailCredential,
    Memory,
    NumberFormat,
    Rungs,
    Seconds,
    Size,
    Switch,
    Text,
    Texts,
    TimeZone,
    WebFolders,
    When,
)
from sync.config_words import Give, Place, Words, fields_along, nearest, where_in_file
from sync.core import policy
from sync.core.errors import UsageError
from sync.core.problems import Severity
from sync.core.schema import IN_GOOGLE

PREFIX = "OKRSYNC_"
LATER = frozenset(
    {
        "dashboard",
        "master.split",
        "checks.flat_weeks",
    }
)
"""Settings of later releases; here they would do nothing, so they are refused with that reason."""


# ---------------------------------------------------------------- sections


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


_SCORING, _CHECKS, _GUARDS, _LIMITS = policy.Scoring(), policy.Checks(), policy.Guards(), policy.Limits()
_LADDER = policy.Ladder()


class Organisation(_Section):
    """What holds for every sheet unless it says otherwise. A blank cycle is the one that holds the day."""

    name: Text = ""
    time_zone: TimeZone = "UTC"
    number_format: NumberFormat = ""
    cycle: Text = ""
    fiscal_year_start: Annotated[int, Field(strict=True, ge=1, le=12), Give("a month from 1 to 12")] = 1


class ExcelSource(_Section):
    """Folders, files or glob patterns of team workbooks. `mapping`: tab -> column -> further header texts."""

    paths: Annotated[
        tuple[File, ...], Field(min_length=1), Give('a list of paths, for example ["teams"]')
    ] = (Path("teams"),)
    recursive: Switch = True
    number_format: NumberFormat = ""
    mapping: Headers = {}


class GoogleSource(_Section):
    """Team sheets in Google: all of some folders (not those inside them), of shared drives, or by id.

    `credentials` that differ from those of `[google]`; the rest as for Excel.
    """

    folders: GoogleIds = ()
    shared_drives: GoogleIds = ()
    ids: GoogleIds = ()
    credentials: Credentials = ()
    number_format: NumberFormat = ""
    mapping: Headers = {}

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.folders or self.shared_drives or self.ids):
            raise ValueError("give folders, shared_drives or ids, so that there is something to read.")
        return self


class Sources(_Section):
    """Where team workbooks live."""

    excel: Annotated[tuple[ExcelSource, ...], Give("a table of its own, headed [[sources.excel]]")] = ()
    google: Annotated[tuple[GoogleSource, ...], Give("a table of its own, headed [[sources.google]]")] = ()


class Google(_Section):
    """How Google is asked: credentials, quotas of each of them, and another address than Google's own."""

    credentials: Credentials = ()
    endpoint: Endpoint = ""
    reads_per_minute: Count = 60
    writes_per_minute: Count = 60
    threads: Annotated[int, Field(strict=True, ge=1, le=16), Give("a whole number from 1 to 16")] = 6
    connect_seconds: Seconds = 10.0
    read_seconds: Seconds = 60.0
    seconds: Seconds = 180.0


class People(_Section):
    """The people list, an .xlsx or .csv file; None when there is none."""

    path: FileOrNone = None


class Scoring(_Section):
    """Roll-up mode, pace bands (fractions), days and grade bands."""

    roll_up: Annotated[
        policy.RollUp, Give("one of " + ", ".join(json.dumps(mode) for mode in policy.RollUp))
    ] = _SCORING.roll_up
    on_track_gap: Fraction = _SCORING.on_track_gap
    at_risk_gap: Fraction = _SCORING.at_risk_gap
    not_started_days: CountFromZero = _SCORING.not_started_days
    outdated_days: Count = _SCORING.outdated_days
    aspirational_bands: Bands = _SCORING.aspirational_bands
    committed_bands: Bands = _SCORING.committed_bands

    @field_validator("at_risk_gap")
    @classmethod
    def _gaps_ascend(cls, at_risk_gap: float, info: ValidationInfo) -> float:
        if at_risk_gap < info.data.get("on_track_gap", 0):
            raise ValueError("at_risk_gap must not be smaller than on_track_gap.")
        return at_risk_gap


class Checks(_Section):
    """Which rules speak, how loudly, and their thresholds."""

    select: Codes = _CHECKS.select
    ignore: Codes = _CHECKS.ignore
    severity: Annotated[
        dict[Annotated[str, Field(pattern=r"^[SQAB]\d{3}$")], Severity],
        Give('rule codes with "error", "warning" or "note", for example {Q201 = "note"}'),
    ] = {}
    max_objectives: Count = _CHECKS.max_objectives
    max_objectives_company: Count = _CHECKS.max_objectives_company
    min_key_results: CountFromZero = _CHECKS.min_key_results
    max_key_results: Count = _CHECKS.max_key_results
    check_in_due_weekday: Annotated[
        int, Field(strict=True, ge=0, le=6), Give("a day from 0 (Monday) to 6 (Sunday)")
    ] = _CHECKS.check_in_due_weekday
    check_in_window_days: CountFromZero = _CHECKS.check_in_window_days


class Guards(_Section):
    """When a source is held instead of believed."""

    shrink_ratio: Fraction = _GUARDS.shrink_ratio
    min_known_rows: Count = _GUARDS.min_known_rows
    seen_dates: Count = _GUARDS.seen_dates


class Master(_Section):
    """The master: a workbook (None: there is none) and how hard it is compressed, a spreadsheet in Google."""

    excel: FileOrNone = Path("master.xlsx")
    google: GoogleId = ""
    zlib_level: Annotated[int, Field(strict=True, ge=0, le=9), Give("a level from 0 to 9")] = 5

    @model_validator(mode="after")
    def _stands_somewhere(self) -> Self:
        if self.excel is None and not self.google:
            raise ValueError(
                "give excel a path, google a spreadsheet, or both: the master must stand somewhere."
            )
        return self


class Feedback(_Section):
    """Whether findings are written into the `Sync status` tab of the teams' own workbooks and sheets."""

    excel: Switch = False
    google: Switch = False
    comments: Switch = False

    @model_validator(mode="after")
    def _comments_need_google(self) -> Self:
        if self.comments and not self.google:
            raise ValueError("comments are made in sheets in Google: set google = true as well.")
        return self

    def of(self, key: str) -> bool:
        """Whether findings are written into the source of that key."""
        return self.google if key.startswith(IN_GOOGLE) else self.excel


class History(_Section):
    """The database."""

    url: DatabaseUrl = "sqlite:///state/history.db"
    keep: DaysKept = 0
    backup: CountFromZero = 7


class Schedule(_Section):
    """When the service does what, in the organisation's time zone; `every …` counts in UTC.

    Messages go at these times of each reader's own zone, once `[mail]` or `[chat]` says how.
    """

    sync: When = "every hour"
    weekly: When = "Monday 06:00"
    sweep: When = "daily 02:00"
    backup: When = "daily 01:00"
    prune: When = "Sunday 03:00"
    reminders: When = "daily 09:00"
    news: When = "daily 09:30"
    findings: When = "Monday 08:00"
    digest: When = "Monday 08:00"
    grace_hours: Count = 12
    longest_minutes: Count = 120
    lease_seconds: Annotated[int, Field(strict=True, ge=2), Give("a whole number of seconds from 2 up")] = 60
    expected: Switch = True


class Reminders(_Section):
    """On which working days after a missed due day who is told, and where people work unless it is known."""

    owner_days: Rungs = _LADDER.owner_days
    champion_days: Days = _LADDER.champion_days
    manager_days: Days = _LADDER.manager_days
    sponsor_days: Days = _LADDER.sponsor_days
    grace_days: Days = _LADDER.grace_days
    country: Text = ""
    countries: ByWord = {}


class Mail(_Section):
    """The mail server, who writes, and how the messages look. Without a host nothing is sent."""

    host: Text = ""
    port: Annotated[int, Field(strict=True, ge=1, le=65535), Give("a port from 1 to 65535")] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"], Give('"starttls", "tls" or (on this machine only) "none"')
    ] = "starttls"
    user: Text = ""
    credential: MailCredential = "env:OKRSYNC_MAIL__PASSWORD"
    sender: MailAddress = ""
    reply_to: MailAddress = ""
    allowed_domains: Texts = ()
    links: WebFolders = {}
    language: Language = "en"
    languages: Annotated[dict[str, Language], Give('a table by country, for example {"AT" = "de"}')] = {}
    seconds: Seconds = 30.0
    connections: Annotated[int, Field(strict=True, ge=1, le=16), Give("a whole number from 1 to 16")] = 4
    storm_ratio: Count = 10

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        if self.security == "none" and self.host and self.host not in LOOPBACK:
            raise ValueError('security = "none" is for a server on this machine; use "starttls" or "tls".')
        if self.host and not self.sender:
            raise ValueError('give sender, for example "OKR team <okr@example.org>", beside host.')
        return self


class Chat(_Section):
    """Chat channels by name: where the address of each is kept, which is a secret.

    `inside`: hosts that need no public address.
    """

    channels: Annotated[
        dict[str, CredentialPlace],
        Give('a table of places, for example {"growth" = "env:OKRSYNC_CHAT_GROWTH"}'),
    ] = {}
    inside: Texts = ()


class Routing(_Section):
    """Who gets nothing at all, who gets no digest, and what goes into chat channels.

    `units`: their digest and wins are posted there. `people`: what is theirs goes there instead of by mail.
    """

    suppressed: Texts = ()
    no_digest: Texts = ()
    units: ByWord = {}
    people: ByWord = {}


class Privacy(_Section):
    """Units of which other sheets may show figures only, no texts."""

    private_units: Texts = ()


class Limits(_Section):
    """What one workbook may take before it is refused."""

    entries: Count = _LIMITS.entries
    inflated: Size = ByteSize(_LIMITS.inflated)
    ratio: Count = _LIMITS.ratio
    ratio_free: Size = ByteSize(_LIMITS.ratio_free)
    cells: Count = _LIMITS.cells
    file_size: Size = ByteSize(_LIMITS.file_size)
    memory: Memory = ByteSize(_LIMITS.memory)
    seconds: Seconds = _LIMITS.seconds


class Engine(_Section):
    """How many processes read workbooks at once; 0: as many as the machine has processors."""

    processes: CountFromZero = 0


class Settings(_Section):
    """All sections of the settings, with absolute paths."""

    organisation: Organisation
    sources: Sources
    google: Google
    people: People
    scoring: Scoring
    checks: Checks
    guards: Guards
    master: Master
    feedback: Feedback
    history: History
    reminders: Reminders
    mail: Mail
    chat: Chat
    routing: Routing
    schedule: Schedule
    privacy: Privacy
    limits: Limits
    engine: Engine
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="before")
    @classmethod
    def _every_section(cls, data: dict[str, Any]) -> dict[str, Any]:
        """The data with an empty table for each section left out, and the folder `teams` as the source."""
        whole = {name: {} for name in cls.model_fields} | data
        if whole["sources"] == {}:
            whole["sources"] = {"excel": [{}]}
        return whole

    def model_post_init(self, context: Any) -> None:  # noqa: ANN401  # pydantic's signature
        """Remembers the folder of the settings."""
        self._folder = context or Path()

    def without_channel(self) -> Iterator[str]:
        """A sentence about each route that leads to a channel which is not there."""
        for key, routes in (("units", self.routing.units), ("people", self.routing.people)):
            for name in routes.values():
                if name not in self.chat.channels:
                    near = nearest(name, self.chat.channels)
                    yield f'[routing] {key}: [chat] channels has no "{name}"{near}'

    def ladder(self) -> policy.Ladder:
        """Who is told when, as the core's value."""
        return policy.Ladder(**self.reminders.model_dump(exclude={"country", "countries"}))

    @property
    def folder(self) -> Path:
        """The folder that relative paths start from: the file's, else the one the command runs in."""
        return self._folder

    def organisation_policy(self) -> policy.Organisation:
        """Organisation and privacy as the core's value."""
        return policy.Organisation(**self.organisation.model_dump(), private_units=self.privacy.private_units)

    def scoring_policy(self) -> policy.Scoring:
        """Scoring as the core's value."""
        return policy.Scoring(**self.scoring.model_dump())

    def checks_policy(self) -> policy.Checks:
        """Checks as the core's value."""
        return policy.Checks(**self.checks.model_dump())

    def guards_policy(self) -> policy.Guards:
        """Guards as the core's value."""
        return policy.Guards(**self.guards.model_dump())

    def limits_policy(self) -> policy.Limits:
        """Limits as the core's value, sizes in bytes."""
        return policy.Limits(**self.limits.model_dump())

    def policies(self) -> policy.Policies:
        """All of them together."""
        return policy.Policies(
            self.organisation_policy(),
            self.scoring_policy(),
            self.checks_policy(),
            self.guards_policy(),
            self.limits_policy(),
        )

    def state_folder(self) -> Path:
        """The folder of what okrsync keeps on this machine: locks, pieces, and a history in a file."""
        on_disk = self.history.url.startswith(SQLITE)
        return Path(self.history.url.removeprefix(SQLITE)).parent if on_disk else self.folder / "state"

    def as_json(self) -> str:
        """The settings as a run records them: stable text, no secrets (there are none in the file)."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    def summary(self) -> tuple[tuple[str, str], ...]:
        """(name, value) of the settings that decide what the numbers mean, for the master's About."""
        scoring, organisation = self.scoring, self.organisation
        return (
            ("Roll-up mode", str(scoring.roll_up)),
            ("On track up to a gap of", f"{scoring.on_track_gap * 100:g} points"),
            ("At risk up to a gap of", f"{scoring.at_risk_gap * 100:g} points"),
            ("Outdated after", f"{scoring.outdated_days} days without a check-in"),
            ("Grades of aspirational objectives", _bands(scoring.aspirational_bands)),
            ("Grades of committed objectives", _bands(scoring.committed_bands)),
            ("Number format where none is declared", organisation.number_format or "none"),
            ("Time zone", organisation.time_zone),
            ("Fiscal year starts in month", str(organisation.fiscal_year_start)),
        )


def _bands(bounds: tuple[float, float]) -> str:
    amber, green = bounds
    return f"red < {amber:g} ≤ amber < {green:g} ≤ green"


# ---------------------------------------------------------------- reading


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of that file (None: defaults) with the environment's on top.

    Raises UsageError with a sentence for every problem there is.
    """
    folder = (path.parent if path else Path()).absolute()
    name = path.name if path else "the settings"
    data = _read(path) if path else {}
    problems = [f"{name}, {where_in_file(place)}: {_NO_SECRETS}" for place in _secrets(data)]
    variables = _variables(environ)
    for place, variable in variables.items():
        _put(data, place, _typed(place, environ[variable]))
    try:
        settings = Settings.model_validate(data, context=folder)
    except ValidationError as error:
        problems += Words(name, Settings, variables, LATER).sentences(error)
        raise UsageError(*problems) from None
    problems += [f"{name}, {sentence}" for sentence in settings.without_channel()]
    if problems:
        raise UsageError(*problems)
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(
            f"{path} does not exist; `okrsync init` makes one, --config names another."
        ) from None
    except OSError as error:
        raise UsageError(f"{path} could not be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a UTF-8 text; save it with that encoding.") from None
    except tomllib.TOMLDecodeError as error:
        hint = "Texts stand in quotation marks, Windows paths with / or in 'single' ones."
        raise UsageError(f"{path.name} is not valid TOML: {error}. {hint}") from None


_OUTSIDE = frozenset({"OKRSYNC_MAIL__PASSWORD"})
"""Variables that hold a secret: read where it is needed, never a setting, so no run records them."""

_NO_SECRETS = (
    "a secret never stands in this file, where copies and backups carry it along; please remove it. "
    "Secrets come from the environment, a file, the keyring or a command."
)


def _secrets(data: Mapping[str, Any], place: Place = ()) -> Iterator[Place]:
    """The places of filled keys that are named like a secret; header texts of a mapping are none."""
    for key, value in data.items():
        here = (*place, key)
        if isinstance(value, str) and value and any(word in key.lower() for word in SECRET_WORDS):
            yield here
        tables = enumerate(value) if isinstance(value, list) else [(None, value)]
        for position, table in tables:
            if isinstance(table, dict) and key != "mapping":
                yield from _secrets(table, here if position is None else (*here, position))


def _variables(environ: Mapping[str, str]) -> dict[Place, str]:
    """The variable of each place that the environment sets: (master, excel) -> OKRSYNC_MASTER__EXCEL."""
    named = (
        name for name in sorted(environ) if name.startswith(PREFIX) and "__" in name and name not in _OUTSIDE
    )
    return {tuple(name.removeprefix(PREFIX).lower().split("__")): name for name in named}


def _put(data: dict[str, Any], place: Place, value: object) -> None:
    """Sets the value at a place; what the file has wrongly in the way stays, to be named."""
    *above, key = (str(part) for part in place)
    for part in above:
        inner: object = data.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        data = inner
    data[key] = value


def _typed(place: Place, text: str) -> object:
    """A variable's text as the setting's type: TOML for all but texts, a list also as `a, b`."""
    default = next((field.default for field in reversed(fields_along(Settings, place))), None)
    if not isinstance(default, bool | int | float | tuple | dict):
        return text
    if isinstance(default, tuple) and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
