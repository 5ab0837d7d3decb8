"""Which workbooks lie in the configured folders, what only looks like one, and reading them (TRUST 31)."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from sync.core.errors import SourceUnreadable
from sync.core.policy import Limits
from sync.sources import files
from sync.sources.base import Listing, Source
from sync.sources.excel import ExcelFolder
from sync.sources.memory import MemorySource
from tests.raw_workbooks import workbook

BOOK = workbook("<row><c><v>1</v></c></row>")
OTHER = workbook("<row><c><v>2</v></c></row>")


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(BOOK)


def look(
    base: Path, *paths: str, recursive: bool = True, exclude: tuple[Path, ...] = ()
) -> tuple[list[str], dict[str, str]]:
    """(names of workbooks, refused name -> message) of these paths below a folder."""
    listed = ExcelFolder(paths, base=base, recursive=recursive, limits=Limits(), exclude=exclude).list()
    assert {problem.code for problem in listed.problems} <= {"S110"}
    assert all(problem.hint.endswith(".") for problem in listed.problems)
    return [one.name for one in listed.listings], {p.source: p.message for p in listed.problems}


def listing(folder: Path, name: str = "a.xlsx", **options: object) -> tuple[ExcelFolder, Listing]:
    source = ExcelFolder([folder], limits=Limits(**options))  # type: ignore[arg-type]  # limits by name
    return source, next(one for one in source.list().listings if one.name == name)


def cause(source: Source, one: Listing) -> str:
    with pytest.raises(SourceUnreadable) as refusal:
        source.read(one)
    assert refusal.value.hint
    return refusal.value.cause


# ---------------------------------------------------------------- what is a workbook


def test_workbooks_are_found_below_a_folder_in_name_order(tmp_path: Path) -> None:
    put(tmp_path, "teams/b.xlsx", "teams/sub/deep/A.XLSX", "teams/a.xlsm", "elsewhere/c.xlsx")
    assert look(tmp_path, "teams") == (["a.xlsm", "b.xlsx", "sub/deep/A.XLSX"], {})
    assert look(tmp_path, "teams", recursive=False) == (["a.xlsm", "b.xlsx"], {})


@pytest.mark.parametrize("lock", ("~$a.xlsx", ".~lock.a.xlsx#"))
@pytest.mark.parametrize("paths", ((".",), ("a.xlsx", "b.xlsx"), ("*.xlsx",)))
def test_a_workbook_that_somebody_has_open_is_read_and_told(
    tmp_path: Path, lock: str, paths: tuple[str, ...]
) -> None:
    put(tmp_path, "a.xlsx", "b.xlsx", lock, "~$gone.xlsx")
    listed = ExcelFolder(paths, base=tmp_path, limits=Limits()).list()
    assert [(one.name, one.edited) for one in listed.listings] == [("a.xlsx", True), ("b.xlsx", False)]


def test_locks_hidden_files_and_other_documents_are_no_sources(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx", "~$a.xlsx", ".~lock.a.xlsx#", "._a.xlsx", ".trash/b.xlsx", "notes.docx", "p.csv")
    assert look(tmp_path, ".") == (["a.xlsx"], {})


def test_spreadsheets_of_other_formats_are_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, "a.xls", "b.ods", "c.XLSB", "d.numbers/Index.zip")
    assert look(tmp_path, ".") == ([], {
        "a.xls": "The workbook could not be read: it is an old Excel workbook (.xls).",
        "b.ods": "The workbook could not be read: it is an OpenDocument spreadsheet (.ods).",
        "c.XLSB": "The workbook could not be read: it is a binary Excel workbook (.xlsb).",
        "d.numbers": "The workbook could not be read: it is an Apple Numbers spreadsheet.",
    })  # fmt: skip


def test_the_master_and_the_people_list_are_excluded_however_they_are_spelled(tmp_path: Path) -> None:
    put(tmp_path, "teams/a.xlsx", "teams/master.xlsx", "teams/people.xlsx")
    (tmp_path / "alias").symlink_to("teams")
    own = (Path("teams/../teams/master.xlsx"), tmp_path / "alias/people.xlsx")
    assert look(tmp_path, "teams", exclude=own) == (["a.xlsx"], {})


def test_globs_and_single_files(tmp_path: Path) -> None:
    put(tmp_path, "x/okr/a.xlsx", "x/old/a.xlsx", "y/okr/b.xlsx", "y/okr/~$b.xlsx", "one [1].xlsx")
    assert look(tmp_path, "*/okr/*.xlsx")[0] == ["x/okr/a.xlsx", "y/okr/b.xlsx"]
    assert look(tmp_path, "*/okr")[0] == ["x/okr/a.xlsx", "y/okr/b.xlsx"]
    assert look(tmp_path, "**/a.xlsx")[0] == ["x/okr/a.xlsx", "x/old/a.xlsx"]
    assert look(tmp_path, "x/ok?/*", "one [1].xlsx")[0] == ["okr/a.xlsx", "one [1].xlsx"]


def test_a_path_that_leads_to_nothing_is_a_problem(tmp_path: Path) -> None:
    put(tmp_path, "readme.txt")
    names, refused = look(tmp_path, "teams", "*.xlsx", "readme.txt")
    assert names == []
    assert {Path(name).name: message.rpartition(": ")[2] for name, message in refused.items()} == {
        "teams": "it does not exist.",
        "*.xlsx": "no file matches this pattern.",
        "readme.txt": "its name does not end in .xlsx or .xlsm.",
    }


def test_a_name_that_two_folders_hold_is_told_apart(tmp_path: Path) -> None:
    put(tmp_path, "north/okr.xlsx", "south/okr.xlsx", "south/own.xlsx", "far/north/okr.xlsx")
    assert look(tmp_path, "north", "south")[0] == ["north/okr.xlsx", "own.xlsx", "south/okr.xlsx"]
    names = look(tmp_path, "north", "far/north")[0]
    assert [Path(name).is_absolute() for name in names] == [True, True]
    assert len(set(names)) == 2


def test_a_workbook_reached_twice_is_one_workbook(tmp_path: Path) -> None:
    put(tmp_path, "teams/sub/a.xlsx")
    (tmp_path / "again").symlink_to("teams")
    assert look(tmp_path, "teams", "teams/sub", "teams/**/*.xlsx", "again")[0] == ["sub/a.xlsx"]


# ---------------------------------------------------------------- links and other things in the folder


def test_trust_31_links_out_of_the_folders_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "secret/a.xlsx", "teams/b.xlsx")
    (tmp_path / "teams/link.xlsx").symlink_to("../secret/a.xlsx")
    (tmp_path / "teams/folder").symlink_to("../secret")
    (tmp_path / "teams/broken.xlsx").symlink_to("nowhere.xlsx")
    (tmp_path / "teams/round.xlsx").symlink_to("round.xlsx")
    names, refused = look(tmp_path, "teams")
    assert names == ["b.xlsx"]
    assert sorted(refused) == ["broken.xlsx", "folder", "link.xlsx", "round.xlsx"]
    assert refused["link.xlsx"].endswith("it is a link to a file outside the configured folders.")
    assert refused["folder"].endswith("it is a link to a folder outside the configured folders.")
    assert "a link that leads nowhere" in refused["broken.xlsx"]
    assert look(tmp_path, "teams/*")[0] == ["b.xlsx"]


def test_trust_31_links_inside_the_folders_are_followed(tmp_path: Path) -> None:
    put(tmp_path, "teams/deep/b.xlsx", "store/c.xlsx")
    (tmp_path / "teams/a-link.xlsx").symlink_to("deep/b.xlsx")
    (tmp_path / "teams/circle").symlink_to("..")
    (tmp_path / "teams/stored.xlsx").symlink_to("../store/c.xlsx")
    names, refused = look(tmp_path, "teams", "store")
    assert names == ["c.xlsx", "deep/b.xlsx"]
    assert list(refused) == ["circle"]
    assert look(tmp_path, "teams/a-link.xlsx")[0] == ["a-link.xlsx"]


def test_trust_31_a_file_swapped_for_a_link_after_the_listing_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "teams/a.xlsx", "secret/a.xlsx")
    source, one = listing(tmp_path / "teams")
    (tmp_path / "teams/a.xlsx").unlink()
    (tmp_path / "teams/a.xlsx").symlink_to(tmp_path / "secret/a.xlsx")
    assert cause(source, one) == "it is a link to a file outside the configured folders."


@pytest.fixture(params=("pipe", "folder", "socket", "device"))
def odd_thing(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with something named odd.xlsx in it that is no file."""
    folder = tmp_path / "teams"
    folder.mkdir()
    monkeypatch.chdir(folder)  # the path of a socket may have some hundred characters only
    if request.param == "pipe":
        os.mkfifo("odd.xlsx")
    elif request.param == "folder":
        Path("odd.xlsx").mkdir()
    elif request.param == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("odd.xlsx")
    else:
        Path("odd.xlsx").symlink_to("/dev/zero")
    return folder


