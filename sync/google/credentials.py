"""Credentials from what the settings name: a key file, a person's consent, or what the machine has itself.

| `[google] credentials`                         | what it is                                            |
|------------------------------------------------|-------------------------------------------------------|
| a JSON file of type `service_account`          | a robot's key; people share their sheets with it      |
| a JSON file with `installed` (an OAuth client) | a person; `okrsync login` asks once and keeps a token |
| a JSON file of another type google-auth knows  | `authorized_user`, workload identity and the like     |
| `adc`, or nothing                              | Application Default Credentials                       |
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import google.auth
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials as PersonCredentials
from google.oauth2.service_account import Credentials as RobotCredentials

from sync.core.errors import AccountUnusable

ADC = "adc"
_AUTH = "https://www.googleapis.com/auth/"
WRITE = f"{_AUTH}spreadsheets"
READ = f"{_AUTH}spreadsheets.readonly"
LIST = f"{_AUTH}drive.metadata.readonly"
CREATE = f"{_AUTH}drive.file"
_TOKEN_HOSTS = frozenset({"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Account(NamedTuple):
    """A credential and the name people know it by."""

    name: str
    credentials: Credentials


def scopes(*, writes: bool, creates: bool = False) -> tuple[str, ...]:
    """The narrowest rights for what is to be done."""
    return (WRITE if writes else READ, LIST, *((CREATE,) if creates else ()))


def account(source: str, wanted: Sequence[str], *, tokens: Path, endpoint: str = "") -> Account:
    """The account of one entry of `[google] credentials`. Raises AccountUnusable.

    `tokens` is the folder in which `okrsync login` keeps what a person agreed to.
    """
    if source == ADC:
        return _of_machine(wanted)
    path = Path(source)
    content = _content(path)
    try:
        if content.get("type") == "service_account":
            _check_token_server(path, content, endpoint)
            robot = RobotCredentials.from_service_account_info(content, scopes=list(wanted))
            return Account(str(content.get("client_email", path.name)), robot)
        if "installed" in content:
            return _of_person(path, token_file(path, tokens), wanted, endpoint)
        found, _ = google.auth.load_credentials_from_dict(content, scopes=list(wanted))
    except (GoogleAuthError, ValueError, KeyError) as error:
        raise _unfit(path, str(error)) from None
    return Account(str(content.get("account") or content.get("client_email") or path.name), found)


def token_file(client: Path, tokens: Path) -> Path:
    """Where the consent that belongs to an OAuth client's file is kept."""
    return tokens / f"google-{client.stem}.token.json"


def log_in(client: Path, tokens: Path, wanted: Sequence[str], *, port: int = 0) -> Path:
    """Asks a person in the browser and keeps what they agreed to, readable by nobody else; the file."""
    from google_auth_oauthlib.flow import InstalledAppFlow  # noqa: PLC0415  # nobody else needs it

    content = _content(client)
    if "installed" not in content:
        raise _unfit(client, "it holds no OAuth client for a desktop app")
    flow = InstalledAppFlow.from_client_config(content, scopes=list(wanted))
    agreed = flow.run_local_server(port=port, open_browser=True)
    kept = token_file(client, tokens)
    keep(kept, agreed.to_json())
    return kept


def keep(path: Path, text: str) -> None:
    """Writes a secret beside and puts it in place; only its owner may read it at any time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def readable_by_others(path: Path) -> bool:
    """Whether anybody but its owner may read the file; Windows keeps no such marks."""
    return os.name != "nt" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _content(path: Path) -> dict[str, Any]:
    """The JSON of a file that only its owner may read (TRUST 30)."""
    try:
        if readable_by_others(path):
            raise AccountUnusable(
                f"the credential {path} may be read by other users of this machine, so it is not used.",
                f"Run `chmod 600 {path}`; if others had access to this machine, make a new key.",
                passing=True,
            )
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AccountUnusable(
            f"the credential {path} could not be read: {error.strerror}.",
            "Check `[google] credentials` in the settings.",
            passing=True,
        ) from None
    except ValueError:
        raise _unfit(path, "it is no JSON") from None
    if not isinstance(content, dict):
        raise _unfit(path, "it is no key file")
    return content


def _check_token_server(path: Path, content: dict[str, Any], endpoint: str) -> None:
    """Nothing when the key is shown to Google alone (TRUST 29), or to the test server that is configured."""
    at = urlsplit(str(content.get("token_uri", "")))
    to_google = at.scheme == "https" and at.hostname in _TOKEN_HOSTS
    to_test = at.hostname in _LOOPBACK and urlsplit(endpoint).hostname in _LOOPBACK
    if not (to_google or to_test):
        raise _unfit(path, f"its token_uri leads to {at.hostname or 'nowhere'}, which is not Google's")


def _of_machine(wanted: Sequence[str]) -> Account:
    try:
        found, project = google.auth.default(scopes=list(wanted))
    except GoogleAuthError as error:
        raise AccountUnusable(
            f"this machine has no credential for Google ({error}).",
            "Name a key file in `[google] credentials`, or run `gcloud auth application-default login`.",
            passing=True,
        ) from None
    name = (
        getattr(found, "service_account_email", "") or f"this machine's account ({project or 'no project'})"
    )
    return Account(name, found)


def _of_person(client: Path, kept: Path, wanted: Sequence[str], endpoint: str) -> Account:
    if not kept.exists():
        raise AccountUnusable(
            f"nobody has agreed yet that {client.name} may be used.",
            "Run `okrsync login`; it opens the browser once.",
            passing=True,
        )
    content = _content(kept)
    _check_token_server(kept, content, endpoint)
    found = PersonCredentials.from_authorized_user_info(content, scopes=list(wanted))
    missing = set(wanted) - set(content.get("scopes") or wanted) - _covered(content.get("scopes") or ())
    if missing:
        raise AccountUnusable(
            f"the consent for {client.name} does not cover {', '.join(sorted(missing))}.",
            "Run `okrsync login` again.",
            passing=True,
        )
    return Account(str(content.get("account") or f"the person who agreed to {client.name}"), found)


def _covered(granted: Sequence[str]) -> set[str]:
    """Rights that a wider granted one includes."""
    return {READ} if WRITE in granted else set()


def _unfit(path: Path, why: str) -> AccountUnusable:
    return AccountUnusable(
        f"the credential {path} cannot be used: {why}.",
        "Download a service account's key, or an OAuth client for a desktop app, from the Cloud project.",
        passing=True,
    )
