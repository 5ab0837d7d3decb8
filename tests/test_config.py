"""Settings: each has a default, a place in the example, a way in from outside, a sentence when wrong."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync import config
from sync.config import LATER, GoogleSource, Settings, load
from sync.core import policy
from sync.core.errors import UsageError

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "config.example.toml"


def settings(folder: Path, text: str, **environ: str) -> Settings:
    """The settings of that text as config.toml in the folder."""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environ)


def problems(folder: Path, text: str, **environ: str) -> list[str]:
    """The sentences about that text."""
    with pytest.raises(UsageError) as stopped:
        settings(folder, text, **environ)
    return list(stopped.value.problems)


# ---------------------------------------------------------------- defaults and the example


def test_the_example_is_the_defaults(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert settings(tmp_path, text) == settings(tmp_path, "")


def test_the_example_names_every_key() -> None:
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    everything = Settings.model_validate({}).model_dump()
    assert set(example) == set(everything)
    for section in everything.keys() - {"sources"}:
        assert set(example[section]) == set(everything[section]), section
    assert set(example["sources"]["excel"][0]) == set(everything["sources"]["excel"][0])


def test_the_example_holds_a_google_source_that_is_commented_out(tmp_path: Path) -> None:
    text = re.sub(r"^#(?=[\[\w])", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(tomllib.loads(text)["sources"]["google"][0]) == set(GoogleSource.model_fields)
    [found] = settings(tmp_path, text).sources.google
    assert found == GoogleSource(folders=("1AbCdEfGhIjKlMnOpQrStUvWxYz",))


def test_a_comment_stands_above_each_group_of_keys_of_the_example() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert [after for before, after in pairwise(lines) if before.startswith("[") and after[:1] != "#"] == []


def test_defaults_are_those_of_the_core(tmp_path: Path) -> None:
    assert settings(tmp_path, "").policies() == policy.Policies()


def test_every_key_reaches_the_core(tmp_path: Path) -> None:
    changed = settings(
        tmp_path,
        """
        organisation = {name = "Acme", time_zone = "Europe/Berlin", number_format = "1.234,5",
                        cycle = "2026-Q4", fiscal_year_start = 4}
        privacy = {private_units = ["Legal"]}
        scoring = {roll_up = "pooled", on_track_gap = 0.05, at_risk_gap = 0.15, not_started_days = 3,
                   outdated_days = 21, aspirational_bands = [0.3, 0.6], committed_bands = [0.8, 0.9]}
        checks = {select = ["S", "B4"], ignore = ["B401"], severity = {S101 = "note"}, max_objectives = 4,
                  max_objectives_company = 6, min_key_results = 1, max_key_results = 4,
                  check_in_due_weekday = 0, check_in_window_days = 2}
        guards = {shrink_ratio = 0.4, min_known_rows = 3, seen_dates = 1}
        limits = {entries = 10, inflated = "2 MiB", ratio = 9, ratio_free = "1 KiB", cells = 8,
                  file_size = 2048}
        """.replace(",\n", ", "),
    ).policies()
    assert changed == policy.Policies(
        policy.Organisation("Acme", "Europe/Berlin", "1.234,5", "2026-Q4", 4, ("Legal",)),
        policy.Scoring(policy.RollUp.POOLED, 0.05, 0.15, 3, 21, (0.3, 0.6), (0.8, 0.9)),
        policy.Checks(
            ("S", "B4"),
            ("B401",),
            {"S101": "note"},
            4,
            6,
            1,
            4,
            check_in_due_weekday=0,
            check_in_window_days=2,
        ),
        policy.Guards(0.4, 3, 1),
        policy.Limits(10, 2 * 1024**2, 9, 1024, 8, 2048),
    )


def test_every_setting_does_something() -> None:
    files = {file for file in (ROOT / "sync").rglob("*.py") if not file.name.startswith("config")}
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute)} | {
        "url"
    }  # `Settings` hands it out
    everything = Settings.model_validate({}).model_dump()
    assert [
        f"{section}.{key}" for section, table in everything.items() for key in table if key not in read
    ] == []


def test_google_sources_are_named_by_id_or_address(tmp_path: Path) -> None:
    text = """
        [[sources.google]]
        folders = ["https://drive.google.com/drive/folders/1AbC-dEf_9?usp=sharing"]
        ids = ["https://docs.google.com/spreadsheets/d/1XyZ_-0123/edit#gid=7", "2XyZ_-0123"]
        credentials = ["key.json", "adc"]
    """
    [found] = settings(tmp_path, text).sources.google
    assert (found.folders, found.ids) == (("1AbC-dEf_9",), ("1XyZ_-0123", "2XyZ_-0123"))
    assert found.credentials == (str(tmp_path / "key.json"), "adc")


# ---------------------------------------------------------------- paths


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = '[people]\npath = "people.csv"\n[[sources.excel]]\npaths = ["teams/*.xlsx", "/srv/okr"]'
    found = settings(tmp_path, text)
    assert found.folder == tmp_path
    assert found.sources.excel[0].paths == (tmp_path / "teams/*.xlsx", Path("/srv/okr"))
    assert found.people.path == tmp_path / "people.csv"
    assert found.master.excel == tmp_path / "master.xlsx"
    assert found.history.url == f"sqlite:///{(tmp_path / 'state/history.db').as_posix()}"


def test_without_a_file_paths_are_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}).sources.excel[0].paths == (tmp_path / "teams",)


# ---------------------------------------------------------------- the environment


@pytest.mark.parametrize(
    ("variable", "text", "section", "key", "value"),
    (
        ("OKRSYNC_ORGANISATION__NAME", "2026", "organisation", "name", "2026"),
        ("OKRSYNC_FEEDBACK__EXCEL", "true", "feedback", "excel", True),
        ("OKRSYNC_SCORING__ON_TRACK_GAP", "0.2", "scoring", "on_track_gap", 0.2),
        ("OKRSYNC_CHECKS__IGNORE", "Q2, A301", "checks", "ignore", ("Q2", "A301")),
        ("OKRSYNC_CHECKS__IGNORE", '["Q2"]', "checks", "ignore", ("Q2",)),
        ("OKRSYNC_CHECKS__SEVERITY", '{Q201 = "note"}', "checks", "severity", {"Q201": "note"}),
        ("OKRSYNC_LIMITS__FILE_SIZE", "1 GiB", "limits", "file_size", 1024**3),
        ("OKRSYNC_MASTER__EXCEL", "/srv/master.xlsx", "master", "excel", Path("/srv/master.xlsx")),
    ),
)
def test_the_environment_wins_over_the_file(
    tmp_path: Path, variable: str, text: str, section: str, key: str, value: object
) -> None:
    file = '[organisation]\nname = "Acme"\n[checks]\nignore = ["S"]\n[master]\nexcel = "m.xlsx"'
    assert getattr(getattr(settings(tmp_path, file, **{variable: text}), section), key) == value


def test_sources_can_come_from_the_environment(tmp_path: Path) -> None:
    found = settings(
        tmp_path, "", OKRSYNC_SOURCES__EXCEL='[{paths = ["a"]}, {paths = ["b"], recursive = false}]'
    )
    assert [source.paths for source in found.sources.excel] == [(tmp_path / "a",), (tmp_path / "b",)]


def test_a_wrong_variable_is_named_and_not_the_file(tmp_path: Path) -> None:
    assert problems(
        tmp_path, "[master]\nzlib_level = 3", OKRSYNC_MASTER__ZLIB_LEVEL="x", OKRSYNC_MASTRE__A="1"
    ) == [
        'environment variable OKRSYNC_MASTER__ZLIB_LEVEL: "x" will not do; give a level from 0 to 9.',
        'environment variable OKRSYNC_MASTRE__A: there is no "mastre"; did you mean "master"?',
    ]


def test_a_section_that_is_no_section_is_named_also_when_a_variable_fills_it(tmp_path: Path) -> None:
    (sentence,) = problems(tmp_path, "master = 3", OKRSYNC_MASTER__ZLIB_LEVEL="3")
    assert sentence.endswith("3 will not do; give a section with its settings on lines of their own.")


def test_other_variables_are_no_settings(tmp_path: Path) -> None:
    assert settings(tmp_path, "", OKRSYNC_CONFIG="x", PATH__X="1") == settings(tmp_path, "")


# ---------------------------------------------------------------- sentences


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    text = """
        [organisation]
        nam = "x"
        time_zone = "Europe/Berlim"
        [scoring]
        roll_up = "sum"
        [scorng]
        [dashboard]
        port = 8080
    """
    assert problems(tmp_path, text) == [
        (
            'config.toml, [organisation] time_zone: "Europe/Berlim" will not do; '
            'give an IANA time zone such as Europe/Berlin; did you mean "Europe/Berlin"?'
        ),
        'config.toml, [organisation] nam: there is no "nam"; did you mean "name"?',
        (
            'config.toml, [scoring] roll_up: "sum" will not do; '
            'give one of "own-then-contributors", "own", "contributors", "pooled".'
        ),
        'config.toml, [scorng]: there is no "scorng"; did you mean "scoring"?',
        "config.toml, [dashboard]: dashboard is not part of this release; please remove it.",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    (
        (
            'organisation.number_format = "1.2"',
            '[organisation] number_format: "1.2" will not do; give one of "1,234.5"',
        ),
        (
            "organisation.fiscal_year_start = true",
            "fiscal_year_start: true will not do; give a month from 1 to 12.",
        ),
        (
            "organisation.name = 2026",
            "[organisation] name: 2026 will not do; give a text in quotation marks.",
        ),
        (
            'scoring.on_track_gap = "0.1"',
            '[scoring] on_track_gap: "0.1" will not do; give a number from 0 to 1.',
        ),
        ("scoring.on_track_gap = 10", "[scoring] on_track_gap: 10 will not do; give a number from 0 to 1."),
        ("scoring.on_track_gap = nan", "[scoring] on_track_gap: NaN will not do; give a number from 0 to 1."),
        ("scoring.on_track_gap = 0.5", "at_risk_gap: 0.25 will not do; at_risk_gap must not be smaller than"),
        (
            "scoring.committed_bands = [0.7]",
            "committed_bands: [0.7] will not do; give two numbers from 0 to 1",
        ),
        (
            "scoring.committed_bands = [0.9, 0.7]",
            "give the lower bound of amber first, then the lower bound of green.",
        ),
        (
            "scoring.outdated_days = 0",
            "[scoring] outdated_days: 0 will not do; give a whole number from 1 up.",
        ),
        (
            'checks.select = ["X9"]',
            '[checks] select: "X9" will not do; give a list of rule codes or their beginnings',
        ),
        ('checks.ignore = "Q201"', '[checks] ignore: "Q201" will not do; give a list of rule codes'),
        (
            'checks.severity.Q201 = "loud"',
            '[checks] severity.Q201: "loud" will not do; give rule codes with "error"',
        ),
        ("guards.shrink_ratio = -1", "[guards] shrink_ratio: -1 will not do; give a number from 0 to 1."),
        ('master.excel = ""', "[master]: give excel a path, google a spreadsheet, or both"),
        ('master.google = "x"', '[master] google: "x" will not do; '),
        ("master.zlib_level = 10", "[master] zlib_level: 10 will not do; give a level from 0 to 9."),
        ("feedback.comments = true", "comments are made in sheets in Google: set google = true as well."),
        ('feedback.excel = "yes"', '[feedback] excel: "yes" will not do; give true or false.'),
        ('limits.inflated = "lots"', '[limits] inflated: "lots" will not do; give a size from 1 KiB up'),
        (
            "guards.shrink_ratio = inf",
            "[guards] shrink_ratio: Infinity will not do; give a number from 0 to 1.",
        ),
        (
            'schedule.sync = "every 7 hours"',
            '[schedule] sync: "every 7 hours" will not do; give minutes or hours that divide a day evenly',
        ),
        (
            'schedule.weekly = "Mo 6"',
            '[schedule] weekly: "Mo 6" will not do; give a time such as "every hour"',
        ),
        ("schedule.sweep = 2", '[schedule] sweep: 2 will not do; give a time such as "every hour"'),
        ("history.keep = 30", "give 0 to keep everything, or a number of days from 100 up"),
        ("people.path = 4", "[people] path: 4 will not do; give a path in quotation marks."),
        (
            "sources.excel = [{paths = []}]",
            "[[sources.excel]] no. 1 paths: [] will not do; give a list of paths",
        ),
        (
            'sources.excel = [{}, {path = "x"}]',
            '[[sources.excel]] no. 2 path: there is no "path"; did you mean "paths"?',
        ),
        ("sources.excel = [{mapping = {Teem = {}}}]", 'the template has no tab "Teem"; did you mean "Team"?'),
        (
            'sources.excel = [{mapping = {Objectives = {Ownr = ["Wer"]}}}]',
            'the tab Objectives has no column "Ownr"; did you mean "Owner"?',
        ),
        ("sources.google = [{}]", "give folders, shared_drives or ids"),
        ('sources.google = [{ids = ["what?"]}]', '"what?" is no id: give the long word in the address'),
        ('google.endpoint = "http://sheets.example.org"', "give an https address, or one on this machine"),
        ('google.endpoint = "https://example.org/v4"', "give scheme, host and port only"),
        (
            'history.url = "mysql://x"',
            '[history] url: "mysql://x" will not do; give the address of an SQLite file',
        ),
        ('history.url = "postgresql://u@host/db"', '"postgresql+psycopg://okrsync@db.example.org/okr"'),
        ('history.url = "postgresql+psycopg://u@host"', "or of a PostgreSQL database, for example"),
        ('history.url = "postgresql+psycopg://u@host:x/db"', "or of a PostgreSQL database, for example"),
        ('history.url = "postgresql+psycopg://u@[host/db"', "or of a PostgreSQL database, for example"),
        (
            'history.url = "postgresql+psycopg://u@host/db?sslmode"',
            "or of a PostgreSQL database, for example",
        ),
        ('mail.host = "mail.example.org"', "[mail]: give sender, for example"),
        ('mail.sender = "everybody"', '[mail] sender: "everybody" will not do; give an address such as'),
        ('mail.security = "ssl"', '[mail] security: "ssl" will not do; give "starttls", "tls" or'),
        (
            'mail = {host = "mail.example.org", sender = "a@example.org", security = "none"}',
            '[mail]: security = "none" is for a server on this machine',
        ),
        ('mail.credential = "hunter2"', 'begin with "env:", "file:", "keyring:" or "command:"'),
        ('mail.links.teams = "http://example.org"', "give an https address without blanks, ? and #."),
        ('mail.language = "fr"', '[mail] language: "fr" will not do; give "en" or "de".'),
        ("reminders.owner_days = [-1]", "[reminders] owner_days: -1 will not do; give a list of working"),
        ("reminders.owner_days = []", "give at least one day, each later than the one before."),
        ("reminders.owner_days = [1, 0]", "give at least one day, each later than the one before."),
        ("history.zzz = 1", 'there is no "zzz"; known here: url, keep, backup.'),
    ),
)
def test_what_is_wrong_gets_a_sentence_with_place_value_and_remedy(
    tmp_path: Path, text: str, sentence: str
) -> None:
    (found,) = problems(tmp_path, text)
    assert found.startswith("config.toml, ")
    assert sentence in found


@pytest.mark.parametrize("name", sorted(LATER))
def test_settings_of_later_releases_are_refused_with_that_reason(tmp_path: Path, name: str) -> None:
    (found,) = problems(tmp_path, f"{name} = 1")
    assert found.endswith(f"{name} is not part of this release; please remove it.")


def test_a_syntax_error_is_named_with_its_line(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, '[master]\nexcel = "C:\\okr\\master.xlsx"')
    assert found.startswith("config.toml is not valid TOML: ")
    assert "line 2" in found


def test_a_missing_file_a_folder_and_a_binary_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for name, words in (
        ("no.toml", "does not exist"),
        (".", "could not be read"),
        ("binary.toml", "not a UTF-8 text"),
    ):
        with pytest.raises(UsageError, match=words):
            load(tmp_path / name, {})


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert settings(tmp_path, '\ufeff[organisation]\nname = "Acme"').organisation.name == "Acme"


# ---------------------------------------------------------------- secrets


@pytest.mark.parametrize(
    "key", ("mail.password", "chat.webhook_url", "mail.servers.api_key", "history.token")
)
def test_trust_30_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    found = problems(tmp_path, f'{key} = "canary-7391"')
    assert any("a secret never stands in this file" in sentence for sentence in found)
    assert "canary-7391" not in "".join(found)


def test_trust_30_a_secret_in_a_list_of_tables_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, '[[sources.google]]\ntoken = "canary-7391"')
    assert any("a secret never stands" in sentence for sentence in found)


@pytest.mark.parametrize(
    "address",
    (
        "postgresql+psycopg://okr:canary-7391@host/db",
        "postgresql+psycopg://okr:@host/db",
        "postgresql+psycopg://okr@host/db?password=canary-7391",
        "postgresql+psycopg://okr@host/db?sslmode=require&SSLPassword=canary-7391",
        "postgresql://okr:canary-7391@host/db",
        "postgresql+psycopg://okr:canary/7391@host/db",
        "postgresql+psycopg://okr:canary@7391@host/db",
    ),
)
def test_trust_30_a_password_in_an_address_is_refused_and_not_repeated(tmp_path: Path, address: str) -> None:
    (found,) = problems(tmp_path, f'history.url = "{address}"')
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, "", OKRSYNC_HISTORY__URL=address)
    for said in (found, str(caught.value)):
        assert "canary" not in said
        assert "7391" not in said
        assert "PGPASSFILE" in said or "canary/" in address


@pytest.mark.parametrize(
    "address",
    (
        "postgresql+psycopg://okr@db.example.org:5433/okr?sslmode=verify-full",
        "postgresql+psycopg:///okr?host=/var/run/postgresql",
        "postgresql+psycopg://okr@[::1]/okr?options=-csearch_path%3Dokr",
        "postgresql+psycopg://okr@host/okr?passfile=/etc/okr/pgpass",
    ),
)
def test_an_address_of_postgresql_leaves_locks_and_pieces_beside_the_settings(
    tmp_path: Path, address: str
) -> None:
    found = settings(tmp_path, f'history.url = "{address}"')
    assert found.history.url == address
    assert found.state_folder() == tmp_path / "state"


def test_header_texts_of_a_mapping_are_no_secrets(tmp_path: Path) -> None:
    settings(tmp_path, '[[sources.excel]]\nmapping = {Team = {Champion = ["Token"]}}')


# ---------------------------------------------------------------- properties and cost

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SECTIONS = st.sampled_from(sorted(Settings.model_fields)) | st.text(max_size=8)
KEYS = st.sampled_from(
    sorted({key for section in Settings.model_validate({}).model_dump().values() for key in section})
)


VARIABLES = st.builds(
    "OKRSYNC_{}__{}".format,
    st.sampled_from(["MASTER", "CHECKS", "SOURCES", "X"]),
    st.sampled_from(["EXCEL", "IGNORE", "ZLIB_LEVEL", "X"]),
)


def sentences(path: Path | None, environ: dict[str, str]) -> tuple[str, ...]:
    """What is wrong with the settings, () when nothing is."""
    try:
        load(path, environ)
    except UsageError as stopped:
        return stopped.problems
    return ()


@given(
    st.dictionaries(
        SECTIONS, st.dictionaries(KEYS | st.text(max_size=8), JUNK, max_size=3) | JUNK, max_size=3
    )
)
@example({"[": {}, "[key]": {"[key]": 1}})
def test_any_table_gives_settings_or_sentences(data: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "_read", lambda _: data)
        found = sentences(Path("config.toml"), {})
    assert all(sentence.startswith("config.toml, [") and sentence.endswith((".", "?")) for sentence in found)


@given(st.dictionaries(VARIABLES, st.text(max_size=12)))
def test_any_environment_gives_settings_or_sentences(environ: dict[str, str]) -> None:
    found = sentences(None, environ)
    assert all(sentence.startswith("environment variable OKRSYNC_") for sentence in found)


def test_settings_load_without_pandas() -> None:
    code = "import sync.config, sys; print({'pandas', 'sqlalchemy', 'xlsxwriter'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_a_tilde_before_an_unknown_name_is_said(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, 'master.excel = "~no-such-user-here/master.xlsx"')
    assert "without ~, or with the name of a known user" in problem
