"""The messages' words: every one is translated, and the compiled catalogues are those of the texts.

`python -m tests.test_notify_words` adds what is new to the catalogues and compiles them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from sync.core.model import Status
from sync.notify.words import LANGUAGES, LOCALE, words

ROOM = LOCALE.parent
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_noted": None, "words": None, "of": (1, 2)}
Text = str | tuple[str, str]


def texts() -> Iterator[Text]:
    """Every text in the code and the templates, with its plural where it has one."""
    for file in sorted(ROOM.glob("*.py")):
        with file.open("rb") as stream:
            for _, found, _, _ in extract("python", stream, KEYWORDS):
                yield (found[0], found[1]) if isinstance(found, tuple) else found
    for file in sorted((ROOM / "templates").iterdir()):
        page = file.read_text(encoding="utf-8")
        yield from re.findall(r'_\("([^"]+)"', page)
        yield from re.findall(r'words\.of\(\s*"([^"]+)", "([^"]+)"', page)


def file_of(language: str, ending: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"okrsync.{ending}"


def catalogue(language: str) -> Catalog:
    with file_of(language, "po").open("rb") as stream:
        return read_po(stream, locale=language)


def compiled(known: Catalog) -> bytes:
    stream = io.BytesIO()
    write_mo(stream, known)
    return stream.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    known = catalogue(language)
    wanted = {text if isinstance(text, tuple) else (text,) for text in texts()}
    there = {tuple(m.id) if isinstance(m.id, tuple) else (m.id,) for m in known if m.id}
    assert wanted ^ there == set(), "python -m tests.test_notify_words adds what is new"
    assert [message.id for message in known if message.id and not filled(message.string)] == []


def filled(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fill_in_what_the_texts_fill_in(language: str) -> None:
    for message in catalogue(language):
        ids = message.id if isinstance(message.id, tuple | list) else [message.id]
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        for text in (*ids, *strings) if message.id else ():
            assert names(text) == names(ids[0]), message.id


def names(text: str) -> set[str]:
    braces = {name for _, name, _, _ in Formatter().parse(text.replace("%", "")) if name}
    return braces | set(re.findall(r"%\((\w+)\)s", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_texts(language: str) -> None:
    assert file_of(language, "mo").read_bytes() == compiled(catalogue(language))


def test_dates_shares_and_statuses_read_as_people_write_them() -> None:
    day = date(2026, 11, 13)
    assert (words("en").day(day), words("de").day(day)) == ("Friday, 13 November", "Freitag, 13. November")
    assert [words("en").share(value) for value in (None, 0, 0.125, 0.685, 1, -0.2)] == [
        *("–", "0 %", "13 %", "69 %", "100 %", "-20 %"),
    ]
    assert all(words("de")(status) != status for status in Status)
    assert words("de").of("{n} working day", "{n} working days", 3) == "3 Arbeitstage"


def renew() -> None:
    """The catalogues with every text, those that are no longer used left out; English says what it says."""
    for language in LANGUAGES:
        path = file_of(language, "po")
        known = catalogue(language) if path.exists() else Catalog(locale=language)
        made = Catalog(
            locale=language,
            project="okrsync",
            version="0.1",
            msgid_bugs_address="none",
            last_translator="okrsync",
            language_team="none",
            header_comment="# The messages' words. python -m tests.test_notify_words adds what is new.",
            fuzzy=False,
        )
        made.revision_date = made.creation_date = datetime(2026, 11, 25, tzinfo=UTC)
        for text in sorted({*texts()}, key=str):
            before = known.get(text if isinstance(text, str) else text[0])
            string = text if language == "en" else before.string if before else ""
            made.add(text, string)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write_po(stream, made, width=100, omit_header=False)
        file_of(language, "mo").write_bytes(compiled(catalogue(language)))


if __name__ == "__main__":
    renew()
