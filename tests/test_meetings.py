"""Agendas and the calendar: the same figures, the least certain first, nothing that a cell could add."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sync.core.agenda import Kind
from sync.core.cycle import Cycle
from sync.notify.agenda import markdown
from sync.notify.calendar import Event, cadence, ics
from sync.notify.words import words
from tests.company import Company
from tests.mail_server import mail_server

QUARTER = Cycle("2026-Q4", date(2026, 10, 1), date(2026, 12, 31))
PEOPLE = "Name,Email\nKim,kim@example.org\nAda,ada@example.org\n"
KEY_RESULTS = """
    ID  | Objective ID | Key result      | Owner | Start | Target | Current | Confidence | Last check-in
    KR1 | O1           | NPS             | Kim   | 0     | 10     | 4       | 8          | 2026-11-17
    KR2 | O1           | # [x](y) *loud* | Ada   | 100   | 200    | 180     | 3          | 2026-11-17
    KR3 | O1           | Silent one      | Kim   | 0     | 10     |         |            |
"""


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.config.write_text(made.config.read_text() + '[people]\npath = "people.csv"\n')
    (tmp_path / "people.csv").write_text(PEOPLE)
    made.team(key_results=KEY_RESULTS)
    made.sync("2026-11-18")
    return made


@pytest.mark.parametrize("kind", Kind)
def test_every_meeting_has_an_agenda(company: Company, kind: Kind) -> None:
    answer = company.command("agenda", "--unit", "Acme", "--kind", str(kind), "--as-of", "2026-11-18")
    assert answer.code == 0, answer
    assert answer.out.startswith("# ")
    assert "## To ask" in answer.out
    assert "\n\n\n" not in answer.out


def test_the_least_certain_key_result_comes_first_and_cells_are_no_markdown(company: Company) -> None:
    text = company.command("agenda", "--unit", "Acme", "--as-of", "2026-11-18").out
    assert text.index("Silent one") < text.index("loud") < text.index("NPS")
    assert r"**\# \[x\](y) \*loud\*** (KR2), Ada: On track, 180 of 200, 80 %, confidence 3" in text


def test_a_persons_agenda_has_their_rows_only(company: Company) -> None:
    text = company.command("agenda", "--person", "kim@example.org", "--as-of", "2026-11-18").out
    assert text.startswith("# One-on-one: Kim\n")
    assert "NPS" in text
    assert "loud" not in text


@pytest.mark.parametrize("kind", Kind)
def test_an_agenda_is_mailed_to_those_who_meet_once_a_day(company: Company, kind: Kind) -> None:
    config = company.config.read_text()
    with mail_server() as post:
        company.config.write_text(
            f'{config}[mail]\nhost = "127.0.0.1"\nport = {post.port}\nsecurity = "none"\n'
            'sender = "okr@example.org"\n'
        )
        company.command("outbox", "release")
        mail = ("agenda", "--unit", "Acme", "--kind", str(kind), "--mail", "--as-of", "2026-11-18")
        assert company.command(*mail).out == "2 messages due: 2 sent.\n"
        assert company.command(*mail).out == "2 messages due: 2 sent before.\n"
        assert post.recipients == ["ada@example.org", "kim@example.org"]
        [one, _] = post.mails
        text, html = (one.get_body((part,)).get_content() for part in ("plain", "html"))  # type: ignore[union-attr]  # it has both
    assert str(one["Subject"]).endswith(": Acme")
    assert text.startswith(f"# {one['Subject']}")
    if kind is not Kind.RETROSPECTIVE:
        assert "# [x](y) *loud*" in html
    assert "To ask" in html
    assert "<a " not in html


def test_a_persons_agenda_goes_to_them_and_their_manager(company: Company) -> None:
    people = "Name,Email,Manager\nKim,kim@example.org,Ada\nAda,ada@example.org,\n"
    (company.folder / "people.csv").write_text(people)
    company.sync("2026-11-18")
    command = ("agenda", "--person", "Kim", "--mail", "--dry-run", "--as-of", "2026-11-18")
    assert company.command(*command).out == "2 messages due; nothing was sent.\n"
    company.config.write_text(company.config.read_text() + '[privacy]\nprivate_units = ["Acme"]\n')
    assert company.command(*command).out == "1 message due; nothing was sent.\n"


@pytest.mark.parametrize(
    ("options", "words_"),
    (
        (("--unit", "Acmee"), 'No unit is called "Acmee"; did you mean "Acme"?'),
        (("--person", "kin@example.org"), 'did you mean "kim@example.org"?'),
        ((), "Give --unit NAME or --person EMAIL."),
        (("--unit", "Acme", "--person", "Kim"), "Give --unit NAME or --person EMAIL."),
    ),
)
def test_who_meets_must_be_known(company: Company, options: tuple[str, ...], words_: str) -> None:
    answer = company.command("agenda", *options)
    assert answer.code == 2
    assert words_ in answer.err


@pytest.mark.parametrize(
    "text", ("<b>x</b>", "[a](http://evil.example)", "![p](x)", "# h", "- l", "`c`", "|t|", "~~s~~")
)
def test_markdown_of_a_cell_is_shown_as_it_stands(text: str) -> None:
    assert not re.search(r"(?<!\\)[<>\[\]`|~#]|^-|http://\w", markdown(text))


# ---------------------------------------------------------------- the calendar


def test_the_cadence_of_a_quarter() -> None:
    events = {event.name: event for event in cadence(QUARTER, 4, words("en"))}
    assert events["OKR check-in is due"].starts == datetime(2026, 10, 2, 17)  # noqa: DTZ001  # local everywhere
    assert events["OKR quarterly review"].starts.date() == date(2026, 12, 31)
    assert events["OKR retrospective"].starts.date() == date(2027, 1, 7)
    months = [event.starts.date() for event in cadence(QUARTER, 4, words("en")) if "monthly" in event.name]
    assert months == [date(2026, 10, 30), date(2026, 11, 30)]
    assert all(event.starts.weekday() < 5 for event in events.values())


def test_the_file_is_an_icalendar(company: Company, tmp_path: Path) -> None:
    out = tmp_path / "okr.ics"
    command = ("calendar", "-o", str(out), "--link", "https://meet.example.org/okr", "--as-of", "2026-11-18")
    assert company.command(*command).code == 0
    data = out.read_bytes()
    lines = data.decode().split("\r\n")
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 75
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 6
    assert "URL:https://meet.example.org/okr" in lines
    assert "RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=FR;UNTIL=20261231T235959" in lines
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(set(uids)) == 6
    company.command(*command)
    assert [line for line in out.read_text().splitlines() if line.startswith("UID:")] == uids


def test_words_cannot_add_lines_to_the_calendar() -> None:
    name = "x;y,z\\ \r\nATTENDEE:mailto:all@evil.example " + "ä" * 80
    when = datetime(2026, 10, 2, 17) + timedelta()  # noqa: DTZ001  # as above
    text = ics(
        QUARTER,
        [Event(name, when, 30)],
        organisation="A\r\nB",
        link="",
        moment=datetime(2026, 11, 18, tzinfo=UTC),
    )
    unfolded = text.replace("\r\n ", "")
    assert not [line for line in unfolded.split("\r\n") if line.startswith("ATTENDEE")]
    assert "SUMMARY:x\\;y\\,z\\\\ ATTENDEE:mailto" in unfolded
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
