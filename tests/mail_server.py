"""A real SMTP server on this machine (aiosmtpd) that keeps what it gets, or fails as it is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Post:
    """What arrived. `rcpt` and `data` are asked for each recipient and mail: an answer, "" for the usual
    one, or a number of seconds to wait first."""

    envelopes: list[Envelope] = field(default_factory=list)
    rcpt: Callable[[str], str | float] = lambda _address: ""
    data: Callable[[str], str | float] = lambda _address: ""
    drop_after_data: Callable[[str], bool] = lambda _address: False
    port: int = 0

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.rcpt(address)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        elif answer:
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # too
        address = envelope.rcpt_tos[0]
        answer = self.data(address)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        elif answer:
            return answer
        self.envelopes.append(envelope)
        if self.drop_after_data(address):
            transport: Any = server.transport
            transport.abort()
        return "250 OK, kept"

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails as a mail program reads them."""
        return [_parsed(envelope.content) for envelope in self.envelopes]

    @property
    def recipients(self) -> list[str]:
        """The envelopes' recipients, in order of their names."""
        return sorted(address for envelope in self.envelopes for address in envelope.rcpt_tos)


def _parsed(content: Any) -> EmailMessage:
    parsed: EmailMessage = message_from_bytes(content, policy=policy.default)
    return parsed


@contextmanager
def mail_server(**more: Any) -> Iterator[Post]:
    """The server, running on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        post = Post(port=free.getsockname()[1])
    controller = Controller(post, hostname="127.0.0.1", port=post.port, **more)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()
