"""The index page of a package: one HTML file in both languages that plays everything beside it, without a network."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from server.assets import reader
from server.words import LANGUAGES, Catalogue

WEB = Path(__file__).resolve().parents[2] / "web"
Spoken = Markup


class HtmlPage:
    """Implements `inspection.ports.IndexPage` from web/templates/package.html and the built `package-page.js` and
    `package.css`, which stand in the page itself."""

    def __init__(self, office: str, zone: str, language: str = "zh-CN", web: Path = WEB) -> None:
        self._office, self._zone, self._language, self._web = office, ZoneInfo(zone), language, web

    def page(self, facts: dict[str, Any]) -> bytes:
        script, style = (self._built(name) for name in ("package-page.js", "package.css"))
        environment = Environment(
            loader=FileSystemLoader(self._web / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        catalogue = _catalogue(self._web)
        environment.globals |= {
            "say": lambda key, **values: spoken({one: catalogue.say(one)(key, **values) for one in LANGUAGES}),
            "both": spoken,
            "moment": self._moment,
            "words": {one: catalogue.words(one, ("package",)) for one in LANGUAGES},
        }
        html = environment.get_template("package.html").render(
            facts,
            office=self._office,
            language=self._language,
            script=Markup(script),  # noqa: S704  our own built files
            style=Markup(style),  # noqa: S704
            script_digest=_digest(script),
            style_digest=_digest(style),
        )
        return html.encode()

    def _built(self, name: str) -> str:
        """Raises `OSError` while the pages are not built."""
        return (self._web / "dist" / reader(self._web / "dist")(name).removeprefix("/assets/")).read_text("utf-8")

    def _moment(self, at_us: int | None) -> str:
        """In the office's zone, which the page names once."""
        if at_us is None:
            return "–"
        return f"{datetime.fromtimestamp(at_us / 1_000_000, UTC).astimezone(self._zone):%Y-%m-%d %H:%M:%S}"


def spoken(texts: Mapping[str, str]) -> Markup:
    """A text in both languages; the page shows the one that is chosen."""
    first = next(iter(texts.values()), "")
    return Markup("").join(
        Markup('<span lang="{}">{}</span>').format(one, escape(texts.get(one) or first)) for one in LANGUAGES
    )


def _digest(text: str) -> str:
    """As a content security policy names what stands in a page."""
    return "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()


@cache
def _catalogue(web: Path) -> Catalogue:
    return Catalogue.read(web / "translations")
