"""Secrets, read where they are needed: from the environment, a file, the keyring or a command (TRUST 30)."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sync.core.errors import UsageError

_SECONDS = 30


def secret(place: str, user: str, environ: Mapping[str, str], *, what: str = "[mail] credential") -> str:
    """The secret at `env:`, `file:`, `keyring:` or `command:`. UsageError when there is none.

    `user` is whose it is, `what` the setting that names the place.
    """
    kind, _, rest = place.partition(":")
    found = {
        "env": lambda: environ.get(rest, ""),
        "file": lambda: _from_file(Path(rest)),
        "keyring": lambda: _from_keyring(rest, user),
        "command": lambda: _from_command(rest, what),
    }[kind]()
    if not found:
        raise UsageError(f"{what} = {place.partition(' ')[0]!r} gives nothing for {user}.")
    return found


def _from_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"{path} can be read by others, so it is not used; run `chmod 600` on it.")
        return path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The password file {path} could not be read: {_cause(error)}.") from None


def _from_keyring(service: str, user: str) -> str:
    try:
        import keyring  # noqa: PLC0415  # an extra, for those who use it
        from keyring.errors import KeyringError  # noqa: PLC0415  # as above
    except ImportError:
        raise UsageError(
            "keyring: passwords need one more package: pip install 'okrsync[keyring]'."
        ) from None
    try:
        return keyring.get_password(service, user) or ""
    except KeyringError as error:
        raise UsageError(f'The keyring does not give the password of "{service}": {error}.') from None


def _from_command(line: str, what: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # the operator's own command, from the settings, without a shell
            shlex.split(line), capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # what the command prints is not repeated: it may be the secret
        kind = type(error).__name__
        raise UsageError(f"{what}: the command did not succeed ({kind}).") from None
    return done.stdout.strip("\r\n")


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "unknown") if isinstance(error, OSError) else "it is not a UTF-8 text"
