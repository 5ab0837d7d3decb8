"""What the messages say: the master's figures, the right cells, nothing private; and what mail they are."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from sync.core.grid import a1
from sync.notify.digest import points
from sync.notify.facts import Facts
from sync.notify.links import Links
from sync.notify.plain import BREAK, harmless, one_line
from sync.notify.words import round_half_up
from tests.company import Answer, Company, loaded
from tests.mail_server import mail_server
from tests.sheets import kr, o, team, view
from tests.test_owed import MONDAY, assessed

PEOPLE = """Name,Email,Unit,Manager,Time zone,Country,Starts
Kim,kim@example.org,Sales,Max,Europe/Berlin,DE,
Ada,ada@example.org,Acme,,,,
Cleo,cleo@example.org,Acme,,,,
Max,max@example.org,Acme,,,AT,
"""
SALES_OBJECTIVES = """
    ID | Objective | Owner | Aligned to
    S1 | Sell more | Kim   | O1
"""
SALES = """
    ID  | Objective ID | Key result     | Owner | Start | Target | Current | Last check-in | Depends on
    SK1 | S1           | Deals          | Kim   | 0     | 8      | 2       | 2026-10-13    |
    SK2 | S1           | Secret meeting | Kim   | 0     | 10     | 9       | 2026-11-17    | KR2
