"""The reader's language and the sentences of its catalogue (web/translations)."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Request

LANGUAGES = ("zh-CN", "en")
PLACE = re.compile(r"\{(\w+)\}")


class Catalogue:
    """Flat keys as in `cases.title`; a missing key is answered with itself, and a test finds it."""

    def __init__(self, sentences: Mapping[str, Mapping[str, str]]) -> None:
        self._sentences = sentences

    @classmethod
    def read(cls, folder: Path) -> "Catalogue":
        return cls({name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in LANGUAGES})

    def say(self, language: str) -> Callable[..., str]:
        """`say(key, **values)` in a language; `{name}` in a sentence takes the value of that name."""
        sentences = self._sentences[language]

        def say(key: str, **values: object) -> str:
            found = sentences.get(key, key)
            return PLACE.sub(lambda match: str(values.get(match[1], match[0])), found)

        return say

    def words(self, language: str, prefixes: tuple[str, ...]) -> dict[str, str]:
        """What a page module needs: every sentence whose key begins with one of `prefixes` and a dot."""
        starts = tuple(f"{prefix}." for prefix in prefixes)
        return {key: text for key, text in self._sentences[language].items() if key.startswith(starts)}


def language_of(request: Request, default: str) -> str:
    """The cookie's, else the browser's first that we have, else the office's."""
    chosen = request.cookies.get("takan-lang", "")
    if chosen in LANGUAGES:
        return chosen
    for wanted, _ in request.accept_languages:
        if wanted.lower().startswith("zh"):
            return "zh-CN"
        if wanted.lower().startswith("en"):
            return "en"
    return default


def pick(texts: Mapping[str, str], language: str) -> str:
    """A text of the catalogue of items in the reader's language, or in any that it has."""
    return texts.get(language) or texts.get("zh-CN") or next(iter(texts.values()), "")
