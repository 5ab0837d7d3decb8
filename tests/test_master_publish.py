"""TRUST 18: a fault leaves the master wholly old or wholly new; an open or changed one is left alone."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.core.errors import PublishError
from sync.master import excel
from sync.master.cells import Workbook
from sync.master.layout import build
from tests.master_company import given

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl knows no sparklines

MASTER = build(given())
LATER = build(given(generated="2026-11-18 23:18 UTC", organisation="Acme Inc."))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A master that was published once."""
    path = tmp_path / "okr master.xlsx"
    assert excel.publish(MASTER, path, expected_hash="").hash == digest(path)
    return path


def files(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def test_the_first_and_every_later_master_stand_at_their_path(path: Path) -> None:
    path.chmod(0o640)
    published = excel.publish(LATER, path, expected_hash=digest(path))
    assert published == (path, digest(path), False, "")
    assert files(path) == ["okr master.xlsx"]
    assert path.stat().st_mode & 0o777 == 0o640
    assert load_workbook(path)["Roll-up"]["A1"].value == "Acme Inc."


def test_the_same_workbook_gives_the_same_bytes(path: Path) -> None:
    before = path.read_bytes()
    excel.publish(MASTER, path, expected_hash=digest(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("lock", ("~$okr master.xlsx", ".~lock.okr master.xlsx#"))
def test_an_open_master_is_written_beside_under_a_dated_name(path: Path, lock: str) -> None:
    before = path.read_bytes()
    path.with_name(lock).touch()
    published = excel.publish(LATER, path, expected_hash=digest(path))
    assert path.read_bytes() == before
    assert published.path.name == "okr master 2026-11-18.xlsx"
    assert published.beside
    assert published.message == (
        f"The master okr master.xlsx is open in another program (if nobody has it open, delete {lock}); "
        "the new one was written beside it as okr master 2026-11-18.xlsx."
    )
    assert digest(published.path) == published.hash


def test_the_next_one_of_that_day_replaces_the_dated_one_unless_somebody_saved_it(path: Path) -> None:
    path.with_name(f"~${path.name}").touch()
    first = excel.publish(MASTER, path, expected_hash=digest(path)).path
    assert excel.publish(_timed("a minute later"), path, expected_hash=digest(path)).path == first
    book = load_workbook(first)
    book["About"]["D9"] = "mine"
    book.save(first)
    assert (
        excel.publish(MASTER, path, expected_hash=digest(path)).path.name == "okr master 2026-11-18 (2).xlsx"
    )
    assert load_workbook(first)["About"]["D9"].value == "mine"


def _timed(generated: str) -> Workbook:
    return build(given(generated=generated))


@pytest.mark.parametrize(
    ("expected", "message"),
    (
        ("0" * 64, "was changed while this sync ran, or could not be read"),
        ("unreadable", "was changed while this sync ran, or could not be read"),
        ("", "appeared while this sync ran"),
    ),
)
def test_a_master_that_is_not_the_one_that_was_read_is_never_overwritten(
    path: Path, expected: str, message: str
) -> None:
    before = path.read_bytes()
    published = excel.publish(LATER, path, expected_hash=expected)
    assert path.read_bytes() == before
    assert published.beside
    assert message in published.message


def _full(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ("os.fsync", "pathlib.Path.replace"))
def test_trust_18_a_full_disk_leaves_the_old_master_whole(
    path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, known = path.read_bytes(), digest(path)
    with monkeypatch.context() as broken:
        broken.setattr(call, _full)
        with pytest.raises(PublishError, match="could not be written: No space left on device"):
            excel.publish(LATER, path, expected_hash=known)
    assert path.read_bytes() == before
    assert files(path) == ["okr master.xlsx"]
    assert excel.publish(LATER, path, expected_hash=known).path == path


def test_trust_18_a_write_cut_short_leaves_the_old_master_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdopen", _cut_short(os.fdopen))
        with pytest.raises(PublishError):
            excel.publish(LATER, path, expected_hash=digest(path))
    assert path.read_bytes() == before
    assert files(path) == ["okr master.xlsx"]


def _cut_short(fdopen: Callable[..., object]) -> Callable[..., object]:
    def opened(handle: int, mode: str) -> object:
        os.write(handle, b"PK\x03\x04")
        os.close(handle)
        raise OSError(errno.EIO, "Input/output error")

    assert fdopen is not opened
    return opened


def test_what_a_killed_run_left_behind_is_in_nobodys_way(path: Path) -> None:
    path.with_name(f".{path.name}.okrsync-new").write_bytes(b"half")
    excel.publish(LATER, path, expected_hash=digest(path))
    assert files(path) == ["okr master.xlsx"]


def test_a_link_in_place_of_the_beside_file_is_not_followed(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious", encoding="utf-8")
    path.with_name(f".{path.name}.okrsync-new").symlink_to(victim)
    excel.publish(LATER, path, expected_hash=digest(path))
    assert victim.read_text(encoding="utf-8") == "precious"


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"The master .*master.xlsx could not be written: No such file"):
        excel.publish(MASTER, tmp_path / "gone" / "master.xlsx", expected_hash="")


def test_trust_18_no_part_of_the_master_is_a_temporary_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("tempfile._mkstemp_inner", _full)
        assert not excel.publish(LATER, path, expected_hash=digest(path)).beside
