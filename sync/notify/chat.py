"""Messages to chat channels (Slack, Microsoft Teams and others), through apprise: their text part, escaped.

A channel's address is a secret that the operator gives. Only encrypted services are taken, and others on this
machine; nothing is followed elsewhere (TRUST 29). apprise says whether a channel took a message, not why it
did not: what it did not take may have arrived, so its result is unknown.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sync.core.errors import UsageError
from sync.notify.delivery import Delivery
from sync.notify.smtp import Desk, Letter, Outcome

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_AT_ONCE = 4


class Channel:
    """One channel, opened. UsageError when its address will not do; the address itself is never repeated."""

    def __init__(self, name: str, address: str) -> None:
        try:
            import apprise  # noqa: PLC0415  # an extra, for those who use it
        except ImportError:
            raise UsageError("[chat] channels need one more package: pip install 'okrsync[chat]'.") from None
        quiet = logging.getLogger("apprise")  # what goes wrong is in our own record
        quiet.propagate = False
        quiet.addHandler(logging.NullHandler())
        asset = apprise.AppriseAsset(app_id="okrsync", app_desc="okrsync", http_redirects=False)
        service: Any = apprise.Apprise.instantiate(address, asset=asset)
        if service is None:
            raise UsageError(f"[chat] channels: the address of {name} is none that apprise knows.")
        if not service.secure and getattr(service, "host", "") not in _LOOPBACK:
            raise UsageError(f"[chat] channels: the address of {name} is not encrypted.")
        self.name = name
        self._service, self._apprise = service, apprise

    def post(self, title: str, text: str) -> bool:
        """Whether the channel took the message."""
        sender = self._apprise.Apprise(asset=self._service.asset)
        sender.add(self._service)
        return bool(sender.notify(title=title, body=text, body_format=self._apprise.NotifyFormat.TEXT))


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
            taken = channels[name].post(letter.subject, letter.data.decode("utf-8"))
            outcome = Outcome.SENT if taken else Outcome.UNKNOWN
            answer = "" if taken else f"the channel {name} did not say that it took it"
            desk.finish(number, outcome, answer)
            done.add(letter, outcome, answer)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(post_all, by_channel):
            pass
    return done
