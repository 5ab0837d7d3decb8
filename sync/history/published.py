"""What a run published, as its record says it: `DIGEST HASH` of the workbook, `google DIGEST ID` in Google.

Both stand there when both are what the run wanted them to be; `unfinished` stands there when one is not.
"""

from __future__ import annotations

from typing import NamedTuple

_BETWEEN = "; "
_GOOGLE = "google"
_UNFINISHED = "unfinished"


class Published(NamedTuple):
    """Each master as (digest, sha256 of the file) or (digest, spreadsheet), None where there is none.

    `whole`: none is missing that should be there.
    """

    excel: tuple[str, str] | None = None
    google: tuple[str, str] | None = None
    whole: bool = True

    def text(self) -> str:
        """As the record says it, "" when nothing was published."""
        parts = [" ".join(self.excel)] if self.excel else []
        parts += [f"{_GOOGLE} {' '.join(self.google)}"] if self.google else []
        return _BETWEEN.join([*parts, *([_UNFINISHED] if parts and not self.whole else [])])


def published(text: str) -> Published:
    """What a record says."""
    parts = [part.split(" ") for part in text.split(_BETWEEN) if part]
    excel = next(((part[0], part[1]) for part in parts if len(part) == 2), None)
    google = next(((part[1], part[2]) for part in parts if part[0] == _GOOGLE and len(part) == 3), None)
    return Published(excel, google, bool(parts) and [_UNFINISHED] not in parts)
