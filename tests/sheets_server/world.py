"""Everything the server holds: files with their permissions, shared drives, the clock, the lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tests.sheets_server import model
from tests.sheets_server.clock import Clock
from tests.sheets_server.errors import Json
from tests.sheets_server.formulas import Evaluator, Hook
from tests.sheets_server.ids import Ids
from tests.sheets_server.model import Book, Sheet

SHEET_TYPE = "application/vnd.google-apps.spreadsheet"
FOLDER_TYPE = "application/vnd.google-apps.folder"
ROLES = ("reader", "commenter", "writer", "fileOrganizer", "organizer", "owner")


@dataclass
class Identity:
    """Who calls: a service account or a person."""

    email: str
    is_service: bool = False


@dataclass
class File:
    """A file of Drive; a spreadsheet's has its book. Its title is the book's."""

    id: str
    title: str
    kind: str
    owner: str | None
    drive: str | None
    parents: list[str]
    created: float
    permissions: dict[str, Json] = field(default_factory=dict)
    trashed: bool = False
    history: list[tuple[float, int]] = field(default_factory=list)  # when each version came to be
    book: Book | None = None
    comments: list[Json] = field(default_factory=list)
    last_editor: str = ""

    @property
    def name(self) -> str:
        return self.book.title if self.book else self.title

    def rename(self, name: str) -> None:
        self.title = name
        if self.book:
            self.book.properties["title"] = name
            self.book.changed()

    def shown(self, now: float, lag: float) -> tuple[float, int]:
        """Time of change and version as Drive lists them: changes younger than the lag are not there yet."""
        settled = [entry for entry in self.history if entry[0] <= now - lag]
        return settled[-1] if settled else self.history[0]


@dataclass
class Drive:
    """A shared drive: its members' roles count for all files in it. Its id is also that of its top folder."""

    id: str
    name: str
    permissions: dict[str, Json] = field(default_factory=dict)


@dataclass
class World:
    clock: Clock
    ids: Ids = field(default_factory=Ids)
    files: dict[str, File] = field(default_factory=dict)
    drives: dict[str, Drive] = field(default_factory=dict)
    version_lag: float = 0.0
    formula_hook: Hook | None = None
    comments_fail: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(
        self,
        title: str,
        *,
        owner: str | None = None,
        drive: str | None = None,
        parents: tuple[str, ...] = (),
        kind: str = SHEET_TYPE,
    ) -> File:
        """A new file; a spreadsheet comes with one empty tab. A file in a shared drive has no owner."""
        now = self.clock.now()
        file = File(self.ids.file(), title, kind, owner, drive, list(parents), now, history=[(now, 1)])
        if owner:
            self.share(file, owner, "owner")
        if kind == SHEET_TYPE:
            book = Book(file.id, model.book_properties(title), [model.new_sheet(0, "Sheet1")])
            file.book = book
        file.last_editor = owner or ""
        self.files[file.id] = file
        return file

    def share(self, file: File | Drive, email: str, role: str) -> Json:
        """Gives a role to a person, an account or, with the word `anyone`, to everybody who has the link."""
        kind = "anyone" if email == "anyone" else "user"
        entry: Json = {
            "kind": "drive#permission",
            "id": self.permission_id(email),
            "type": kind,
            "role": role,
        }
        if kind == "user":
            entry |= {"emailAddress": email, "displayName": email.split("@", maxsplit=1)[0], "deleted": False}
        file.permissions[entry["id"]] = entry
        return entry

    @staticmethod
    def permission_id(email: str) -> str:
        """The same for one person in all files, as at Google."""
        if email == "anyone":
            return "anyoneWithLink"
        return str(10**19 + int.from_bytes(email.encode()[:24].ljust(24, b"\0"), "big") % 10**19)

    def role(self, email: str, file: File) -> str | None:
        """The strongest role that the file, a folder above it or its shared drive gives."""
        found = [
            entry["role"]
            for holder in self._holders(file)
            for entry in holder.permissions.values()
            if entry.get("emailAddress") == email or entry["type"] == "anyone"
        ]
        return max(found, key=ROLES.index, default=None)

    def _holders(self, file: File) -> list[File | Drive]:
        holders: list[File | Drive] = [file]
        if file.drive in self.drives:
            holders.append(self.drives[file.drive])
        for parent in file.parents:
            if parent in self.files and self.files[parent] is not file:
                holders += self._holders(self.files[parent])
        return holders

    def may_write(self, email: str, file: File) -> bool:
        role = self.role(email, file)
        return role is not None and ROLES.index(role) >= ROLES.index("writer")

    def touched(self, file: File, email: str) -> None:
        """A change of a file: a new version from now on."""
        now = self.clock.now()
        file.history.append((now, file.history[-1][1] + 1))
        file.last_editor = email
        settled = [entry for entry in file.history if entry[0] <= now - self.version_lag]
        if len(settled) > 1:  # nobody will be shown the older ones again
            file.history = file.history[len(settled) - 1 :]

    def evaluator(self, book: Book) -> Evaluator:
        """What formulas of the book show now; kept until the book changes, with TODAY and NOW not at all."""
        kept: Evaluator | None = book.cached.get("evaluator")
        if kept is None or kept.volatile:
            kept = Evaluator(book, self.clock.moment(), self.formula_hook)
            book.cached["evaluator"] = kept
        return kept

    def tab(self, book: Book, title: str, rows: int = 1000, columns: int = 26) -> Sheet:
        """A new tab at the end of a book."""
        sheet = model.new_sheet(self.ids.sheet(), title, rows, columns)
        book.sheets.append(sheet)
        book.changed()
        return sheet
