"""`okrsync login`: what people agree to, for each OAuth client that the settings name."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

from sync import googling
from sync.config import Settings
from sync.core.errors import AccountUnusable, UsageError
from sync.core.problems import sentence
from sync.google.credentials import ADC, WRITE, content_of, is_client, scopes
from sync.google.login import HOST, Agreed, Way, log_in

Say = Callable[[str], None]


def ask(
    settings: Settings, client: Path | None, *, port: int, write: bool, create: bool, say: Say
) -> Iterator[str]:
    """One line for each consent that was given; the addresses to open go to `say`."""
    with googling.connect(settings, writes=write, creates=create) as connection:
        access = connection.access  # what a sync would ask for
    wanted = scopes(writes=access.writes, creates=access.creates)
    way = Way(lambda address, at: _show(address, at, say), port)
    for one in [client] if client else _clients(settings):
        try:
            agreed = log_in(one, settings.state_folder(), wanted, way=way, endpoint=settings.google.endpoint)
        except AccountUnusable as error:  # here it is no part of a longer sentence
            raise AccountUnusable(sentence(error.cause), error.hint) from None
        yield from _told(agreed, one)


def credentials_of(settings: Settings) -> list[str]:
    """Every credential that the settings name, each once; `adc` where sheets are named and no credential."""
    named = [*settings.google.credentials]
    for entry in settings.sources.google:
        named += entry.credentials
    return list(dict.fromkeys(named)) or [ADC]


def _clients(settings: Settings) -> list[Path]:
    files = [Path(name) for name in credentials_of(settings) if name != ADC]
    found = [file for file in files if is_client(content_of(file))]
    if not found:
        raise UsageError(
            "`[google] credentials` names no OAuth client, so there is nobody to ask. Download a client of "
            "the type “Desktop app” from the Cloud project and name its file there, or give it with --client."
        )
    return found


def _show(address: str, port: int, say: Say) -> None:
    """Brings the address before a person's eyes: in the browser of this machine, if it has one."""
    if _opened(address):
        say("The browser asks for your consent. If it did not open, open this address in it:")
    else:
        say("This machine has no browser. Open this address in one that can reach this machine:")
    say(f"\n    {address}\n")
    say(
        f"It comes back to {HOST}:{port}. For a browser on another machine, first run there: "
        f"ssh -L {port}:{HOST}:{port} THIS-MACHINE"
    )


def _opened(address: str) -> bool:
    """Whether a browser with windows was told; one for terminals would take this terminal."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    in_terminal = type(browser) is webbrowser.GenericBrowser
    return not in_terminal and browser.open(address)


def _told(agreed: Agreed, client: Path) -> Iterator[str]:
    who = agreed.account or "Somebody whose address Google does not tell"
    does = "read and write" if WRITE in agreed.rights else "read"
    yield f"{who} lets okrsync {does} sheets, by {client.name}. The consent is kept in {agreed.file}."
    if agreed.account:
        yield f"People share their sheets with {agreed.account}. `okrsync doctor` shows which ones it sees."
    else:
        yield f"What went wrong when Google was asked who it is: {agreed.trouble}"
