"""`python -m addin.apps_script` renews generated.js; with `-o DIR` it makes the three files to paste."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from addin.apps_script import GENERATED, generated, write_bundle


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m addin.apps_script", description=__doc__)
    parser.add_argument("-o", metavar="DIR", type=Path, help="make the three files to paste, in this folder")
    folder: Path | None = parser.parse_args().o
    if folder is None:
        GENERATED.write_text(generated(), encoding="utf-8", newline="\n")
        written = [GENERATED]
    else:
        written = write_bundle(folder)
    sys.stdout.write("".join(f"{path}\n" for path in written))


if __name__ == "__main__":
    main()
