"""Messages through a real SMTP server: once, to whom they belong, and truthful about what became of them."""

from __future__ import annotations

import socket
import sqlite3
import ssl
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest

from sync.clerk import Clerk
from sync.core.errors import HistoryUnusable
from sync.history.outbox import Entry
from sync.notify.delivery import Delivery, deliver
from sync.notify.smtp import Letter, Outcome, Server
from tests import company as table_company
from tests.company import Answer, Company
from tests.mail_server import Post, mail_server
from tests.past import opened

MOMENT = datetime(2026, 11, 16, 9, tzinfo=UTC)
MONDAY = "2026-11-16T09:00"


@pytest.fixture
def post() -> Iterator[Post]:
    with mail_server() as found:
        yield found


def letters(count: int = 3) -> list[Letter]:
    return [
        Letter(
            (f"p{at}@example.org", "reminder", "2026-11-16"),
            f"<{at}@example.org>",
            "Hello",
            "okr@example.org",
            f"p{at}@example.org",
            f"From: okr@example.org\r\nSubject: Hello {at}\r\n\r\n.leading dot\r\n..two\r\n".encode(),
        )
        for at in range(count)
    ]


def handed_in(
    folder: Path, port: int, given: list[Letter], *, connections: int = 2, seconds: float = 30
) -> Delivery:
    with opened(folder) as store, Clerk(store.outbox, MOMENT) as clerk:
        server = Server("127.0.0.1", port, "none", seconds=seconds)
        return deliver(given, server, clerk, connections=connections)


def entries(folder: Path) -> list[Entry]:
    with opened(folder) as store:
        return sorted(store.outbox.entries(), key=lambda entry: entry.person)


def states(folder: Path) -> list[str]:
    return [entry.state for entry in entries(folder)]


# ---------------------------------------------------------------- the connection


def test_every_letter_arrives_as_it_was_made(tmp_path: Path, post: Post) -> None:
    done = handed_in(tmp_path, post.port, letters())
    assert done.counts == {Outcome.SENT: 3}
    assert post.recipients == ["p0@example.org", "p1@example.org", "p2@example.org"]
    assert {envelope.mail_from for envelope in post.envelopes} == {"okr@example.org"}
    assert [mail.get_content() for mail in post.mails] == [".leading dot\r\n..two\r\n"] * 3
    assert states(tmp_path) == ["sent"] * 3


def test_trust_22_what_was_sent_is_not_sent_again(tmp_path: Path, post: Post) -> None:
    handed_in(tmp_path, post.port, letters())
    assert handed_in(tmp_path, post.port, letters(4)).counts == {Outcome.ALREADY: 3, Outcome.SENT: 1}
    assert Counter(post.recipients).most_common(1)[0][1] == 1