def test_trust_31_pipes_folders_sockets_and_devices_are_refused(odd_thing: Path) -> None:
    names, refused = look(odd_thing, ".")
    assert names == []
    message = refused["odd.xlsx"]
    assert message.endswith(("no file.", "named like a workbook.", "outside the configured folders."))


def test_a_pipe_put_in_the_files_place_holds_nobody(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx")
    source, one = listing(tmp_path)
    (tmp_path / "a.xlsx").unlink()
    os.mkfifo(tmp_path / "a.xlsx")
    assert cause(source, one) == "it is a pipe, device or socket, no file."


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"a\xff.xlsx")).write_bytes(BOOK)
    except OSError:
        pytest.skip("this file system takes no such names")
    assert look(tmp_path, ".") == (
        [], {"a\ufffd.xlsx": "The workbook could not be read: its name holds bytes that are no text."}
    )  # fmt: skip


def test_a_folder_that_may_not_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.xlsx", "closed/b.xlsx")
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    names, refused = look(tmp_path, ".")
    assert names == ["a.xlsx"]
    assert "could not be opened (Permission denied)" in refused["closed"]


# ---------------------------------------------------------------- reading


def test_a_token_changes_with_every_save(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx")
    tokens = [listing(tmp_path)[1].token]
    (tmp_path / "b.xlsx").write_bytes(BOOK)
    os.utime(tmp_path / "b.xlsx", ns=(0, (tmp_path / "a.xlsx").stat().st_mtime_ns))
    os.replace(tmp_path / "b.xlsx", tmp_path / "a.xlsx")  # noqa: PTH105  # same size, same time, another file
    tokens.append(listing(tmp_path)[1].token)
    os.utime(tmp_path / "a.xlsx", ns=(0, 1))
    tokens.append(listing(tmp_path)[1].token)
    assert len(set(tokens)) == 3
    assert listing(tmp_path)[1].token == tokens[-1]


def test_a_reading_carries_the_hash_of_the_bytes(tmp_path: Path) -> None:
    put(tmp_path, "a b.xlsx")
    source, one = listing(tmp_path, "a b.xlsx")
    reading = source.read(one)
    assert reading.grid.sheets[0].cell(1, 1).value == 1.0
    assert reading.content_hash == hashlib.sha256(BOOK).hexdigest()
    assert one.url == (tmp_path / "a b.xlsx").as_uri()
    assert one.url.endswith("a%20b.xlsx")


def test_the_size_is_checked_before_the_file_is_opened(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx")
    source, one = listing(tmp_path, file_size=len(BOOK) - 1)
    (tmp_path / "a.xlsx").chmod(0)
    assert cause(source, one) == f"it has {len(BOOK):,} bytes, and the limit is {len(BOOK) - 1:,}."
    assert listing(tmp_path, file_size=len(BOOK))


def test_a_file_that_is_gone_or_forbidden_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.xlsx")
    source, one = listing(tmp_path)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        assert cause(source, one) == "the system does not allow it (Permission denied)."
    (tmp_path / "a.xlsx").unlink()
    assert cause(source, one) == "the file is gone."


def test_a_file_in_the_cloud_only_is_not_opened() -> None:
    status = SimpleNamespace(st_mode=0o100644, st_size=1, st_file_attributes=0x400020)
    with pytest.raises(SourceUnreadable, match="it lies in the cloud only"):
        files._refuse_unfit(status, Limits())  # type: ignore[arg-type]  # what Windows' stat has besides


@pytest.mark.parametrize("saves", (1, 2, 3, 9))
def test_a_file_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saves: int
) -> None:
    put(tmp_path, "a.xlsx")
    source, one = listing(tmp_path)
    left = [saves]
    real = os.open

    def open_and_save(path: str, flags: int) -> int:
        opened = real(path, flags)
        if left[0]:
            left[0] -= 1
            (tmp_path / "new").write_bytes(OTHER)
            (tmp_path / "new").replace(path)
        return opened

    monkeypatch.setattr(os, "open", open_and_save)
    if saves < files.TRIES:
        assert source.read(one).content_hash == hashlib.sha256(OTHER).hexdigest()
    else:
        assert cause(source, one) == "it was being changed while it was read."


def test_a_growing_file_is_not_taken_for_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a slow copy looks like: the size that was announced is not what is there."""
    put(tmp_path, "a.xlsx")
    source, one = listing(tmp_path)
    real = os.open

    def open_and_append(path: str, flags: int) -> int:
        with Path(path).open("ab") as stream:
            stream.write(b"more")
        return real(path, flags)

    monkeypatch.setattr(os, "open", open_and_append)
    assert cause(source, one) == "it was being changed while it was read."


def test_a_size_that_the_network_remembers_wrongly_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file server's cached stat says that nothing changed, while the bytes are already others."""
    put(tmp_path, "a.xlsx")
    status = (tmp_path / "a.xlsx").stat()
    (tmp_path / "a.xlsx").write_bytes(BOOK + b"more")
    monkeypatch.setattr(os, "stat", lambda _: status)
    monkeypatch.setattr(os, "fstat", lambda _: status)
    with pytest.raises(SourceUnreadable, match="it was being changed"):
        files.whole_file(str(tmp_path / "a.xlsx"), Limits())


def test_a_pipe_that_comes_between_look_and_opening_holds_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "a.xlsx")
    monkeypatch.setattr(files, "_refuse_unfit", lambda *_: None)
    refusals: list[str] = []

    def read() -> None:
        with pytest.raises(SourceUnreadable) as refusal:
            files.whole_file(str(tmp_path / "a.xlsx"), Limits())
        refusals.append(refusal.value.cause)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(timeout=10)
    assert refusals == ["it is a pipe, device or socket, no file."]


