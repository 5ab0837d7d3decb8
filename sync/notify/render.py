"""Templates into text and HTML: everything that is not ours is escaped, styles stand at their elements."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined

from sync.core import palette
from sync.notify.words import Words


class Rendered(NamedTuple):
    """The two parts of a message."""

    text: str
    html: str


def render(template: str, words: Words, given: Mapping[str, Any]) -> Rendered:
    """The text and HTML part of a message, from `TEMPLATE.txt` and `TEMPLATE.html`."""
    text = render_text(f"{template}.txt", words, given)
    return Rendered(text.strip() + "\n", render_html(template, words, given))


def render_html(template: str, words: Words, given: Mapping[str, Any]) -> str:
    """The HTML part of a message, from `TEMPLATE.html`."""
    return _inliner().inline(
        _environment(words.language, html=True).get_template(f"{template}.html").render(given)
    )


def render_text(template: str, words: Words, given: Mapping[str, Any]) -> str:
    """The text of a template."""
    return _environment(words.language, html=False).get_template(template).render(given)


@lru_cache
def _environment(language: str, *, html: bool) -> Environment:
    words = Words(language)
    made = Environment(
        loader=PackageLoader("sync.notify"),
        autoescape=html,  # noqa: S701  # the text part is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    made.globals |= {"words": words, "palette": palette, "tints": palette.STATUS, "language": language}
    return made


@lru_cache
def _inliner() -> CSSInliner:
    """Styles to their elements; what is for some screens only stays in the head. Nothing is fetched."""
    return CSSInliner(load_remote_stylesheets=False)