def test_trust_22_two_services_that_race_send_each_message_once(tmp_path: Path, post: Post) -> None:
    opened(tmp_path).close()
    start, found = Barrier(2), []

    def race() -> None:
        start.wait()
        found.append(handed_in(tmp_path, post.port, letters(40)).counts)

    racers = [Thread(target=race) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(post.envelopes) == len(set(post.recipients)) == 40
    assert sum(counts[Outcome.SENT] for counts in found) == 40


@pytest.mark.parametrize(
    ("where", "answer", "outcome"),
    (
        ("rcpt", "550 no such user", Outcome.REFUSED),
        ("rcpt", "451 greylisted, come back later", Outcome.DEFERRED),
        ("data", "554 looks like spam", Outcome.REFUSED),
        ("data", "452 disk full", Outcome.DEFERRED),
    ),
)
def test_a_refusing_recipient_is_recorded_and_the_others_go_on(
    tmp_path: Path, post: Post, where: str, answer: str, outcome: Outcome
) -> None:
    setattr(post, where, lambda address: answer if address.startswith("p1@") else "")
    done = handed_in(tmp_path, post.port, letters(), connections=1)
    assert done.counts == {Outcome.SENT: 2, outcome: 1}
    assert [(entry.state, entry.answer) for entry in entries(tmp_path) if entry.state != "sent"] == [
        (str(outcome), answer)
    ]
    setattr(post, where, lambda _address: "")
    again = handed_in(tmp_path, post.port, letters())
    assert again.counts[Outcome.SENT] == (1 if outcome is Outcome.DEFERRED else 0)


def test_trust_17_a_slow_recipient_delays_no_other(tmp_path: Path, post: Post) -> None:
    post.rcpt = lambda address: 5.0 if address.startswith("p0@") else ""
    began = time.monotonic()
    done = handed_in(tmp_path, post.port, letters(30), seconds=1)
    assert done.counts == {Outcome.SENT: 29, Outcome.DEFERRED: 1}
    assert time.monotonic() - began < 4
    assert done.answers == [
        ("p0@example.org", Outcome.DEFERRED, "the server did not answer within 1 seconds")
    ]


@pytest.mark.parametrize(
    ("security", "begins"), (("none", b"220-"), ("starttls", b"220-"), ("tls", b"\x16\x03\x03\x40\x00"))
)
def test_trust_17_a_server_that_greets_without_end_has_had_its_time(
    tmp_path: Path, security: str, begins: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as slow:
        Thread(target=drip, args=(slow, begins), daemon=True).start()
        began = time.monotonic()
        with opened(tmp_path) as store, Clerk(store.outbox, MOMENT) as clerk:
            server = Server("127.0.0.1", slow.getsockname()[1], security, seconds=1)
            done = deliver(letters(1), server, clerk, connections=1)
    assert time.monotonic() - began < 4
    assert done.answers == [
        ("p0@example.org", Outcome.DEFERRED, "the server did not answer within 1 seconds")
    ]


def drip(server: socket.socket, begins: bytes) -> None:
    """Answers with one sign after the other, for longer than anybody waits."""
    with suppress(OSError), server.accept()[0] as line:
        line.sendall(begins)
        for _ in range(30):
            line.sendall(b"-")
            time.sleep(0.3)


def test_trust_22_no_answer_after_data_means_that_nobody_knows(tmp_path: Path, post: Post) -> None:
    post.drop_after_data = lambda address: address.startswith("p1@")
    post.data = lambda address: 5.0 if address.startswith("p2@") else ""
    done = handed_in(tmp_path, post.port, letters(5), seconds=1)
    assert done.counts == {Outcome.SENT: 3, Outcome.UNKNOWN: 2}
    assert states(tmp_path) == ["sent", "claimed", "claimed", "sent", "sent"]
    handed_in(tmp_path, post.port, letters(5))
    assert Counter(post.recipients)["p1@example.org"] == 1


def test_a_server_that_is_not_there_puts_everything_off_quickly(tmp_path: Path) -> None:
    began = time.monotonic()
    done = handed_in(tmp_path, 1, letters(200))
    assert done.counts == {Outcome.DEFERRED: 200}
    assert time.monotonic() - began < 8
    assert "refused" in done.answers[0][2]


def test_trust_29_a_server_without_tls_gets_nothing_when_tls_is_asked_for(tmp_path: Path, post: Post) -> None:
    for security in ("starttls", "tls"):
        with opened(tmp_path) as store, Clerk(store.outbox, MOMENT) as clerk:
            server = Server("127.0.0.1", post.port, security, seconds=3)
            done = deliver(letters(), server, clerk, connections=1)
        assert done.counts == {Outcome.DEFERRED: 3}
    assert post.envelopes == []


def test_trust_22_nothing_goes_when_the_database_cannot_be_written(
    tmp_path: Path, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> list[int]:
        raise HistoryUnusable("The history could not be written: the disk is full.")

    monkeypatch.setattr("sync.history.outbox.Outbox.together", full)
    with pytest.raises(HistoryUnusable, match="the disk is full"):
        handed_in(tmp_path, post.port, letters(50))
    assert post.envelopes == []


def test_trust_22_nothing_goes_while_the_database_is_locked(
    tmp_path: Path, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.history.sqlite._BUSY", 10)
    opened(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HistoryUnusable, match="in use by another okrsync"):
            handed_in(tmp_path, post.port, letters(50))
    assert post.envelopes == []
    assert handed_in(tmp_path, post.port, letters(50)).counts == {Outcome.SENT: 50}


# ---------------------------------------------------------------- the command

PEOPLE = """Name,Email,Unit,Manager,Time zone,Country,Starts
Kim,kim@example.org,Acme,,Europe/Berlin,DE,
Ada,ada@example.org,Acme,,,,
"""
LATE = """
    ID  | Objective ID | Key result | Owner | Start | Target | Current | Last check-in
    KR1 | O1           | NPS        | Kim   | 0     | 10     | 4       | 2026-11-03
    KR2 | O1           | Leads      | Ada   | 100   | 200    | 180     | 2026-11-04
"""


def company(
    folder: Path, port: int, *, mail: str = "", key_results: str = LATE, people: str = PEOPLE
) -> Company:
    """A company with two missing check-ins and a mail server."""
    made = Company(folder / "company")
    text = made.config.read_text(encoding="utf-8") + '\n[people]\npath = "people.csv"\n'
    text += f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
    made.config.write_text(text + f'sender = "OKR team <okr@example.org>"\n{mail}\n', encoding="utf-8")
    (made.folder / "people.csv").write_text(people, encoding="utf-8")
    made.team(key_results=key_results)
    made.sync("2026-11-05")
    made.sync("2026-11-16")
    return made


def remind(made: Company, *more: str, at: str = MONDAY) -> Answer:
    return made.command("remind", "--as-of", at, *more)


def test_trust_23_the_first_run_is_held_and_asked_about(tmp_path: Path, post: Post) -> None:
    made = company(tmp_path, post.port)
    held = remind(made)
    assert held.code == 3
    assert "2 messages are held: nothing was ever sent from this history." in held.out
    assert post.envelopes == []
    assert "2 messages are held" in made.command("status").out
    assert made.command("outbox", "release").code == 0
    sent = remind(made)
    assert (sent.code, sent.out) == (0, "2 messages due: 2 sent.\n")
    assert post.recipients == ["ada@example.org", "kim@example.org"]
    assert "held" not in made.command("status").out
    assert remind(made).out == "2 messages due: 2 sent before.\n"
    assert remind(made, at="2026-11-17T09:00").out == "2 messages due: 2 sent.\n"  # day 1, no longer held
    assert len(post.envelopes) == 4


def test_trust_23_ten_times_the_usual_is_held(tmp_path: Path, post: Post) -> None:
    made = company(tmp_path, post.port, mail="storm_ratio = 1")
    made.command("outbox", "release")
    assert remind(made).code == 0
    rows = [f"KR{at} | O1 | Goal {at} | p{at} | 0 | 10 | 4 | 2026-11-03" for at in range(5)]
    made.team(key_results="\n".join([LATE.strip().splitlines()[0], *rows]))
    people = [f"p{at},p{at}@example.org,,,,," for at in range(5)]
    (made.folder / "people.csv").write_text("\n".join([PEOPLE.splitlines()[0], *people]) + "\n")
    made.sync("2026-11-17")
    held = remind(made, at="2026-11-23T09:00")
    assert "4 messages are held: usually there are 2." in held.out  # a new value of KR2 was its check-in
    assert len(post.envelopes) == 2


def test_trust_23_a_dry_run_opens_no_connection_and_shows_what_is_held(
    tmp_path: Path, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = company(tmp_path, post.port)
    before = made.tree()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a dry run connects to nothing")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)
    shown = remind(made, "--dry-run", "--out", str(tmp_path / "mails"))
    assert shown.code == 0
    assert shown.out.startswith("2 messages due; nothing was sent.")
    assert sorted(path.suffix for path in (tmp_path / "mails").iterdir()) == [
        ".eml",
        ".eml",
        ".html",
        ".html",
    ]
    assert made.tree() == before


def test_a_lost_result_is_listed_in_status_and_sent_again_by_command_only(tmp_path: Path, post: Post) -> None:
    made = company(tmp_path, post.port)
    made.command("outbox", "release")
    post.drop_after_data = lambda address: address.startswith("kim@")
    answer = remind(made)
    assert answer.code == 3
    assert "1 sent, 1 of which nobody knows whether they went" in answer.out
    status = made.command("status").out
    assert "Nobody knows whether 1 message went" in status
    assert "kim@example.org" in status
    [unknown] = [entry for entry in entries_of(made) if entry.state == "claimed"]
    assert remind(made).out == "2 messages due: 2 sent before.\n"
    post.drop_after_data = lambda _address: False
    sent = made.command("outbox", "resend", str(unknown.id))
    assert sent.out == f"Message {unknown.id} to kim@example.org: it was sent.\n"
    ids = [mail["Message-ID"] for mail in post.mails if mail["To"] == "Kim <kim@example.org>"]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert made.command("outbox", "resend", str(unknown.id)).code == 2


def entries_of(made: Company) -> list[Entry]:
    with made.store() as store:
        return store.outbox.entries()


def test_without_a_server_nothing_is_sent_and_a_sentence_says_so(tmp_path: Path) -> None:
    made = Company(tmp_path)
    made.team(key_results=LATE)
    made.sync("2026-11-16")
    answer = remind(made)
    assert answer.code == 2
    assert "[mail] host is not set" in answer.err
    shown = remind(made, "--dry-run")
    assert shown.code == 0
    assert "There is no people list ([people] path), so there is nobody to write to." in shown.out


# ---------------------------------------------------------------- what a cell cannot do

EVIL = (
    "Win⏎Bcc: all@evil.example <b>now</b> http://evil.example/x www.evil.example evil.example {{7771*3}} =1+1"
)
HOSTILE = f"""
    ID  | Objective ID | Key result | Owner | Start | Target | Current | Last check-in
    KR1 | O1           | {EVIL}     | Kim <mallory@evil.example> | 0 | 10 | 4 | 2026-11-03
    KR2 | O1           | Leads      | mallory@evil.example | 100 | 200 | 180 | 2026-11-04
"""


def test_trust_24_and_28_a_cell_adds_no_recipient_header_link_or_markup(
    tmp_path: Path, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = table_company.value
    monkeypatch.setattr(table_company, "value", lambda place: plain(place.replace("⏎", "\r\n")))
    people = PEOPLE.replace("Kim,", '"Kim <script>alert(1)</script>",', 1).replace("Ada,", "Kim,", 1)
    made = company(tmp_path, post.port, key_results=HOSTILE, people=people)
    made.command("outbox", "release")
    assert remind(made).code == 0
    [envelope] = post.envelopes
    assert envelope.rcpt_tos == ["ada@example.org"]  # who is called Kim in the people list now
    [mail] = post.mails
    assert {name.lower() for name in mail} == {
        *("from", "to", "subject", "date", "message-id", "auto-submitted", "content-language"),
        *("mime-version", "content-type"),
    }
    assert "evil" not in "".join(f"{name}{value}" for name, value in mail.items())
    html = mail.get_body(("html",))
    text = mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    for words in (html.get_content(), text.get_content()):
        assert "evil" in words
        assert "http://evil" not in words
        assert "www.evil" not in words
        assert "evil.example" not in words
        assert "23313" not in words
        assert "{{7771*3}}" in words
    assert "<b>now" not in html.get_content()
    assert "&lt;b&gt;now&lt;/b&gt;" in html.get_content()
    assert "href" not in html.get_content()
    assert "\nBcc:" not in text.get_content()


def test_trust_30_the_password_is_told_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRSYNC_MAIL__PASSWORD", "canary-4711")
    with mail_server(auth_require_tls=False, authenticator=lambda *_: _no_login()) as post:
        made = company(tmp_path, post.port, mail='user = "okr"')
        made.command("outbox", "release")
        answer = remind(made)
        assert "refused the login; see [mail] user and credential" in answer.out
        assert post.envelopes == []
    said = [answer.out, answer.err, made.command("status").out, made.command("outbox").out]
    assert "canary" not in "".join(said)
    assert all(b"canary" not in content for _, content in made.tree().values())


def _no_login() -> object:
    from aiosmtpd.smtp import AuthResult

    return AuthResult(success=False, handled=False)


# ---------------------------------------------------------------- encryption


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, openssl: str) -> Path:
    """A certificate for 127.0.0.1 that nobody else signed; its key stands in the same file."""
    folder = tmp_path_factory.mktemp("certificate")
    key, made = folder / "key.pem", folder / "made.pem"
    names = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(key), "-out", str(made))
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + made.read_bytes())
    return both


@pytest.mark.parametrize("trusted", (True, False))
def test_trust_29_starttls_is_used_and_the_certificate_is_checked(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    of_the_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    of_the_server.load_cert_chain(certificate)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(tls_context=of_the_server, require_starttls=True) as post:
        with opened(tmp_path) as store, Clerk(store.outbox, MOMENT) as clerk:
            server = Server("127.0.0.1", post.port, "starttls", seconds=5)
            done = deliver(letters(2), server, clerk, connections=1)
        if trusted:
            assert done.counts == {Outcome.SENT: 2}
            assert all(envelope.rcpt_tos for envelope in post.envelopes)
        else:
            assert done.counts == {Outcome.DEFERRED: 2}
            assert "the server's certificate is not to be trusted: self" in done.answers[0][2]
            assert post.envelopes == []


def test_trust_29_tls_from_the_first_byte(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_the_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    of_the_server.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        mail_server(ssl_context=of_the_server) as post,
        opened(tmp_path) as store,
        Clerk(store.outbox, MOMENT) as clerk,
    ):
        server = Server("127.0.0.1", post.port, "tls", seconds=5)
        assert deliver(letters(2), server, clerk, connections=1).counts == {Outcome.SENT: 2}
    assert len(post.envelopes) == 2
