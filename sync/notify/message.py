"""A message as it leaves okrsync, and as mail: explicit addresses, plain headers, text and HTML parts."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import NamedTuple

from sync.notify.plain import one_line


@dataclass(frozen=True)
class Message:
    """One message to one person. `kind` and `period` say which, so that nobody gets it twice.

    `html` shows an image as `cid:NAME`; `images` are PNG files by that name.
    """

    name: str
    address: str
    kind: str
    period: str
    subject: str
    text: str
    html: str
    language: str = "en"
    images: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What may be sent once: (person, kind, period)."""
        return self.address.casefold(), self.kind, self.period


class Sender(NamedTuple):
    """Who writes, where answers go, and the history that the message belongs to."""

    name: str
    address: str
    reply_to: tuple[str, str] = ("", "")
    generation: str = ""


_ASCII = SMTP.clone(cte_type="7bit")  # not every server between here and the reader takes eight bits

NOBODY = Sender("okrsync", "okrsync@localhost")
"""Who writes while no sender is configured: only messages that are looked at."""


def sender_of(text: str, reply_to: str, generation: str) -> Sender:
    """The sender that the settings name, as `Name <address>` or an address."""
    name, address = _parts(text)
    return Sender(name, address, _parts(reply_to), generation) if address else NOBODY


def _parts(text: str) -> tuple[str, str]:
    name, bracket, address = text.partition("<")
    return (name.strip(), address.rstrip("> ")) if bracket else ("", text.strip())


def message_id(message: Message, sender: Sender) -> str:
    """The same for the same message of the same history, whenever it is made."""
    whole = "\0".join((sender.generation, *message.key))
    return f"<{hashlib.sha256(whole.encode()).hexdigest()[:32]}@{sender.address.partition('@')[2]}>"


def mail(message: Message, sender: Sender, moment: datetime) -> EmailMessage:
    """The message as mail. Nothing in it but its words can come from a cell."""
    made = EmailMessage(_ASCII)
    made["From"] = Address(one_line(sender.name), addr_spec=sender.address)
    made["To"] = Address(one_line(message.name), addr_spec=message.address)
    if sender.reply_to[1]:
        made["Reply-To"] = Address(one_line(sender.reply_to[0]), addr_spec=sender.reply_to[1])
    made["Subject"] = one_line(message.subject)
    made["Date"] = moment
    made["Message-ID"] = message_id(message, sender)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(message.text)
    made.add_alternative(message.html, subtype="html")
    made["Content-Language"] = message.language
    if message.images:
        parts = made.get_payload()
        for name, data in message.images.items():
            parts[1].add_related(data, "image", "png", cid=f"<{name}>")  # type: ignore[union-attr,index]  # parts of a multipart
    return made


def page(message: Message) -> bytes:
    """The HTML part as a page that shows its images by itself."""
    html = message.html
    for name, data in message.images.items():
        html = html.replace(f"cid:{name}", f"data:image/png;base64,{b64encode(data).decode()}")
    return html.encode("utf-8")


def file_name(message: Message) -> str:
    """A name for the message's file, of letters that every system takes."""
    name = f"{message.kind}-{message.period}-{message.address}"
    return re.sub(r"[^A-Za-z0-9@._-]", "_", name)