"""


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A company over five weeks: Deals falls silent, Leads is done, Sales depends on Acme."""
    made = Company(tmp_path / "company")
    made.config.write_text(
        made.config.read_text() + '[people]\npath = "people.csv"\n[mail]\nsender = "OKR <okr@example.org>"\n'
        '[mail.links]\nteams = "https://example.org/okr%20team/"\n[mail.languages]\nAT = "de"\n'
    )
    (made.folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    for week, (on, leads) in enumerate((("2026-10-12", 120), ("2026-11-09", 150), ("2026-11-18", 200))):
        key_results = f"""
            ID  | Objective ID | Key result | Owner | Start | Target | Current | Last check-in
            KR1 | O1           | NPS        | Ada   | 0     | 10     | {4 + week} | {on}
            KR2 | O1           | Leads      | Ada   | 100   | 200    | {leads}    | {on}
        """
        made.team(key_results=key_results, manager="Max", champion="Cleo")
        sold = SALES.replace("| 9   ", f"| {7 + week}   ").replace("2026-11-17", on)
        made.team(
            "Sales",
            objectives=SALES_OBJECTIVES,
            key_results=sold if week else sold.replace("KR2", ""),
            level="Team",
            parent="Acme",
            champion="Cleo",
        )
        made.sync(on)
    return made


def shown(made: Company, *command: str, at: str = "2026-11-18T09:00") -> dict[str, Any]:
    """The mails that would go, by recipient."""
    out = made.folder.parent / "out"
    answer: Answer = made.command(*command, "--dry-run", "--out", str(out), "--as-of", at)
    assert answer.code == 0, answer
    files = sorted(out.glob("*.eml")) if out.exists() else []
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    for file in out.glob("*"):
        file.unlink()
    return {str(mail["To"].addresses[0].addr_spec): mail for mail in mails}


def part(mail: Any, kind: str) -> str:
    text: str = mail.get_body((kind,)).get_content()
    return text.replace("\r\n", "\n")


# ---------------------------------------------------------------- the digest


def test_the_digests_figures_are_those_of_the_master(company: Company) -> None:
    [(to, mail)] = shown(company, "digest").items()
    assert to == "max@example.org"
    sheet = loaded(company.master)["Roll-up"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    header = next(row for row in rows if row[:2] == ["Unit", "Level"])
    named = [row for row in rows if row[1] in {"Company", "Team"}]
    units = {row[0].strip(): dict(zip(header, row, strict=True)) for row in named}
    text = part(mail, "plain")
    for name, row in units.items():
        score, change = f"{round_half_up(row['Roll-up'] * 100)} %", points(row["Change"])
        assert f"- {name}: {score} ({change}), " in text
    assert mail["Subject"].startswith(f"Acme: {round_half_up(units['Acme']['Roll-up'] * 100)} %, ")
    assert "On track" not in text  # Max reads German
    assert "Auf Kurs" in text


def test_the_digest_tells_what_is_new_and_who_is_silent(company: Company) -> None:
    text = part(shown(company, "digest")["max@example.org"], "plain")
    assert text.index("\nOhne Check-in\n") < text.index("* Deals\n") < text.index("\nErfolge\n")
    assert text.index("\nErfolge\n") < text.index("* Leads\n")
    assert "Zahlen vom Mittwoch, 18. November" in text
    assert "Neu heißt: seit Montag, 9. November" in text


def test_the_digest_names_what_the_other_side_has_not_confirmed(company: Company) -> None:
    mail = shown(company, "digest")["max@example.org"]
    with company.store() as store:
        [found] = [problem for problem, _ in store.findings() if problem.code == "A306"]
    assert found.message.startswith('SK2 depends on "KR2" of Acme')
    heading = "Abhängigkeiten, die die andere Seite nicht bestätigt hat"
    assert f"\n{heading}\n* Sales: {found.message}\n" in part(mail, "plain")
    assert heading in part(mail, "html")


def test_the_digest_names_sheets_that_are_held_or_stale_and_since_when(company: Company) -> None:
    before = part(shown(company, "digest")["max@example.org"], "plain")
    assert "Tabellen, die nicht aktuell sind" not in before
    company.team("Sales", objectives="", key_results="", level="Team", parent="Acme", champion="Cleo")
    company.sync("2026-11-18")
    (company.folder / "teams" / "Acme.xlsx").write_bytes(b"no workbook")
    company.sync("2026-11-18")
    text = part(shown(company, "digest")["max@example.org"], "plain").replace(BREAK, "")
    told = text[text.index("Tabellen, die nicht aktuell sind") :]
    assert "* Acme: Acme.xlsx (veraltet seit Mittwoch, 18. November)" in told
    assert "* Sales: Sales.xlsx (angehalten seit Mittwoch, 18. November)" in told
    assert text.count("(alte Zeilen)") == 2


def test_the_chart_travels_inside_the_mail(company: Company) -> None:
    mail = shown(company, "digest")["max@example.org"]
    [image] = [one for one in mail.walk() if one.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<roll-up>"
    assert image.get_content().startswith(b"\x89PNG")
    assert 'src="cid:roll-up"' in part(mail, "html")


@pytest.mark.parametrize("command", (("remind",), ("digest",), ("digest", "--findings")))
def test_force_shows_messages_and_never_sends_them(company: Company, command: tuple[str, ...]) -> None:
    assert shown(company, *command, "--force")
    answer = company.command(*command, "--force")
    assert (answer.code, "--force is for looking: give --dry-run, too." in answer.err) == (2, True)


def test_who_wants_no_digest_gets_none(company: Company) -> None:
    text = company.config.read_text()
    company.config.write_text(text + '[routing]\nno_digest = ["MAX@example.org"]\n')
    assert shown(company, "digest") == {}


def test_trust_24_a_private_units_words_are_for_its_own_people(company: Company) -> None:
    text = company.config.read_text()
    company.config.write_text(text + '[privacy]\nprivate_units = ["Sales"]\n')
    company.sync("2026-11-18")
    digest = shown(company, "digest")["max@example.org"]
    for words in ("Secret meeting", "Deals", "Kim"):
        assert words not in part(digest, "plain")
        assert words not in part(digest, "html")
    assert "SK1 (Sales)" in part(digest, "plain")
    kims = shown(company, "remind", "--force")["kim@example.org"]
    assert "Deals" in part(kims, "plain")


# ---------------------------------------------------------------- findings, wins, dependencies, cycles


def test_champions_get_their_units_findings_with_the_cell(company: Company) -> None:
    mail = shown(company, "digest", "--findings")["cleo@example.org"]
    found = [p for p in company.sync("2026-11-18").problems if p.unit in {"Acme", "Sales"}]
    with company.store() as store:
        found = [problem for problem, _ in store.findings() if problem.unit in {"Acme", "Sales"}]
    assert found
    for problem in found[:10]:
        assert problem.code in part(mail, "plain")
        assert f"{problem.tab}!{problem.cell}" in part(mail, "plain")


def test_a_win_and_a_new_dependency_are_told_to_those_they_concern(company: Company) -> None:
    out = company.folder.parent / "out"
    command = ("remind", "--news", "--dry-run", "--out", str(out), "--as-of", "2026-11-18T09:00")
    answer = company.command(*command)
    assert answer.code == 0, answer
    names = sorted(file.name for file in out.glob("*.eml"))
    wins = [name for name in names if name.startswith("win-2026-Q4_Acme_")]
    assert [name.rsplit("-", maxsplit=1)[1] for name in wins] == [
        *("ada@example.org.eml", "cleo@example.org.eml", "max@example.org.eml"),
    ]
    assert names == wins  # the dependency was there a week ago
    company.team(
        "Sales",
        objectives=SALES_OBJECTIVES,
        key_results=SALES.replace("2       | 2026-10-13    |", "2       | 2026-10-13    | KR1"),
        level="Team",
        parent="Acme",
    )
    company.sync("2026-11-18")
    assert company.command(*command).code == 0
    [new] = [file for file in out.glob("*.eml") if file.name.startswith("dependency-")]
    mail = message_from_bytes(new.read_bytes(), policy=policy.default)
    assert (str(mail["To"]), mail["Subject"]) == ("Ada <ada@example.org>", "Sales depends on you")
    assert "This key result needs “NPS”." in part(mail, "plain")
    assert "* Deals\n" in part(mail, "plain")


def test_a_digest_that_was_put_off_goes_with_the_news_of_the_same_week(company: Company) -> None:
    text = company.config.read_text()
    with mail_server() as post:
        server = f'host = "127.0.0.1"\nport = {post.port}\nsecurity = "none"\n'
        company.config.write_text(text.replace("[mail]\n", f"[mail]\n{server}"))
        company.command("outbox", "release")
        post.rcpt = lambda _address: "451 greylisted, come back later"
        assert "1 put off" in company.command("digest", "--as-of", "2026-11-18T08:00").out
        post.rcpt = lambda _address: ""
        assert company.command("remind", "--news", "--as-of", "2026-11-19T09:30").code == 0
        digests = [mail for mail in post.mails if str(mail["Subject"]).startswith("Acme: ")]
        assert [str(mail["To"]) for mail in digests] == ["Max <max@example.org>"]
        assert (
            company.command("digest", "--as-of", "2026-11-20T08:00").out == "1 message due: 1 sent before.\n"
        )
        post.envelopes.clear()
        company.command("remind", "--news", "--as-of", "2026-11-26T09:30")
        assert not any(str(mail["Subject"]).startswith("Acme: ") for mail in post.mails)


def test_a_cycles_beginning_is_told_to_everybody(company: Company) -> None:
    mails = shown(company, "remind", "--news", at="2026-10-02T09:00")
    assert sorted(mails) == ["ada@example.org", "cleo@example.org", "kim@example.org", "max@example.org"]
    kims = part(mails["kim@example.org"], "plain")
    assert kims.startswith("2026-Q4 has begun\n")
    assert kims.index("Customers tell us") < kims.index("Sell more") < kims.index("Deals")
    assert "2026-Q4 hat begonnen" in part(mails["max@example.org"], "plain")


# ---------------------------------------------------------------- cells and mail


def test_each_line_of_a_reminder_opens_its_workbook_and_names_its_cell(company: Company) -> None:
    mail = shown(company, "remind", "--force", at="2026-11-16T09:00")["kim@example.org"]
    html = part(mail, "html")
    assert re.findall(r'href="([^"]+)"', html) == ["https://example.org/okr%20team/Sales.xlsx"]
    binding = company.sheet("Sales.xlsx").bindings["key_results"]
    cell = a1(binding.header_row + 1, binding.columns["current"])
    assert f"Sales.xlsx › Key Results!{cell}" in html


def test_a_reminder_lists_what_is_past_due_too(company: Company) -> None:
    late = """
        ID  | Objective ID | Key result     | Owner | Start | Target | Current | Last check-in | Due
        SK1 | S1           | Deals          | Kim   | 0     | 8      | 2       | 2026-10-13    |
        SK2 | S1           | Secret meeting | Kim   | 0     | 10     | 9       | 2026-11-09    | 2026-11-10
    """
    company.team("Sales", objectives=SALES_OBJECTIVES, key_results=late, level="Team", parent="Acme")
    company.sync("2026-11-18")
    mail = shown(company, "remind", "--force")["kim@example.org"]
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert text.index("Deals") < text.index("Past due and not done") < text.index("Secret meeting")


def test_a_yes_is_no_number() -> None:
    sheet = team("Web", o("W-O1"), kr("W-O1-KR1", measure="Yes/No", current=True), kr("W-O1-KR2"))
    found = assessed(MONDAY, [sheet])
    facts = Facts(found, Links(found.portfolio, {}))
    assert [facts.key_result(key).value for key in (0, 1)] == ["", "5"]


def test_a_cell_in_google_is_opened_at_its_range() -> None:
    sheet = team("Marketing", o("MKT-O1"), kr("MKT-O1-KR1"))
    tabs = {key: tab._replace(gid="77") for key, tab in sheet.bindings.items()}
    portfolio = view(sheet._replace(bindings=tabs)).portfolio
    url = "https://docs.google.com/spreadsheets/d/abc123/edit"
    portfolio.sources["key"], portfolio.sources["url"] = "google:abc123", url
    links = Links(portfolio, {})
    assert links.to(0, portfolio.ref("key_results", 0, "current")).url == f"{url}#gid=77&range=I2"


def test_a_mail_reads_as_plain_text_and_as_a_page(company: Company) -> None:
    mail = shown(company, "remind", "--force", at="2026-11-16T09:00")["kim@example.org"]
    assert [one.get_content_type() for one in mail.walk()] == [
        *("multipart/alternative", "text/plain", "text/html"),
    ]
    assert str(mail["From"]) == "OKR <okr@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    html = part(mail, "html")
    assert 'lang="en"' in html
    assert 'name="color-scheme" content="light dark"' in html
    assert "<script" not in html
    assert not re.search(r"<(?:img|link|iframe)", html)
    assert "prefers-color-scheme: dark" in html
    assert all('role="presentation"' in table for table in re.findall(r"<table[^>]*>", html))
    assert max(map(len, mail.as_bytes().splitlines())) < 998


@pytest.mark.parametrize("command", (("remind", "--force"), ("digest",), ("digest", "--findings")))
def test_a_mail_is_ascii_as_it_travels(company: Company, command: tuple[str, ...]) -> None:
    out = company.folder / "out"
    company.command(*command, "--dry-run", "--out", str(out), "--as-of", "2026-11-16T09:00")
    assert list(out.glob("*.eml"))
    assert all(file.read_bytes().isascii() for file in out.glob("*.eml"))


@pytest.mark.parametrize(
    ("text", "shown_"),
    (
        ("two\r\nlines\tand\x0bmore", "two lines and more"),
        ("Bcc:\u2028x\u202eevil\u2066", "Bcc: x evil"),
        ("nul\x00 and \ud800 surrogate", "nul and surrogate"),
        ("family 👨\u200d👩\u200d👧 stays", "family 👨\u200d👩\u200d👧 stays"),
        ("x" * 300, "x" * 199 + "…"),
    ),
)
def test_a_text_is_one_line_without_signs_that_steer(text: str, shown_: str) -> None:
    assert one_line(text) == shown_


@pytest.mark.parametrize(
    "text",
    (
        *(
            "http://evil.example/x",
            "HTTPS://EVIL.EXAMPLE",
            "www.evil.example",
            "evil.example",
            "a@evil.example",
        ),
        *(
            "javascript:alert(1)",
            "//evil.example",
            "see:http://evil.example.",
            "mailto:x@y.zz",
            "ftp://1.2.3.4/",
        ),
    ),
)
def test_nothing_in_a_cell_is_taken_for_a_link(text: str) -> None:
    clean = harmless(f"look {text} now")
    assert clean.replace(BREAK, "") == f"look {text} now"
    assert harmless(clean) == clean
    assert not re.search(r"(?i)https?://|www\.\w|\w\.\w|javascript:\w|mailto:\w|@\w|//\w", clean)


@pytest.mark.parametrize("text", ("Revenue 1.5 → 2.0", "NPS: 40", "and/or", "A. B. C.", "50 % of 3,000"))
def test_plain_words_and_numbers_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text
