"""What a person may type: trimmed, bounded, one Unicode form, nothing that a page, a table or a ledger chokes on."""

import re
import unicodedata

from inspection.model.errors import Invalid, NotFound

NAME_LENGTH = 120
LINE_LENGTH = 300
TEXT_LENGTH = 4000
# Cc: control characters. Cs: lone surrogates, which have no UTF-8. Zl, Zp: line ends in disguise.
BARRED = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Marks that reorder what is read (UAX 9): a name must not show as another one.
REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ID = re.compile(r"[0-9a-z]{1,32}")
TRACK = re.compile(r"[0-9a-z]{1,32}\.(audio|video)")
DIGEST = re.compile(r"[0-9a-f]{64}")


def line(value: str, field: str, limit: int = NAME_LENGTH, needed: bool = True) -> str:
    """One trimmed line. Raises `Invalid` when it is missing, too long or holds what a line must not."""
    return _checked(value, field, limit, needed, "")


def text(value: str, field: str, limit: int = TEXT_LENGTH, needed: bool = False) -> str:
    """Trimmed words that may have several lines. Raises `Invalid` as `line` does."""
    return _checked(value.replace("\r\n", "\n"), field, limit, needed, "\n\t")


def known(id: str, code: str, form: re.Pattern[str] = ID) -> str:
    """An id that may exist. Raises `NotFound(code)` for what no id looks like, before any table is asked."""
    if not form.fullmatch(id):
        raise NotFound(code)
    return id


def _checked(value: str, field: str, limit: int, needed: bool, spared: str) -> str:
    value = unicodedata.normalize("NFC", value.strip())
    if needed and not value:
        raise Invalid("text-needed", field=field)
    if len(value) > limit:
        raise Invalid("text-too-long", field=field, limit=limit)
    for sign in value:
        if sign in REORDERING or (sign not in spared and unicodedata.category(sign) in BARRED):
            raise Invalid("text-unusable", field=field)
    return value
