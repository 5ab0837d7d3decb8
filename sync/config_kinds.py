"""The kinds of values in config.toml: each checks what it is given, and says in words what would do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    StrictBool,
    ValidationInfo,
)

from sync.config_words import Give, nearest
from sync.core import cadence
from sync.core.schema import NUMBER_FORMATS, TEAM_TABS


def _within(path: Path, info: ValidationInfo) -> Path:
    """The path inside the folder of the settings, which is the context of the validation."""
    folder: Path = info.context or Path()
    try:
        return folder / path.expanduser()
    except RuntimeError:
        raise ValueError("give a path without ~, or with the name of a known user after it.") from None


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, `../x`, a folder of zones
        near = nearest(name, available_timezones())
        raise ValueError(f"give an IANA time zone such as Europe/Berlin{near}") from None
    return name


def _when(words: str) -> str:
    """The words, when they are a rule that the service can follow."""
    cadence.rule(words)
    return words


def _days_kept(days: int) -> int:
    if 0 < days < 100:
        raise ValueError("give 0 to keep everything, or a number of days from 100 up, more than a quarter.")
    return days


def _ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] >= bounds[1]:
        raise ValueError("give the lower bound of amber first, then the lower bound of green.")
    return bounds


def _growing(days: tuple[int, ...]) -> tuple[int, ...]:
    """The days of a ladder; with none, or one before its forerunner, a rung would never be reached."""
    if not days or list(days) != sorted(set(days)):
        raise ValueError("give at least one day, each later than the one before.")
    return days


def _aliases(mapping: dict[str, Any]) -> dict[str, Any]:
    """The mapping, when every tab and column in it is one of the template's."""
    columns_of = {str(tab.title): [column.name for column in tab.columns] for tab in TEAM_TABS}
    for title, columns in mapping.items():
        if title not in columns_of:
            raise ValueError(f'the template has no tab "{title}"{nearest(title, columns_of)}')
        for name in columns:
            if name not in columns_of[title]:
                raise ValueError(f'the tab {title} has no column "{name}"{nearest(name, columns_of[title])}')
    return mapping


def google_id(text: str) -> str:
    """The id of a spreadsheet, folder or drive, which may be given by its address."""
    found = _IN_ADDRESS.search(text)
    name = found[1] if found else text
    if not _GOOGLE_ID.fullmatch(name):
        raise ValueError(f'"{text}" is no id: give the long word in the address of the sheet or folder.')
    return name


def _google_id_or_blank(text: str) -> str:
    return google_id(text) if text else ""


def _credential(name: str, info: ValidationInfo) -> str:
    """A key file's path made absolute; "adc" stays as it is."""
    return name if name == "adc" else str(_within(Path(name), info))


def _endpoint(url: str) -> str:
    """The address of Google's stand-in, if it is one to which a credential may be shown."""
    at = urlsplit(url)
    if url and not (at.scheme == "https" or (at.scheme == "http" and at.hostname in LOOPBACK)):
        raise ValueError('give an https address, or one on this machine such as "http://127.0.0.1:8090".')
    if at.path.strip("/") or at.query or at.username:
        raise ValueError('give scheme, host and port only, for example "http://127.0.0.1:8090".')
    return url


def _database(url: str, info: ValidationInfo) -> str:
    """The address of the history; the path of an SQLite file is made absolute."""
    before, separator, path = url.partition(SQLITE)
    if not before and separator and path:
        return f"{SQLITE}{_within(Path(path), info).as_posix()}"
    _check_server(url)
    return url


def _check_server(url: str) -> None:
    """Stops at what is no address of a PostgreSQL database, or has a secret in it."""
    try:
        at = urlsplit(url)
        options, _ = parse_qs(at.query, strict_parsing=bool(at.query)), at.port
    except ValueError:
        raise ValueError(_DATABASES) from None
    if at.password is not None or any(word in key.lower() for key in options for word in SECRET_WORDS):
        raise ValueError(_ELSEWHERE)
    if at.scheme != "postgresql+psycopg" or not at.path.strip("/"):
        raise ValueError(_DATABASES)


SQLITE = "sqlite:///"
_DATABASES = (
    'give the address of an SQLite file, for example "sqlite:///state/history.db", or of a PostgreSQL '
    'database, for example "postgresql+psycopg://okrsync@db.example.org/okr".'
)
_ELSEWHERE = (
    "a password never stands in an address; please remove it. PostgreSQL takes it from PGPASSWORD in the "
    "environment or from the file in PGPASSFILE (by default .pgpass in the home folder)."
)


def _mail_address(text: str) -> str:
    """An address, or a name with one, as the header From has it."""
    if text and not _MAIL_ADDRESS.fullmatch(text):
        raise ValueError('give an address such as "okr@example.org" or "OKR team <okr@example.org>".')
    return text


