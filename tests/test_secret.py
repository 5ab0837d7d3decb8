"""Promise 30: secrets come from outside the settings, and from places that nobody else reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sync.config import load
from sync.core.errors import UsageError
from sync.secret import secret

posix = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX systems")


def test_from_the_environment() -> None:
    assert secret("env:MAIL_KEY", "okr", {"MAIL_KEY": "4711"}) == "4711"
    with pytest.raises(UsageError, match=r"'env:MAIL_KEY' gives nothing for okr"):
        secret("env:MAIL_KEY", "okr", {})


@posix
@pytest.mark.parametrize(("mode", "refused"), ((0o600, False), (0o400, False), (0o640, True), (0o604, True)))
def test_trust_30_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int, *, refused: bool) -> None:
    file = tmp_path / "mail.key"
    file.write_text("4711\n")
    file.chmod(mode)
    if not refused:
        assert secret(f"file:{file}", "okr", {}) == "4711"
        return
    with pytest.raises(UsageError, match="can be read by others") as told:
        secret(f"file:{file}", "okr", {})
    assert "4711" not in str(told.value)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="could not be read: No such file"):
        secret(f"file:{tmp_path / 'none'}", "okr", {})


def test_from_a_command_without_a_shell() -> None:
    assert secret(f'command:{sys.executable} -c "print(4711)"', "okr", {}) == "4711"
    for command in ("no-such-program", f'{sys.executable} -c "import sys; print(4711); sys.exit(1)"', '"'):
        with pytest.raises(UsageError, match="the command did not succeed") as told:
            secret(f"command:{command}", "okr", {})
        assert "4711" not in str(told.value)


def test_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.errors import KeyringError

    monkeypatch.setattr(keyring, "get_password", lambda service, user: f"{service}/{user}")
    assert secret("keyring:okrsync", "okr", {}) == "okrsync/okr"

    def locked(_service: str, _user: str) -> None:
        raise KeyringError("it is locked")

    monkeypatch.setattr(keyring, "get_password", locked)
    with pytest.raises(UsageError, match="does not give the password"):
        secret("keyring:okrsync", "okr", {})
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match=r"pip install 'okrsync\[keyring\]'"):
        secret("keyring:okrsync", "okr", {})


def test_trust_30_the_variable_of_the_password_is_no_setting(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[mail]\nuser = "okr"\n')
    settings = load(tmp_path / "config.toml", {"OKRSYNC_MAIL__PASSWORD": "canary-4711"})
    assert "canary" not in settings.as_json()
    assert "canary" not in repr(settings)
    (tmp_path / "config.toml").write_text('[mail]\npassword = "canary-4711"\n')
    with pytest.raises(UsageError, match="a secret never stands in this file") as told:
        load(tmp_path / "config.toml", {})
    assert "canary" not in str(told.value)
