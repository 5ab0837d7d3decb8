"""Messages into chat channels, through a real webhook receiver on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sync.core.errors import UsageError
from sync.notify.chat import Channel
from sync.notify.plain import harmless
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


def test_a_channel_that_does_not_take_a_message_leaves_it_unknown(
    tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRSYNC_CHAT_ALL", hook.address)
    hook.status = 500
    made = company(tmp_path, ROUTED)
    answer = made.command("remind", "--as-of", MONDAY)
    assert answer.code == 3
    assert "the channel all did not say that it took it" in answer.out
    assert {entry.state for entry in entries_of(made)} == {"claimed"}
    assert "Nobody knows whether 2 messages went" in made.command("status").out


def test_trust_29_a_redirect_is_not_followed(hook: Receiver) -> None:
    with Receiver() as elsewhere:
        Thread(target=elsewhere.serve_forever, daemon=True).start()
        hook.status, hook.location = 307, f"http://127.0.0.1:{elsewhere.server_address[1]}/"
        assert not Channel("all", hook.address).post("title", "text")
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
