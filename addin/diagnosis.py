"""What keeps the buttons from working, and how each thing is mended. It only looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from addin.installing import recorded
from addin.places import WINDOWS, Places
from addin.settings import ENCODING, SPOOL

Values = dict[str, object]


class Machine(NamedTuple):
    """What is asked of the machine; tests hand in their own."""

    registry: Callable[[str], Values]
    """The values of a key such as HKCU\\…; empty where there is no such key, or no registry."""
    run: Callable[[Sequence[str]], str | None]
    """What a program prints; None when it cannot be started or fails."""


class Finding(NamedTuple):
    """A sentence about the machine; `bad` ones keep the buttons from working, and `mend` says what to do."""

    said: str
    bad: bool = False
    mend: str = ""


OFFICE = r"HKCU\Software\Microsoft\Office\16.0\Excel"
POLICY = r"HKCU\Software\Policies\Microsoft\Office\16.0\Excel"
DEFENDER = r"Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
ASR = {
    "d4f940ab-401b-4efc-aadc-ad5f3c50688a": "Office may not start other programs",
    "92e97fa1-2edf-4476-bdd6-9dd0b4dddc7b": "macros may not call Windows",
    "3b576869-a4ec-4529-8536-b80a7769e899": "Office may not write programs",
}
AGAIN = "Run `okrsync addin install`."
PROBE = "import addin, xlwings; print(xlwings.__version__)"
QUARANTINE = "com.apple.quarantine"


def diagnose(places: Places, machine: Machine, *, interpreter: str, xlwings: str) -> Iterator[Finding]:
    """All findings, in the order in which a press on a button meets them."""
    yield from _addin(places, machine)
    if places.system == WINDOWS:
        yield from _trust(machine)
    yield from _settings(places, machine, interpreter, xlwings)
    if places.script is not None:
        yield _script(places.script)
    if places.system == WINDOWS:
        yield from _defender(machine)
    yield Finding(_HINT[places.system])


_HINT = {
    WINDOWS: (
        "If a press on a button does nothing: the antivirus may have stopped Excel from starting Python. Its "
        "log names EXCEL.EXE and python.exe; the administrator can allow this python.exe."
    ),
    "macOS": (
        "If a press on a button does nothing: System Settings, Privacy & Security, Automation has to allow "
        "Python to control Microsoft Excel."
    ),
}


def _addin(places: Places, machine: Machine) -> Iterator[Finding]:
    if not places.addin.is_file():
        yield Finding(f"The add-in is not in {places.addin.parent}.", bad=True, mend=AGAIN)
        return
    if str(places.addin) in recorded(places):
        yield Finding(f"The add-in lies in {places.addin}.")
    else:
        said = f"{places.addin} was not put there by okrsync."
        yield Finding(said, bad=True, mend="Look what it is; `okrsync addin install --force` replaces it.")
    if _marked(places, machine):
        yield Finding(
            f"{places.addin.name} is marked as coming from the internet, so that its macros are blocked.",
            bad=True,
            mend=(
                "Right-click the file, Properties, Unblock."
                if places.system == WINDOWS
                else f'Run: xattr -d {QUARANTINE} "{places.addin}"'
            ),
        )


def _marked(places: Places, machine: Machine) -> bool:
    """Whether the file carries the mark of a download."""
    if places.system == WINDOWS:
        return Path(f"{places.addin}:Zone.Identifier").exists()
    return machine.run(("xattr", "-p", QUARANTINE, str(places.addin))) is not None


def _trust(machine: Machine) -> Iterator[Finding]:
    """What Excel's Trust Center says, the administrator's word first."""
    security = {**machine.registry(rf"{OFFICE}\Security"), **machine.registry(rf"{POLICY}\Security")}
    low = {name.lower(): value for name, value in security.items()}
    places = machine.registry(rf"{OFFICE}\Security\Trusted Locations")
    places |= machine.registry(rf"{POLICY}\Security\Trusted Locations")
    found = [
        *([_NO_ADDINS] if low.get("disablealladdins") == 1 else []),
        *([_UNSIGNED] if low.get("requireaddinsig") == 1 else []),
        *(
            [_NO_MACROS]
            if low.get("vbawarnings") in (3, 4) and places.get("AllLocationsDisabled") == 1
            else []
        ),
        *([_DISABLED] if _is_disabled(machine) else []),
    ]
    yield from found or [Finding("The Trust Center of Excel lets the add-in run.")]


_CENTER = "File, Options, Trust Center, Trust Center Settings, {}; where it is grey, ask the administrator."
_NO_ADDINS = Finding(
    "Excel is set to load no add-ins at all.", bad=True, mend=_CENTER.format("Add-ins: Disable all, off")
)
_UNSIGNED = Finding(
    "Excel loads signed add-ins only, and this one is not signed.",
    bad=True,
    mend=_CENTER.format("Add-ins: Require signed, off"),
)
_NO_MACROS = Finding(
    "Excel runs no macros, and trusted folders are switched off.",
    bad=True,
    mend=_CENTER.format("Trusted Locations: Disable all, off"),
)
_DISABLED = Finding(
    "Excel switched the add-in off after a crash.",
    bad=True,
    mend="File, Options, Add-ins, Manage: Disabled Items, Go: enable okr.xlam.",
)


def _is_disabled(machine: Machine) -> bool:
    """Whether Excel keeps the add-in among what it switched off: bytes with the path in UTF-16."""
    values = machine.registry(rf"{OFFICE}\Resiliency\DisabledItems").values()
    name = "okr.xlam".encode("utf-16-le")
    return any(isinstance(value, bytes) and name in value.lower() for value in values)


def _settings(places: Places, machine: Machine, interpreter: str, xlwings: str) -> Iterator[Finding]:
    kept = read_settings(places.conf)
    named = kept.get("INTERPRETER_WIN" if places.system == WINDOWS else "INTERPRETER_MAC")
    if named is None:
        yield Finding(f"{places.conf} names no Python.", bad=True, mend=AGAIN)
        return
    if not Path(named).is_file():
        yield Finding(f"The Python that runs the buttons is gone: {named}.", bad=True, mend=AGAIN)
        return
    other = "" if named == interpreter else f" (this command runs in {interpreter})"
    yield Finding(f"The buttons run in {named}{other}.")
    yield _version(machine.run((named, "-c", PROBE)), named, xlwings)
    if SPOOL in kept:
        yield _spool(Path(kept[SPOOL]))


def _version(printed: str | None, named: str, xlwings: str) -> Finding:
    found = (printed or "").strip()
    if not found:
        mend = f'Run: "{named}" -m pip install okrsync'
        return Finding("That Python cannot import okrsync's add-in and xlwings.", bad=True, mend=mend)
    if found != xlwings:
        said = f"That Python has xlwings {found}, but the add-in was made with {xlwings}."
        return Finding(said, bad=True, mend=f'{AGAIN[:-1]} with that Python: "{named}" -m sync addin install')
    return Finding(f"It has xlwings {found}, as the add-in expects.")


def _spool(folder: Path) -> Finding:
    if folder.is_dir():
        return Finding(f"Sync now reaches the service by {folder}.")
    said = f"The service's folder cannot be reached: {folder}. Sync now will say when the next sync is due."
    return Finding(said, mend="Connect the drive, or run `okrsync addin install --spool DIR`.")


def _script(script: Path) -> Finding:
    if script.is_file():
        return Finding(f"The script that lets Excel start Python is there: {script.name}.")
    others = sorted(path.name for path in script.parent.glob("xlwings-*.applescript"))
    beside = f" There is {', '.join(others)}, which is for another version." if others else ""
    return Finding(f"{script} is missing.{beside}", bad=True, mend=AGAIN)


def _defender(machine: Machine) -> Iterator[Finding]:
    """The rules of Windows Defender that stop what a button does."""
    rules: Values = {}
    for root in (r"HKLM\SOFTWARE", r"HKLM\SOFTWARE\Policies"):
        rules |= {name.lower(): value for name, value in machine.registry(rf"{root}\{DEFENDER}").items()}
    for rule, effect in ASR.items():
        if str(rules.get(rule)) in ("1", "6"):
            yield Finding(
                f"Windows Defender has a rule for this machine: {effect}.",
                bad=True,
                mend=f"Ask the administrator for an exception from rule {rule}.",
            )


def read_settings(conf: Path) -> dict[str, str]:
    """What okr.conf says, by key; empty where there is none."""
    try:
        text = conf.read_text(encoding=ENCODING)
    except (OSError, UnicodeDecodeError):
        return {}
    rows = (line.strip().strip('"').split('","') for line in text.splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 2}
