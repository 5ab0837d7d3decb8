"""Messages to chat channels (Slack, Microsoft Teams and others), through apprise: their text part, escaped.

A channel's address is a secret that the operator gives. Only encrypted services are taken, and others on this
machine; nothing is followed elsewhere, and every address is looked at before it is connected to (`gate`).
What certainly did not arrive is refused or put off; where nobody can tell, the result is unknown.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sync.core.errors import UsageError
from sync.notify.delivery import Delivery
from sync.notify.gate import LOOPBACK, Gate
from sync.notify.smtp import Desk, Letter, Outcome

_AT_ONCE = 4


class Channel:
    """One channel, opened. UsageError when its address will not do; the address itself is never repeated.

    `inside` are hosts that may stand in a network of one's own.
    """

    def __init__(self, name: str, address: str, inside: Collection[str] = ()) -> None:
        try:
            import apprise  # noqa: PLC0415  # an extra, for those who use it
        except ImportError:
            raise UsageError("[chat] channels need one more package: pip install 'okrsync[chat]'.") from None
        quiet = logging.getLogger("apprise")  # what goes wrong is in our own record
        quiet.propagate = False
        quiet.addHandler(logging.NullHandler())
        asset = apprise.AppriseAsset(
            app_id="okrsync", app_desc="okrsync", http_redirects=False, async_mode=False
        )
        service: Any = apprise.Apprise.instantiate(address, asset=asset)
        if service is None:
            raise UsageError(f"[chat] channels: the address of {name} is none that apprise knows.")
        if not service.secure and getattr(service, "host", "") not in LOOPBACK:
            raise UsageError(f"[chat] channels: the address of {name} is not encrypted.")
        self.name, self._inside = name, inside
        self._service, self._apprise = service, apprise

    def post(self, title: str, text: str) -> tuple[Outcome, str]:
        """What became of a message, and a sentence when it is not known to have arrived."""
        sender = self._apprise.Apprise(asset=self._service.asset)
        sender.add(self._service)
        gate = Gate(self._inside)
        with gate.open():
            taken = sender.notify(title=title, body=text, body_format=self._apprise.NotifyFormat.TEXT)
        outcome = gate.outcome(taken=bool(taken))
        if gate.forbidden and outcome is Outcome.REFUSED:
            return outcome, f"the address of the channel {self.name} {gate.forbidden}; see [chat] inside"
        return outcome, "" if taken else f"the channel {self.name} {_TROUBLES[outcome]}"


_TROUBLES = {
    Outcome.REFUSED: "did not take it; look at its address",
    Outcome.DEFERRED: "could not be reached or was busy",
    Outcome.UNKNOWN: "did not say that it took it",
}


def deliver(letters: Iterable[tuple[str, Letter]], channels: Mapping[str, Channel], desk: Desk) -> Delivery:
    """Posts each letter (its text is its data) into its channel; one slow channel delays no other."""
    done = Delivery()
    by_channel: dict[str, list[Letter]] = {}
    for name, letter in letters:
        by_channel.setdefault(name, []).append(letter)

    def post_all(name: str) -> None:
        for letter in by_channel[name]:
            number = desk.claim(letter)
            if not number:
                done.add(letter, Outcome.ALREADY, "")
                continue
            outcome, answer = channels[name].post(letter.subject, letter.data.decode("utf-8"))
            desk.finish(number, outcome, answer)
            done.add(letter, outcome, answer)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(post_all, by_channel):
            pass
    return done
