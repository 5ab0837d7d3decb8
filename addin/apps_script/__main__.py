"""`python -m addin.apps_script` renews generated.js."""

from __future__ import annotations

from addin.apps_script import GENERATED, generated

if __name__ == "__main__":
    GENERATED.write_text(generated(), encoding="utf-8", newline="\n")
