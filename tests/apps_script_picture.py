"""The sidebar as a browser shows it: `python -m tests.apps_script_picture` renews docs/images/sidebar.png.

Google's part is played by a stub that answers with made-up rows.
"""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from addin.apps_script import HERE
from addin.registry import COMMANDS

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "sidebar.png"
WIDTH, HEIGHT = 300, 975
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
_FORM = {
    "tab": "Key Results", "row": 4, "name": "MKT-O1-KR1", "text": "Net promoter score from 31 to 45",
    "target": "45", "progress": 0.5, "current": "38", "confidence": "7", "status": "", "locked": [],
    "comment": "Asked after the third order. Next: the survey on Monday.",
}  # fmt: skip
_FOUND = (
    (
        'S104 Current in Key Results!I7 says "€3k", which is not a number.',
        "Did you mean 3000? Write the number alone, without signs or units.", "bad", "Key Results", "I7",
    ),
    (
        "Q202 MKT-O1-KR3 cannot be scored: Increase needs a Start.",
        "Fill in a Start, or choose another Measure.", "odd", "Key Results", "G9",
    ),
    (
        "Q209 Objective MKT-O2 has no owner.",
        "Write the name of one person into Owner, as in the people list.", "odd", "Objectives", "C6",
    ),
)  # fmt: skip
_STUB = """<script>
const ANSWERS = %s;
const runner = { withFailureHandler() { return this; } };
runner.withSuccessHandler = function (done) { this.done = done; return this; };
for (const name of Object.keys(ANSWERS)) runner[name] = function () { this.done(ANSWERS[name]); };
window.google = { script: { run: runner } };
</script>"""
_CLICKS = """<script>
at('read-first').click();
document.querySelectorAll('#commands button')[2].click();
document.title = [document.querySelectorAll('img, script[src]').length, document.body.scrollWidth].join(' ');
</script>"""


def page(form: dict[str, Any] | None = None) -> str:
    """The sidebar as a page of its own, with a key result shown and Validate pressed."""
    items = [dict(zip(("head", "text", "tone", "tab", "cell"), one, strict=True)) for one in _FOUND]
    shown = {"title": "Key result", "text": "", "items": [], "form": form or _FORM, "statuses": ["On track"]}
    answers = {
        "okrSelected": shown,
        "okrRun": {"title": "Validate", "text": "1 error, 2 warnings, no notes.", "items": items},
    }
    menu = [{"name": one.name, "label": one.label, "tip": one.tip} for one in COMMANDS if one.in_google]
    told = json.dumps(answers).replace("</", "<\\/")
    text = (HERE / "Sidebar.html").read_text(encoding="utf-8")
    text = text.replace("<?= JSON.stringify(OKR.menu) ?>", html.escape(json.dumps(menu)))
    text = text.replace("<style>", f"<style>html {{ width: {WIDTH}px; overflow-x: hidden; }}", 1)
    return text.replace("<script>", _STUB % told + "<script>", 1).replace("</body>", f"{_CLICKS}</body>")


def browse(text: str, *asked: str) -> str:
    """What the browser prints about a page."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sidebar.html")
        file.write_text(text, encoding="utf-8")
        command = [browser, *_QUIET, f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}"]
        done = subprocess.run(
            [*command, *asked, file.as_uri()], capture_output=True, text=True, check=True, timeout=120
        )
        return done.stdout


def main() -> None:
    """Takes the picture."""
    browse(page(), f"--screenshot={PICTURE}", "--force-device-scale-factor=1.5")
    sys.stdout.write(f"{PICTURE}\n")


if __name__ == "__main__":
    main()
