"""Draws a sheet as PDF/A-3b with its facts attached, in a limited child: a strange text or picture ends only that one.

As a program (`python -m server.outbound.typeset FOLDER`): reads `paper.typ`, `sheet.json` and `facts.json` there and
writes `paper.pdf`; the folder is all that the drawing can read.
"""

import json
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.outbound.fonts import letters_of

SHEETS = Path(__file__).parent / "sheets"
STANDARD: Final = "a-3b"  # ISO 19005-3: the facts may be inside
MEMORY, SECONDS = 3_000_000_000, 120
# What DejaVu Sans Mono, which typst brings along, has beside the fonts of ours; the zero-width space breaks digests.
ALSO = (
    "\n\t\u0104-\u017f\u0193-\u019f\u01cd-\u01dc\u01fa-\u024f\u0384-\u038a\u038c\u038e-\u0390\u03aa-\u03b0"
    "\u03ca-\u04ff\u200b\u219a-\u21b7"
)
# Controls, and what turns the direction of a line: a name must not make its neighbours read otherwise.
UNSEEN = frozenset({*range(9), *range(11, 32), 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)})


class CannotTypeset(Exception):
    """The child gave up; the message says how."""


def typeset(sheet: dict[str, Any], facts: bytes, pictures: Iterable[tuple[str, bytes]], memory: int = MEMORY) -> bytes:
    """The PDF's bytes. `pictures`: file names as the sheet has them; one is held at a time. Raises `CannotTypeset`."""
    with tempfile.TemporaryDirectory(prefix="takan-paper-") as name:
        folder = Path(name)
        for file, data in pictures:
            (folder / file).write_bytes(data)
        (folder / "facts.json").write_bytes(facts)
        (folder / "paper.typ").write_bytes((SHEETS / "paper.typ").read_bytes())
        said = _run(folder, told_by_number(sheet), memory)
        if said:
            raise CannotTypeset(said)
        return (folder / "paper.pdf").read_bytes()


def told_by_number(value: Any) -> Any:
    """The same sheet with every letter that no font of ours has told as `[U+1F600]`."""
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else "".join(map(_told, value))
    if isinstance(value, dict):
        return {key: told_by_number(part) for key, part in value.items()}
    return [told_by_number(part) for part in value] if isinstance(value, list) else value


def _told(letter: str) -> str:
    """PDF/A has no place for a letter that cannot be drawn."""
    return letter if ord(letter) in _drawn() else f"[U+{ord(letter):04X}]"


@cache
def _drawn() -> frozenset[int]:
    return frozenset().union(*map(letters_of, _fonts()), _also()) - UNSEEN


def _also() -> set[int]:
    found: set[int] = set()
    for first, last in re.findall("(.)(?:-(.))?", ALSO, re.DOTALL):
        found.update(range(ord(first), ord(last or first) + 1))
    return found


def _fonts() -> tuple[Path, ...]:
    import pylopdf_fonts_ar
    import pylopdf_fonts_zh_cn

    return pylopdf_fonts_zh_cn.sans_path(), pylopdf_fonts_ar.sans_path()


def _run(folder: Path, sheet: dict[str, Any], memory: int) -> str:
    (folder / "sheet.json").write_text(json.dumps(sheet, ensure_ascii=False), "utf-8")
    command = [sys.executable, "-m", "server.outbound.typeset", str(folder), str(memory)]
    root = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "too slow"
    if done.returncode == 0:
        return ""
    return done.stderr.decode("utf-8", "replace")[-500:] or f"ended with {done.returncode}"


def main(folder: Path, memory: int) -> None:
    """Inside the child."""
    import typst

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    typst.compile(  # type: ignore[misc]  # its stub ties `output` to the type of `input` by a constrained variable
        str(folder / "paper.typ"),
        output=str(folder / "paper.pdf"),
        root=folder,
        font_paths=[str(one.parent) for one in _fonts()],
        ignore_system_fonts=True,
        pdf_standards=[STANDARD],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