def _web_folders(folders: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    """The folders with absolute paths, and the https address at which each is opened."""
    for address in folders.values():
        at = urlsplit(address)
        if at.scheme != "https" or not at.hostname or re.search(r"[\s?#@<>\"]", address):
            raise ValueError(f'"{address}" will not do: give an https address without blanks, ? and #.')
    return {str(_within(Path(path), info)): address for path, address in folders.items()}


def _credential_place(text: str, info: ValidationInfo) -> str:
    """Where a secret is found; a key file's path made absolute."""
    kind, _, rest = text.partition(":")
    if kind not in _CREDENTIAL_KINDS or not rest:
        raise ValueError('begin with "env:", "file:", "keyring:" or "command:", then say which.')
    return f"file:{_within(Path(rest), info)}" if kind == "file" else text


_MAIL_ADDRESS = re.compile(
    r"(?:[^<>\r\n\"@]+ )?<?[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+>?", re.ASCII
)
_CREDENTIAL_KINDS = ("env", "file", "keyring", "command")
_IN_ADDRESS = re.compile(r"/(?:d|folders|drives)/([\w-]+)")
_GOOGLE_ID = re.compile(r"[A-Za-z0-9_-]{5,}")
SECRET_WORDS = ("password", "secret", "token", "api_key", "webhook")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Text = Annotated[str, Give("a text in quotation marks")]
Texts = Annotated[tuple[str, ...], Give('a list of texts, for example ["Legal"]')]
File = Annotated[Path, AfterValidator(_within), Give("a path in quotation marks")]
Count = Annotated[int, Field(strict=True, ge=1), Give("a whole number from 1 up")]
CountFromZero = Annotated[int, Field(strict=True, ge=0), Give("a whole number from 0 up")]
Fraction = Annotated[float, Field(strict=True, ge=0, le=1), Give("a number from 0 to 1")]
Bands = Annotated[
    tuple[Fraction, Fraction],
    AfterValidator(_ascending),
    Give("two numbers from 0 to 1, for example [0.4, 0.7]"),
]
When = Annotated[
    str, AfterValidator(_when), Give('a time such as "every hour", "daily 02:00", "Monday 06:00", or "never"')
]
Switch = Annotated[StrictBool, Give("true or false")]
Memory = Annotated[ByteSize, Field(ge=128 * 1024**2), Give('a size from 128 MiB up, for example "512 MiB"')]
Seconds = Annotated[
    float, Field(strict=True, ge=1, allow_inf_nan=False), Give("a number of seconds from 1 up")
]
Size = Annotated[ByteSize, Field(ge=1024), Give('a size from 1 KiB up, for example "100 MiB"')]
GoogleIds = Annotated[
    tuple[Annotated[str, AfterValidator(google_id)], ...],
    Give("a list of ids or addresses of sheets or folders in Google Drive"),
]
Credentials = Annotated[
    tuple[Annotated[str, AfterValidator(_credential)], ...],
    Give('a list of key files, for example ["okrsync-key.json"], or ["adc"]'),
]
Codes = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[SQAB]\d{0,3}$")], ...],
    Give('a list of rule codes or their beginnings, for example ["Q", "A3", "B401"]'),
]
NumberFormat = Annotated[
    Literal["", "1,234.5", "1.234,5", "1 234,5", "1'234.5"],
    Give(f'one of {", ".join(map(json.dumps, NUMBER_FORMATS))}, or "" when none is declared'),
]
MailAddress = Annotated[str, AfterValidator(_mail_address), Give("an e-mail address in quotation marks")]
Language = Annotated[Literal["en", "de"], Give('"en" or "de"')]
ByWord = Annotated[dict[str, str], Give('a table of texts, for example {"Marketing" = "DE"}')]
Days = Annotated[int, Field(strict=True, ge=0), Give("a number of working days from 0 up")]
Headers = Annotated[
    dict[str, dict[str, tuple[str, ...]]],
    AfterValidator(_aliases),
    Give('tables of lists, for example {"Key Results" = {Target = ["Ziel"]}}'),
]
TimeZone = Annotated[str, AfterValidator(_time_zone), Give("an IANA time zone such as Europe/Berlin")]
Endpoint = Annotated[str, AfterValidator(_endpoint), Give("an address in quotation marks")]
FileOrNone = Annotated[File | None, BeforeValidator(_blank_is_none), Give("a path in quotation marks")]
GoogleId = Annotated[
    str, AfterValidator(_google_id_or_blank), Give("the id or address of a spreadsheet in quotation marks")
]
DatabaseUrl = Annotated[str, AfterValidator(_database), Give("the address of a database in quotation marks")]
DaysKept = Annotated[int, Field(strict=True, ge=0), AfterValidator(_days_kept), Give("a number of days")]
Rungs = Annotated[
    tuple[Days, ...], AfterValidator(_growing), Give("a list of working days, for example [0, 1]")
]
CredentialPlace = Annotated[str, AfterValidator(_credential_place)]
MailCredential = Annotated[CredentialPlace, Give('the place of the secret, for example "file:mail.key"')]
WebFolders = Annotated[
    dict[str, str],
    AfterValidator(_web_folders),
    Give('a table of folders and addresses, for example {"teams" = "https://example.org/okr"}'),
]
