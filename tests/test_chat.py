"""Messages into chat channels, through a real webhook receiver on this machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sync.core.errors import UsageError
from sync.notify.chat import Channel
from sync.notify.gate import why_not
from sync.notify.plain import harmless
from sync.notify.smtp import Outcome
from tests.company import Company
from tests.test_sending import LATE, MONDAY, PEOPLE, entries_of

# apprise looks for a module that Python 3.13 no longer has
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Receiver(ThreadingHTTPServer):
    """A webhook that keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.got: list[dict[str, Any]] = []
        self.status, self.location = 200, ""
        self.connections = 0

    def get_request(self) -> tuple[socket.socket, Any]:
        self.connections += 1
        return super().get_request()

    @property
    def address(self) -> str:
        """The address as apprise knows it."""
        return f"json://127.0.0.1:{self.server_address[1]}/hook"


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # the library's name
        server: Any = self.server
        server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(server.status)
        if server.location:
            self.send_header("Location", server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver() as receiver:
        Thread(target=receiver.serve_forever, daemon=True).start()
        yield receiver
        receiver.shutdown()


def company(folder: Path, routing: str, key_results: str = LATE) -> Company:
    made = Company(folder / "company")
    text = made.config.read_text() + '\n[people]\npath = "people.csv"\n'
    text += f'[chat]\nchannels = {{"all" = "env:OKRSYNC_CHAT_ALL"}}\n[routing]\n{routing}\n'
    made.config.write_text(text)
    (made.folder / "people.csv").write_text(PEOPLE)
    made.team(key_results=key_results)
    made.sync("2026-11-05")
    made.sync("2026-11-16")
    made.command("outbox", "release")
    return made


ROUTED = 'people = {"kim@example.org" = "all", "Ada@example.org" = "all"}'


def test_what_a_person_would_get_by_mail_goes_into_their_channel_once(
    tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRSYNC_CHAT_ALL", hook.address)
    made = company(tmp_path, ROUTED)
    answer = made.command("remind", "--as-of", MONDAY)
    assert (answer.code, answer.out) == (0, "2 messages due: 2 sent.\n")
    assert sorted(one["title"] for one in hook.got) == ["1 key result waits for you"] * 2
    assert any("* NPS\n" in one["message"] for one in hook.got)
    assert made.command("remind", "--as-of", MONDAY).out == "2 messages due: 2 sent before.\n"
    assert len(hook.got) == 2


def test_a_units_digest_goes_into_its_channel(
    tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRSYNC_CHAT_ALL", hook.address)
    made = company(tmp_path, 'units = {"Acme" = "all"}')
    answer = made.command("digest", "--as-of", MONDAY)
    assert (answer.code, answer.out) == (0, "1 message due: 1 sent.\n")
    assert hook.got[0]["title"].startswith("Acme: 60 %")
    shown = made.command("digest", "--dry-run", "--out", str(tmp_path / "out"), "--as-of", MONDAY)
    assert "2 files" in shown.out
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".html", ".txt"]


@pytest.mark.parametrize(
    ("status", "state", "words"),
    (
        (404, "refused", "the channel all did not take it; look at its address"),
        (429, "deferred", "the channel all could not be reached or was busy"),
        (500, "claimed", "the channel all did not say that it took it"),
    ),
)
def test_what_a_channel_answers_decides_what_became_of_a_message(
    tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch, status: int, state: str, words: str
) -> None:
    monkeypatch.setenv("OKRSYNC_CHAT_ALL", hook.address)
    hook.status = status
    made = company(tmp_path, ROUTED)
    answer = made.command("remind", "--as-of", MONDAY)
    assert answer.code == 3
    assert words in answer.out
    assert {entry.state for entry in entries_of(made)} == {state}
    unknown = "Nobody knows whether 2 messages went" in made.command("status").out
    assert unknown == (state == "claimed")


def test_a_channel_that_is_not_there_is_tried_again_later(
    tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRSYNC_CHAT_ALL", "json://127.0.0.1:9/hook")
    made = company(tmp_path, ROUTED)
    assert made.command("remind", "--as-of", MONDAY).code == 3
    assert {entry.state for entry in entries_of(made)} == {"deferred"}
    monkeypatch.setenv("OKRSYNC_CHAT_ALL", hook.address)
    assert made.command("remind", "--as-of", MONDAY).out == "2 messages due: 2 sent.\n"


@pytest.mark.parametrize(
    ("address", "reason"),
    (
        ("93.184.216.34", ""),
        ("2606:2800:220:1:248:1893:25c8:1946", ""),
        ("::ffff:93.184.216.34", ""),
        ("10.0.0.5", "no public address"),
        ("169.254.169.254", "no public address"),
        ("127.0.0.1", "no public address"),
        ("100.64.0.1", "no public address"),
        ("0.0.0.1", "no public address"),
        ("224.0.0.1", "no public address"),
        ("::1", "no public address"),
        ("fe80::1%eth0", "no public address"),
        ("fd00::1", "no public address"),
        ("::ffff:10.0.0.5", "no public address"),
        ("64:ff9b::a00:5", "stands for another address"),
        ("64:ff9b::5db8:d822", "stands for another address"),
        ("2002:a00:5::", "stands for another address"),
    ),
)
def test_trust_29_only_public_addresses_are_connected_to(address: str, reason: str) -> None:
    assert reason in why_not(address)
    assert bool(why_not(address)) == bool(reason)


def led_to(address: str, port: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets every name lead to that address; the names that are asked for."""
    asked: list[str] = []

    def answer(host: str, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


def test_trust_29_a_name_that_leads_into_a_private_network_is_not_connected_to(
    hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = led_to("127.0.0.1", hook.server_address[1], monkeypatch)
    outcome, words = Channel("all", "jsons://chat.example.org/canary-4711").post("title", "text")
    assert asked == ["chat.example.org"]
    assert (outcome, hook.connections) == (Outcome.REFUSED, 0)
    assert words == (
        "the address of the channel all leads to 127.0.0.1, which is no public address; see [chat] inside"
    )


def test_a_host_of_ones_own_network_is_allowed_by_name(
    hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    led_to("127.0.0.1", hook.server_address[1], monkeypatch)
    Channel("all", "jsons://chat.example.org/", ["Chat.example.org"]).post("title", "text")
    assert hook.connections == 1  # and then there is no TLS, so it goes no further
    assert hook.got == []


def test_trust_29_a_redirect_is_not_followed(hook: Receiver) -> None:
    with Receiver() as elsewhere:
        Thread(target=elsewhere.serve_forever, daemon=True).start()
        hook.status, hook.location = 307, f"http://127.0.0.1:{elsewhere.server_address[1]}/"
        assert Channel("all", hook.address).post("title", "text")[0] is Outcome.REFUSED
        assert (len(hook.got), elsewhere.got) == (1, [])
        elsewhere.shutdown()


@pytest.mark.parametrize(
    ("address", "words"),
    (
        ("json://chat.example.org/canary-4711", "is not encrypted"),
        ("nonsense://canary-4711", "is none that apprise knows"),
        ("canary-4711", "is none that apprise knows"),
    ),
)
def test_trust_29_and_30_an_address_that_will_not_do_is_refused_and_not_repeated(
    address: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words) as told:
        Channel("all", address)
    assert "canary" not in str(told.value)


def test_trust_30_a_channels_address_stands_nowhere(
    tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRSYNC_CHAT_ALL", f"{hook.address}/canary-4711")
    made = company(tmp_path, ROUTED)
    hook.status = 404
    answers = [made.command("remind", "--as-of", MONDAY), made.command("status"), made.command("outbox")]
    assert "canary" not in "".join(answer.out + answer.err for answer in answers)
    assert all(b"canary" not in content for _, content in made.tree().values())


def test_trust_28_a_cell_calls_nobody_in_a_channel() -> None:
    for text in ("@everyone", "hello @channel", "<!channel>", "<@U123>", "<https://evil.example|x>"):
        clean = harmless(text)
        assert "@everyone" not in clean
        assert "@channel" not in clean
        assert "@U123" not in clean
        assert "https://evil" not in clean


def test_routes_lead_to_channels_that_are_there(tmp_path: Path) -> None:
    made = Company(tmp_path)
    made.config.write_text(
        made.config.read_text() + '[routing]\nunits = {"Acme" = "al"}\n[chat.channels]\nall = "env:X"\n'
    )
    answer = made.command("status")
    assert answer.code == 2
    assert '[routing] units: [chat] channels has no "al"; did you mean "all"?' in answer.err