# ---------------------------------------------------------------- what every source keeps to


def in_folder(folder: Path, books: dict[str, bytes]) -> Source:
    for name, data in books.items():
        (folder / name).write_bytes(data)
    return ExcelFolder([folder], limits=Limits(), number_format="1.234,5")


def in_memory(_: Path, books: dict[str, bytes]) -> Source:
    return MemorySource(books, number_format="1.234,5")


@pytest.mark.parametrize("make", (in_folder, in_memory))
def test_the_contract_of_sources(tmp_path: Path, make: Callable[[Path, dict[str, bytes]], Source]) -> None:
    """| b.xlsx: a workbook | a.xlsx: another | c.xlsx: no workbook |"""
    source = make(tmp_path, {"b.xlsx": BOOK, "a.xlsx": OTHER, "c.xlsx": b"ID,Objective\n"})
    listed = source.list()
    assert listed == source.list()
    assert [(one.name, one.number_format) for one in listed.listings] == [
        ("a.xlsx", "1.234,5"), ("b.xlsx", "1.234,5"), ("c.xlsx", "1.234,5"),
    ]  # fmt: skip
    assert len({one.key for one in listed.listings}) == len({one.token for one in listed.listings}) == 3
    assert [source.read(one).grid.sheets[0].cell(1, 1).value for one in listed.listings[:2]] == [2.0, 1.0]
    assert source.read(listed.listings[0]) == source.read(listed.listings[0])
    assert cause(source, listed.listings[2]) == "it is a text file, such as a CSV."
    gone = listed.listings[0]._replace(key=listed.listings[0].key + "x")
    assert cause(source, gone) == "the file is gone."


def test_workbooks_in_memory_come_change_and_go() -> None:
    source = MemorySource({"a": BOOK})
    first = source.list().listings[0]
    source.put("a", source.read(first).grid)
    second = source.list().listings[0]
    assert first.token != second.token
    assert source.read(second).grid.sheets[0].cell(1, 1).value == 1.0
    source.remove("a")
    assert source.list().listings == ()
