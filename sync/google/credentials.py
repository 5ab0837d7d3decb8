"""Credentials from what the settings name: a key file, a person's consent, or what the machine has itself.

| `[google] credentials`                         | what it is                                            |
|------------------------------------------------|-------------------------------------------------------|
| a JSON file of type `service_account`          | a robot's key; people share their sheets with it      |
| a JSON file with `installed` (an OAuth client) | a person; `okrsync login` asks once and keeps a token |
| a JSON file of another type                    | `authorized_user`, workload identity and the like     |
| `adc`, or nothing                              | Application Default Credentials                       |

Whatever it is: the file may be read by its owner only (TRUST 30), and what is in it is shown to Google alone,
wherever the file says that tokens are had (TRUST 29).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import google.auth
from google.auth import aws, identity_pool, pluggable
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.external_account import Credentials as WorkloadCredentials
from google.auth.impersonated_credentials import Credentials as Impersonated
from google.oauth2.credentials import Credentials as PersonCredentials
from google.oauth2.service_account import Credentials as RobotCredentials

from sync.core.errors import AccountUnusable
from sync.google.private import readable_by_others

ADC = "adc"
_AUTH = "https://www.googleapis.com/auth/"
WRITE = f"{_AUTH}spreadsheets"
READ = f"{_AUTH}spreadsheets.readonly"
LIST = f"{_AUTH}drive.metadata.readonly"
CREATE = f"{_AUTH}drive.file"
GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"
_HOSTS = frozenset({"accounts.google.com"})  # and whatever ends in .googleapis.com
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_SHOWN_TO = frozenset({"auth_uri", "token_uri", "token_url", "service_account_impersonation_url"})
_INSIDE = frozenset({"installed", "source_credentials"})


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
        return _of_machine(wanted, endpoint)
    path = Path(source)
    content = content_of(path)
    try:
        if is_client(content):
            return _of_person(path, token_file(path, tokens), wanted, endpoint)
        return _of_file(path, content, wanted, endpoint)
    except (GoogleAuthError, ValueError, KeyError) as error:
        raise unfit(path, str(error)) from None


def is_client(content: Mapping[str, Any]) -> bool:
    """Whether a file's content is an OAuth client for desktop apps, which is nobody's account yet."""
    return "installed" in content


def token_file(client: Path, tokens: Path) -> Path:
    """Where the consent that belongs to an OAuth client's file is kept."""
    return tokens / f"google-{client.stem}.token.json"


def content_of(path: Path) -> dict[str, Any]:
    """The JSON of a file that only its owner may read. Raises AccountUnusable."""
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
        raise unfit(path, "it is no JSON") from None
    if not isinstance(content, dict):
        raise unfit(path, "it is no key file")
    return content


def check_hosts(path: Path, content: Mapping[str, Any], endpoint: str) -> None:
    """Nothing when the secret is shown to Google alone, or to the test server that is configured."""
    tested = urlsplit(endpoint).hostname in _LOOPBACK
    for name, url in _addresses(content):
        at = urlsplit(url)
        to_google = at.scheme == "https" and _is_googles(at.hostname or "")
        if not (to_google or (tested and at.hostname in _LOOPBACK)):
            raise unfit(path, f"its {name} leads to {at.hostname or 'nowhere'}, which is not Google's")


def _addresses(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, address) of each place to which the secret, or what is made from it, would be sent."""
    for name, value in content.items():
        if name in _SHOWN_TO:
            yield name, str(value)
        if name in _INSIDE and isinstance(value, dict):
            yield from _addresses(value)


def _is_googles(host: str) -> bool:
    return host in _HOSTS or host.endswith(".googleapis.com")


def of_person(content: Mapping[str, Any], wanted: Sequence[str]) -> PersonCredentials:
    """The credentials that a person's consent is. google-auth's own way forgets the token_uri."""
    return PersonCredentials(
        None,
        refresh_token=content["refresh_token"],
        token_uri=content.get("token_uri", GOOGLE_TOKENS),
        client_id=content["client_id"],
        client_secret=content["client_secret"],
        scopes=list(wanted),
        quota_project_id=content.get("quota_project_id"),
    )


def _of_file(path: Path, content: Mapping[str, Any], wanted: Sequence[str], endpoint: str) -> Account:
    """The account of a file that is one by itself."""
    check_hosts(path, content, endpoint)
    name = str(content.get("client_email") or content.get("account") or path.name)
    match content.get("type"):
        case "service_account":
            return Account(name, RobotCredentials.from_service_account_info(content, scopes=list(wanted)))
        case "authorized_user":
            return Account(name, of_person(content, wanted))
        case "external_account":
            return Account(name, _workload(content).from_info(content, scopes=list(wanted)))
        case "impersonated_service_account":
            made = Impersonated.from_impersonated_service_account_info(content, scopes=list(wanted))
            return Account(name, made)
        case kind:
            raise unfit(path, f"okrsync knows no credential of the type “{kind or 'none'}”")


def _workload(content: Mapping[str, Any]) -> type[WorkloadCredentials]:
    """The class for a workload identity; google-auth's own loader would ask Google which project it is of."""
    if "aws" in str(content.get("subject_token_type")):
        return aws.Credentials
    in_program = "executable" in content.get("credential_source", {})
    return pluggable.Credentials if in_program else identity_pool.Credentials


def machine_file() -> Path | None:
    """The file that the environment names for Application Default Credentials, None when it names none."""
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    return Path(named) if named else None


def _of_machine(wanted: Sequence[str], endpoint: str) -> Account:
    named = machine_file()
    if named:  # google-auth would read it whoever else may, and go wherever it says
        check_hosts(named, content_of(named), endpoint)
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
    content = content_of(kept)
    check_hosts(kept, content, endpoint)
    if missing := lacking(wanted, content.get("scopes") or wanted):
        raise AccountUnusable(
            f"the consent for {client.name} does not cover {', '.join(missing)}.",
            f"Run `okrsync login{_WITH[missing[0]]}` again, and agree to all of it.",
            passing=True,
        )
    name = str(content.get("account") or f"the person who agreed to {client.name}")
    return Account(name, of_person(content, wanted))


def lacking(wanted: Sequence[str], granted: Sequence[str]) -> list[str]:
    """The wanted rights that are not granted, also not by a wider one."""
    wider = {READ} if WRITE in granted else set()
    return sorted(set(wanted) - set(granted) - wider)


_WITH = {WRITE: " --write", CREATE: " --create", READ: "", LIST: ""}


def unfit(path: Path, why: str) -> AccountUnusable:
    """The error of a file that is no credential okrsync can use."""
    return AccountUnusable(
        f"the credential {path} cannot be used: {why.rstrip('.')}.",
        "Download a service account's key, or an OAuth client for a desktop app, from the Cloud project.",
        passing=True,
    )
