"""What a unit of work that is about one case may not do: write what belongs to another, or to nobody."""

from collections.abc import Iterator
from typing import Any

from inspection.model.case import Case
from inspection.ports import LOG

States = list[tuple[Any, dict[str, Any]]]
OF_THE_LOG = {"FakeLog", "FakeCheckpoints", "FakeLedgerKeys", "FakeSettings"}


def strays(work: Any, about: str, before: States, after: States) -> list[str]:
    """Every value that was added, changed or taken away and is not `about`'s own."""
    found = []
    for (shelf, old), (_, new) in zip(before, after, strict=True):
        for value in _changed(old, new):
            if about == LOG and type(shelf).__name__ in OF_THE_LOG:
                continue
            if about == LOG or _case_of(work, value) != about:
                found.append(f"{type(shelf).__name__}: {value!r}")
    return found


def _changed(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Any]:
    for name, value in new.items():
        was = old[name]
        if isinstance(value, dict):
            yield from (value[key] for key in value if key not in was or was[key] != value[key])
            yield from (was[key] for key in was if key not in value)
        elif isinstance(value, tuple) and isinstance(was, tuple):
            yield from (one for one in value if one not in was)
            yield from (one for one in was if one not in value)
        elif value != was:
            yield value


def _case_of(work: Any, value: Any) -> str | None:
    if isinstance(value, Case):
        return value.id
    for name, shelf in (("export", work.exports), ("evidence", work.evidence), ("participant", work.participants)):
        if not hasattr(value, "case") and not hasattr(value, "survey") and hasattr(value, name):
            value = shelf.rows[getattr(value, name)]
    if hasattr(value, "case"):
        return str(value.case)
    survey = getattr(value, "survey", None)
    return None if survey is None else str(work.surveys.rows[survey].case)
