"""`okrsync login` against an authorization server on this machine; the browser is a thread."""

# ruff: noqa: F811  # pytest hands in the imported fixture by its name

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sync import consent
from sync.config import Settings, load
from sync.core.errors import AccountUnusable, UsageError
from sync.google.credentials import CREATE, LIST, READ, WRITE, account, scopes
from sync.google.login import Way, log_in
from tests.company import Answer, okrsync
from tests.sheets_server.credentials import PERSON
from tests.sheets_server.fixture import sheets_server  # noqa: F401  # a fixture
from tests.sheets_server.server import SheetsServer

Browse = Callable[[str], object]


class Browser:
    """Opens addresses in threads, as a browser beside the terminal does."""

    def __init__(self, open_: Browse) -> None:
        self._open = open_
        self._threads: list[threading.Thread] = []
        self.shown: list[str] = []

    def show(self, address: str, _port: int = 0) -> None:
        self.shown.append(address)
        thread = threading.Thread(target=self._open, args=(address,))
        self._threads.append(thread)
        thread.start()

    def opened(self, address: str) -> bool:
        self.show(address)
        return True

    def close(self) -> None:
        for thread in self._threads:
            thread.join(timeout=20)


def agree(address: str) -> None:
    """Follows the redirect of the consent page to okrsync's own port."""
    requests.get(address, timeout=10)


def back_with(**answer: str) -> Browse:
    """A browser that comes back with something else than a code."""

    def browse(address: str) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        requests.get(asked["redirect_uri"], params={"state": asked["state"]} | answer, timeout=10)

    return browse


@pytest.fixture
def browsers() -> Iterator[Callable[[Browse], Browser]]:
    """A function that makes browsers, which are waited for in the end."""
    made: list[Browser] = []

    def make(browse: Browse = agree) -> Browser:
        made.append(Browser(browse))
        return made[-1]

    yield make
    for browser in made:
        browser.close()


@pytest.fixture
def client(sheets_server: SheetsServer, tmp_path: Path) -> Path:
    path = tmp_path / "client.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(sheets_server.credentials.installed_app()), encoding="utf-8")
    return path


def settings_of(server: SheetsServer, folder: Path, more: str = "") -> Settings:
    config = folder / "config.toml"
    text = f'[google]\nendpoint = "{server.url}"\ncredentials = ["client.json"]\n{more}'
    config.write_text(text, encoding="utf-8")
    return load(config, {})


def asked(
    settings: Settings, browser: Browser, monkeypatch: pytest.MonkeyPatch, **options: bool
) -> list[str]:
    monkeypatch.setattr(consent, "_opened", browser.opened)
    more = {"write": False, "create": False} | options
    return list(consent.ask(settings, None, port=0, say=lambda _: None, **more))


def test_a_consent_is_kept_for_its_owner_alone_and_works(
    sheets_server,
    client,
    browsers,
    tmp_path,
    monkeypatch,
) -> None:
    settings = settings_of(sheets_server, tmp_path)
    lines = asked(settings, browsers(), monkeypatch)
    kept = tmp_path / "state" / "google-client.token.json"
    assert lines == [
        f"{PERSON} lets okrsync read sheets, by client.json. The consent is kept in {kept}.",
        f"People share their sheets with {PERSON}. `okrsync doctor` shows which ones it sees.",
    ]
    content = json.loads(kept.read_text())
    assert content["account"] == PERSON
    assert content["scopes"] == sorted([READ, LIST])
    assert "token" not in content
    if os.name != "nt":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    name, found = account(str(client), scopes(writes=False), tokens=kept.parent, endpoint=sheets_server.url)
    assert name == PERSON
    from google.auth.transport.requests import Request

    with requests.Session() as session:
        found.refresh(Request(session))
    assert found.valid


@pytest.mark.parametrize(
    ("settings", "options", "rights"),
    (
        ("", {}, {READ, LIST}),
        ("[feedback]\ngoogle = true", {}, {WRITE, LIST}),
        ("", {"write": True}, {WRITE, LIST}),
        ("", {"create": True}, {WRITE, LIST, CREATE}),
    ),
)
def test_what_is_asked_for_is_what_is_needed(
    sheets_server,
    client,
    browsers,
    tmp_path,
    monkeypatch,
    settings,
    options,
    rights,
) -> None:
    browser = browsers()
    asked(settings_of(sheets_server, tmp_path, settings), browser, monkeypatch, **options)
    query = parse_qs(urlsplit(browser.shown[0]).query)
    assert set(query["scope"][0].split()) == rights
    assert query["access_type"] == ["offline"]
    assert query["code_challenge_method"] == ["S256"]


def refused(client: Path, browser: Browser, server: SheetsServer, seconds: float = 20.0) -> AccountUnusable:
    with pytest.raises(AccountUnusable) as caught:
        log_in(
            client,
            client.parent / "state",
            (READ, LIST),
            way=Way(browser.show, seconds=seconds),
            endpoint=server.url,
        )
    assert not (client.parent / "state").exists()
    return caught.value


