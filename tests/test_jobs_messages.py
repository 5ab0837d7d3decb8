"""The service's jobs that send messages: slots in the readers' zones, and none while nothing can be sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from sheet_templates.people import build_people
from sync import jobs
from sync.config import load
from sync.core.errors import HistoryAway, LeaseLost
from sync.history.desk import Desk
from sync.jobs import JOBS, Errand, perform, slots
from sync.opening import existing
from tests.company import CONFIG, Company

MESSAGES = {"reminders", "news", "findings", "digest"}
MAIL = """
[people]
path = "people.xlsx"
[mail]
host = "127.0.0.1"
port = 9
security = "none"
sender = "okr@example.org"
"""


@pytest.fixture
def company(tmp_path: Path) -> Company:
    jobs._ZONES.clear()
    company = Company(tmp_path, CONFIG + MAIL)
    people = [
        {"name": "Kim", "email": "kim@example.org", "time_zone": "Asia/Tokyo"},
        {"name": "Ada", "email": "ada@example.org"},
    ]
    build_people(tmp_path / "people.xlsx", people)
    company.team()
    company.sync()
    return company


def test_messages_have_a_slot_in_each_zone_of_their_readers(company: Company) -> None:
    found = {(slot.job, slot.zone) for slot in slots(JOBS, company.settings()) if slot.job in MESSAGES}
    assert found == {(job, zone) for job in MESSAGES for zone in ("Asia/Tokyo", "UTC")}


def test_while_nothing_can_be_sent_messages_have_no_slots() -> None:
    assert not {slot.job for slot in slots(JOBS, load(None, {}))} & MESSAGES


def test_before_the_first_sync_the_organisations_zone_is_all_that_is_known(tmp_path: Path) -> None:
    jobs._ZONES.clear()
    settings = Company(tmp_path, CONFIG + MAIL).settings()
    assert {slot.zone for slot in slots(JOBS, settings) if slot.job in MESSAGES} == {"UTC"}


def test_trust_25_while_the_history_is_away_no_zone_counts_as_gone(company: Company) -> None:
    """The service looks again when it is back: with some zones only, the others' slots would be lost."""
    with (
        patch("sync.post.zones_of", side_effect=HistoryAway("It is in use.")),
        pytest.raises(HistoryAway),
    ):
        slots(JOBS, company.settings())
    test_messages_have_a_slot_in_each_zone_of_their_readers(company)


@pytest.mark.parametrize("job", sorted(MESSAGES))
def test_a_job_says_what_it_did(company: Company, job: str) -> None:
    errand = Errand(company.settings(), datetime(2026, 11, 25, 9, tzinfo=UTC), zone="UTC")
    report = perform(job, errand)
    assert report.said
    assert report.code in (0, 3)


@pytest.mark.parametrize("job", sorted(MESSAGES))
def test_trust_26_a_job_under_a_lease_that_was_lost_records_and_sends_nothing(
    company: Company, job: str
) -> None:
    settings = company.settings()
    with Desk.open(settings.history.url, settings.state_folder()) as desk:
        moment = datetime(2026, 11, 25, 9, tzinfo=UTC)
        token = desk.take("the one before", moment, 60).token
        desk.take("the one after", moment + timedelta(hours=1), 60)
    with pytest.raises(LeaseLost, match="the one after has taken over"):
        perform(job, Errand(settings, moment, zone="UTC", token=token))
    with existing(settings) as store:
        assert store.outbox.entries() == []
        assert store.outbox.days(f"{job}_UTC") == []
