"""Credentials: what they may be, who may read them, and to whom they are shown (TRUST 29, 30)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from google.oauth2.credentials import Credentials as PersonCredentials
from google.oauth2.service_account import Credentials as RobotCredentials

from sync.core.errors import AccountUnusable
from sync.google.credentials import ADC, CREATE, LIST, READ, WRITE, account, lacking, scopes
from sync.google.private import keep, readable_by_others
from tests.sheets_server.tokens import private_key_text

CANARY = "canary-4711"
RIGHTS = scopes(writes=False)
GOOGLE = "https://oauth2.googleapis.com/token"
ELSEWHERE = "https://tokens.example.com/token"
TEST_SERVER = "http://127.0.0.1:8090"

KEY = {
    "type": "service_account",
    "client_email": "robot@project.iam.gserviceaccount.com",
    "private_key": private_key_text(),
    "private_key_id": CANARY,
    "token_uri": GOOGLE,
}
CONSENT = {
    "type": "authorized_user",
    "client_id": "client",
    "client_secret": CANARY,
    "refresh_token": CANARY,
    "token_uri": GOOGLE,
}
CLIENT = {
    "installed": {
        "client_id": "client",
        "client_secret": CANARY,
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": GOOGLE,
    }
}
WORKLOAD = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "token_url": "https://sts.googleapis.com/v1/token",
    "credential_source": {"file": __file__},
}
AWS = "urn:ietf:params:aws:token-type:aws4_request"
AWS_SOURCE = {
    "environment_id": "aws1",
    "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
}
IMPERSONATE = (
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b.com:generateAccessToken"
)


@pytest.fixture(autouse=True)
def own_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credential of whoever runs the tests, and no question to a cloud's metadata server."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


def put(path: Path, content: Any, mode: int = 0o600) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    path.chmod(mode)
    return path


def refusal(source: str | Path, tokens: Path, endpoint: str = "") -> AccountUnusable:
    """The error with which a credential is refused; no secret is in it."""
    with pytest.raises(AccountUnusable) as caught:
        account(str(source), RIGHTS, tokens=tokens, endpoint=endpoint)
    said = str(caught.value)
    assert CANARY not in said
    assert "PRIVATE KEY" not in said
    assert caught.value.cause.endswith(".")
    assert caught.value.hint.endswith(".")
    return caught.value


# --- what they may be ----------------------------------------------------------------------------------


def test_a_service_accounts_key_is_named_after_its_address(tmp_path: Path) -> None:
    found = account(str(put(tmp_path / "key.json", KEY)), RIGHTS, tokens=tmp_path)
    assert found.name == "robot@project.iam.gserviceaccount.com"
    assert isinstance(found.credentials, RobotCredentials)
    assert found.credentials.scopes == [READ, LIST]


def test_a_consent_belongs_to_its_client_and_goes_where_that_says(tmp_path: Path) -> None:
    client = put(tmp_path / "client.json", CLIENT)
    put(tmp_path / "google-client.token.json", CONSENT | {"account": "kim@example.org", "scopes": RIGHTS})
    found = account(str(client), RIGHTS, tokens=tmp_path)
    assert found.name == "kim@example.org"
    assert isinstance(found.credentials, PersonCredentials)
    assert found.credentials.token_uri == GOOGLE


def test_a_consent_file_alone_does_as_well(tmp_path: Path) -> None:
    local = CONSENT | {"token_uri": f"{TEST_SERVER}/token"}
    found = account(str(put(tmp_path / "me.json", local)), RIGHTS, tokens=tmp_path, endpoint=TEST_SERVER)
    assert isinstance(found.credentials, PersonCredentials)
    assert found.credentials.token_uri == f"{TEST_SERVER}/token"


@pytest.mark.parametrize(
    ("content", "kind"),
    (
        (WORKLOAD, "identity_pool"),
        (WORKLOAD | {"subject_token_type": AWS, "credential_source": AWS_SOURCE}, "aws"),
        (WORKLOAD | {"credential_source": {"executable": {"command": "/bin/true"}}}, "pluggable"),
        (
            {
                "type": "impersonated_service_account",
                "service_account_impersonation_url": IMPERSONATE,
                "source_credentials": CONSENT,
            },
            "impersonated_credentials",
        ),
    ),
)
def test_other_kinds_are_left_to_google_auth_and_ask_nobody_yet(
    tmp_path: Path, content: Any, kind: str
) -> None:
    found = account(str(put(tmp_path / "other.json", content)), RIGHTS, tokens=tmp_path)
    assert found.name == "other.json"
    assert type(found.credentials).__module__ == f"google.auth.{kind}"


def test_the_machines_own_credential_may_be_a_file_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(put(tmp_path / "adc.json", KEY)))
    assert account(ADC, RIGHTS, tokens=tmp_path).name == "robot@project.iam.gserviceaccount.com"


def test_a_machine_without_any_says_what_to_do(tmp_path: Path) -> None:
    assert "gcloud auth application-default login" in refusal(ADC, tmp_path).hint


@pytest.mark.parametrize(
    ("content", "why"),
    (
        ("{", "it is no JSON"),
        ("[]", "it is no key file"),
        ({}, "cannot be used"),
        ({"type": "service_account"}, "cannot be used"),
        ({"type": "service_account", "token_uri": GOOGLE}, "cannot be used"),
        (KEY | {"private_key": CANARY}, "cannot be used"),
        ({"type": "authorized_user", "token_uri": GOOGLE}, "refresh_token"),
        ({"type": "something_new"}, "something_new"),
    ),
)
def test_a_file_that_is_none_is_refused_with_the_reason(tmp_path: Path, content: Any, why: str) -> None:
    assert why in refusal(put(tmp_path / "key.json", content), tmp_path).cause


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path / "gone.json", tmp_path)
    assert "gone.json could not be read: No such file" in error.cause
    assert "[google] credentials" in error.hint


# --- who may read them ---------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")
@pytest.mark.parametrize("mode", (0o640, 0o604, 0o660, 0o644, 0o610))
@pytest.mark.parametrize("what", ("key", "client", "consent", "adc"))
def test_trust_30_what_others_may_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, mode: int
) -> None:
    key = put(tmp_path / "key.json", KEY, mode if what in ("key", "adc") else 0o600)
    client = put(tmp_path / "client.json", CLIENT, mode if what == "client" else 0o600)
    put(tmp_path / "google-client.token.json", CONSENT, mode if what == "consent" else 0o600)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    source = {"key": str(key), "adc": ADC}.get(what, str(client))
    error = refusal(source, tmp_path)
    assert "may be read by other users of this machine" in error.cause
    assert "chmod 600" in error.hint


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")
def test_trust_30_a_secret_is_written_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keep(tmp_path / "state" / "token.json", CANARY)
    finally:
        os.umask(before)
    kept = tmp_path / "state" / "token.json"
    assert not readable_by_others(kept)
    assert not readable_by_others(kept.parent)
    assert [file.name for file in kept.parent.iterdir()] == ["token.json"]


# --- to whom they are shown ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name"),
    (
        (KEY | {"token_uri": ELSEWHERE}, "token_uri"),
        (KEY | {"token_uri": "http://oauth2.googleapis.com/token"}, "token_uri"),
        (KEY | {"token_uri": "https://oauth2.googleapis.com.example.com/token"}, "token_uri"),
        (KEY | {"token_uri": "https://evilgoogleapis.com/token"}, "token_uri"),
        (KEY | {"token_uri": f"{TEST_SERVER}/token"}, "token_uri"),
        (CONSENT | {"token_uri": ELSEWHERE}, "token_uri"),
        (WORKLOAD | {"token_url": ELSEWHERE}, "token_url"),
        (WORKLOAD | {"service_account_impersonation_url": ELSEWHERE}, "service_account_impersonation_url"),
        (
            {
                "type": "impersonated_service_account",
                "source_credentials": CONSENT | {"token_uri": ELSEWHERE},
            },
            "token_uri",
        ),
    ),
)
@pytest.mark.parametrize("source", ("named", ADC))
def test_trust_29_a_secret_goes_to_google_alone_whatever_its_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Any, name: str, source: str
) -> None:
    file = put(tmp_path / "key.json", content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    assert f"its {name} leads to" in refusal(ADC if source == ADC else file, tmp_path).cause


def test_trust_29_a_kept_consent_is_looked_at_as_well(tmp_path: Path) -> None:
    client = put(tmp_path / "client.json", CLIENT)
    put(tmp_path / "google-client.token.json", CONSENT | {"token_uri": ELSEWHERE})
    assert "leads to tokens.example.com" in refusal(client, tmp_path).cause


def test_trust_29_a_test_server_gets_a_secret_only_where_the_settings_name_one(tmp_path: Path) -> None:
    local = put(tmp_path / "key.json", KEY | {"token_uri": f"{TEST_SERVER}/token"})
    assert account(str(local), RIGHTS, tokens=tmp_path, endpoint=TEST_SERVER).name.startswith("robot@")
    foreign = put(tmp_path / "foreign.json", KEY | {"token_uri": ELSEWHERE})
    assert "leads to" in refusal(foreign, tmp_path, TEST_SERVER).cause


# --- rights --------------------------------------------------------------------------------------------


def test_rights_are_the_narrowest_for_what_is_to_be_done() -> None:
    assert scopes(writes=False) == (READ, LIST)
    assert scopes(writes=True) == (WRITE, LIST)
    assert scopes(writes=True, creates=True) == (WRITE, LIST, CREATE)
    assert lacking((READ, LIST), (WRITE, LIST)) == []
    assert lacking((WRITE, LIST), (READ, LIST)) == [WRITE]


@pytest.mark.parametrize(
    ("granted", "wanted", "command"),
    (
        ((READ, LIST), scopes(writes=True), "`okrsync login --write`"),
        ((WRITE, LIST), scopes(writes=True, creates=True), "`okrsync login --create`"),
        ((WRITE,), scopes(writes=True), "`okrsync login`"),
    ),
)
def test_a_consent_that_covers_too_little_names_the_command_that_gets_the_rest(
    tmp_path: Path, granted: tuple[str, ...], wanted: tuple[str, ...], command: str
) -> None:
    client = put(tmp_path / "client.json", CLIENT)
    put(tmp_path / "google-client.token.json", CONSENT | {"scopes": granted})
    with pytest.raises(AccountUnusable) as caught:
        account(str(client), wanted, tokens=tmp_path)
    assert command in caught.value.hint
    assert "does not cover https://www.googleapis.com/auth/" in caught.value.cause


def test_nobody_has_agreed_yet(tmp_path: Path) -> None:
    error = refusal(put(tmp_path / "client.json", CLIENT), tmp_path)
    assert (error.cause, error.hint) == (
        "nobody has agreed yet that client.json may be used.",
        "Run `okrsync login`; it opens the browser once.",
    )
