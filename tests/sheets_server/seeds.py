"""Files to begin with: spreadsheets from plain rows, folders, shared drives; hundreds of them cheaply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.sheets_server import entered, locales, model
from tests.sheets_server.credentials import ACCOUNT, PERSON
from tests.sheets_server.tokens import Tokens
from tests.sheets_server.world import FOLDER_TYPE, Drive, File, World

Tabs = Mapping[str, Sequence[Sequence[Any]]]


class Seeds:
    """`tabs` are rows by title, read as if typed: `7%`, `=1/0` and dates become what they would."""

    def __init__(self, world: World, tokens: Tokens) -> None:
        self._world = world
        self._tokens = tokens
        self.demo_account = ACCOUNT
        self._demo_folder = ""

    def spreadsheet(
        self,
        title: str,
        tabs: Tabs | None = None,
        *,
        owner: str = PERSON,
        folder: str = "",
        share: Mapping[str, str] | None = None,
        locale: str = "en_US",
        time_zone: str = "Etc/GMT",
    ) -> str:
        """The id of a new spreadsheet that `owner` owns; `share` gives roles by address."""
        with self._world.lock:
            drive = self._world.files[folder].drive if folder else None
            file = self._world.add(
                title, owner=None if drive else owner, drive=drive, parents=(folder,) if folder else ()
            )
            for email, role in (share or {}).items():
                self._world.share(file, email, role)
            assert file.book is not None
            file.book.properties |= {"locale": locale, "timeZone": time_zone}
            if tabs:
                self._fill(file.book, tabs)
            return file.id

    def _fill(self, book: model.Book, tabs: Tabs) -> None:
        sheets = []
        locale = locales.of(book.locale)
        for index, (title, rows) in enumerate(tabs.items()):
            height = max(1000, len(rows))
            width = max(26, *(len(row) for row in rows), 0)
            sheet = model.new_sheet(0 if index == 0 else self._world.ids.sheet(), title, height, width)
            for row, line in enumerate(rows):
                for column, value in enumerate(line):
                    if value is not None:
                        sheet.put(row, column, entered.written({}, value, locale, as_typed=True))
            sheets.append(sheet)
        book.sheets = sheets
        book.changed()

    def copies(self, file_id: str, titles: Sequence[str]) -> list[str]:
        """Copies of a spreadsheet with its permissions and place; cells are shared until one is changed."""
        with self._world.lock:
            source = self._world.files[file_id]
            return [self._copy(source, title) for title in titles]

    def _copy(self, source: File, title: str) -> str:
        file = self._world.add(title, owner=source.owner, drive=source.drive, parents=tuple(source.parents))
        assert source.book is not None
        file.book = source.book.snapshot()
        file.book.id, file.book.properties["title"] = file.id, title
        file.permissions = dict(source.permissions)
        return file.id

    def folder(
        self, title: str, *, owner: str = PERSON, drive: str = "", share: Mapping[str, str] | None = None
    ) -> str:
        """The id of a new folder; roles given to it count for all that lies in it."""
        with self._world.lock:
            parents = (drive,) if drive else ()
            file = self._world.add(
                title, owner=None if drive else owner, drive=drive or None, parents=parents, kind=FOLDER_TYPE
            )
            for email, role in (share or {}).items():
                self._world.share(file, email, role)
            return file.id

    def drive(self, name: str, members: Mapping[str, str]) -> str:
        """The id of a new shared drive with those roles; it is that of its top folder, too."""
        with self._world.lock:
            top = self._world.add(name, kind=FOLDER_TYPE)
            top.drive = top.id
            drive = Drive(top.id, name)
            for email, role in members.items():
                self._world.share(drive, email, role)
            self._world.drives[top.id] = drive
            return top.id

    def demo_folder(self) -> str:
        """A folder in a shared drive where the demo account may create spreadsheets; made when asked for."""
        with self._world.lock:
            if not self._demo_folder:
                self._tokens.service(self.demo_account)
                drive = self.drive("Demo company", {self.demo_account: "fileOrganizer", PERSON: "organizer"})
                self._demo_folder = self.folder("OKR sheets", drive=drive)
            return self._demo_folder