def test_who_says_no_has_said_no(sheets_server, client, browsers) -> None:
    error = refused(client, browsers(back_with(error="access_denied")), sheets_server)
    assert error.cause == "the consent was not given (access_denied)."


def test_a_code_that_google_does_not_know_is_refused_without_being_told(
    sheets_server,
    client,
    browsers,
) -> None:
    error = refused(client, browsers(back_with(code="canary-4711")), sheets_server)
    assert error.cause == "Google gave no token for client.json: Bad Request."
    assert "canary" not in str(error)


def test_an_answer_to_another_question_is_no_answer(sheets_server, client, browsers) -> None:
    error = refused(
        client, browsers(back_with(state="somebody else's", code="4/x")), sheets_server, seconds=1.5
    )
    assert error.cause.startswith("nobody agreed within")
    assert sheets_server.log.count("token") == 0


def test_a_browsers_other_requests_do_not_end_the_wait(sheets_server, client, browsers, tmp_path) -> None:
    def browse(address: str) -> None:
        back = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        assert (
            "default-src 'none'"
            in requests.get(back + "favicon.ico", timeout=10).headers["Content-Security-Policy"]
        )
        agree(address)

    agreed = log_in(
        client, tmp_path, (READ, LIST), way=Way(browsers(browse).show), endpoint=sheets_server.url
    )
    assert agreed.account == PERSON


def test_a_box_that_was_not_ticked_is_named_and_nothing_is_kept(sheets_server, client, browsers) -> None:
    def browse(address: str) -> None:
        agree(address.replace("+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fdrive.metadata.readonly", ""))

    error = refused(client, browsers(browse), sheets_server)
    assert error.cause == f"the consent does not cover {LIST}, so it was not kept."


def test_a_consent_is_kept_although_nobody_can_tell_whose_it_is(
    sheets_server,
    client,
    browsers,
    tmp_path,
) -> None:
    sheets_server.faults.add("permission_403", path="/drive/v3/about")
    agreed = log_in(client, tmp_path, (READ, LIST), way=Way(browsers().show), endpoint=sheets_server.url)
    assert (agreed.account, agreed.file.exists()) == ("", True)
    assert "may not open it" in agreed.trouble


def test_a_port_that_is_taken_is_named(sheets_server, client, tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        way = Way(lambda _address, _port: None, port)
        with pytest.raises(AccountUnusable, match=f"port {port} of this machine cannot be used"):
            log_in(client, tmp_path, (READ, LIST), way=way, endpoint=sheets_server.url)


def test_a_key_is_no_client(sheets_server, client, tmp_path) -> None:
    sheets_server.credentials.service_account_file(client)
    with pytest.raises(AccountUnusable, match="holds no OAuth client"):
        log_in(client, tmp_path, (READ,), way=Way(lambda *_: None), endpoint=sheets_server.url)
    with pytest.raises(UsageError, match="names no OAuth client"):
        list(
            consent.ask(
                settings_of(sheets_server, tmp_path), None, port=0, write=False, create=False, say=print
            )
        )


def test_trust_29_nobody_is_sent_to_a_foreign_page(client, tmp_path) -> None:
    with pytest.raises(AccountUnusable, match="its auth_uri leads to"):
        log_in(client, tmp_path, (READ,), way=Way(lambda *_: pytest.fail("shown")))


def test_the_environment_is_as_it_was(sheets_server, client, browsers, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)
    log_in(client, tmp_path, (READ, LIST), way=Way(browsers().show), endpoint=sheets_server.url)
    assert "OAUTHLIB_INSECURE_TRANSPORT" not in os.environ


def test_the_command_prints_the_address_where_there_is_no_browser(
    sheets_server,
    client,
    browsers,
    tmp_path,
    monkeypatch,
) -> None:
    settings_of(sheets_server, tmp_path)
    browser = browsers()
    monkeypatch.setattr(consent, "_opened", lambda _address: False)
    show = consent._show
    monkeypatch.setattr(consent, "_show", lambda *seen: (show(*seen), browser.show(seen[0])))
    answer: Answer = okrsync("login", "--config", str(tmp_path / "config.toml"))
    assert answer.code == 0
    assert answer.out.startswith(f"{PERSON} lets okrsync read sheets")
    assert "This machine has no browser." in answer.err
    assert browser.shown[0] in answer.err
    assert "ssh -L" in answer.err


def test_a_terminals_browser_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import webbrowser

    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("false"))
    assert not consent._opened("http://127.0.0.1:1/")
    monkeypatch.setattr(webbrowser, "get", lambda: (_ for _ in ()).throw(webbrowser.Error("none")))
    assert not consent._opened("http://127.0.0.1:1/")


def test_what_goes_wrong_is_told_as_a_sentence_and_ends_with_3(
    sheets_server, client, browsers, tmp_path, monkeypatch
) -> None:
    settings_of(sheets_server, tmp_path)
    monkeypatch.setattr(consent, "_opened", browsers(back_with(error="access_denied")).opened)
    answer = okrsync("login", "--config", str(tmp_path / "config.toml"))
    assert (answer.code, answer.out) == (3, "")
    assert "\nThe consent was not given (access_denied). Run the command again" in answer.err
