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
from pathlib import Path
from typing import Any, Final

SHEETS = Path(__file__).parent / "sheets"
STANDARD: Final = "a-3b"  # ISO 19005-3: the facts may be inside
MEMORY, SECONDS = 3_000_000_000, 120
# What the fonts have: the rest is told by its number, since PDF/A has no place for a letter that cannot be drawn.
DRAWN = re.compile(
    "[^\n\t\u0020-\u024f\u0370-\u052f\u0600-\u06ff\u2010-\u2027\u2030-\u203a\u200b\u20ac\u2100-\u214f\u2190-\u21ff"
    "\u2460-\u24ff\u25a0-\u25ff\u2e80-\u9fff\uff00-\uffef]"
)


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
        said = _run(folder, sheet, memory)
        if said:
            said = _run(folder, told_by_number(sheet), memory)
        if said:
            raise CannotTypeset(said)
        return (folder / "paper.pdf").read_bytes()


def told_by_number(value: Any) -> Any:
    """The same sheet with every letter that no font of ours has told as `[U+1F600]`."""
    if isinstance(value, str):
        return DRAWN.sub(lambda found: f"[U+{ord(found[0]):04X}]", value)
    if isinstance(value, dict):
        return {key: told_by_number(part) for key, part in value.items()}
    return [told_by_number(part) for part in value] if isinstance(value, list) else value


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
    from pylopdf_fonts_zh_cn import sans_path

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    fonts = sans_path().parent
    typst.compile(  # type: ignore[misc]  # its stub ties `output` to the type of `input` by a constrained variable
        str(folder / "paper.typ"),
        output=str(folder / "paper.pdf"),
        root=folder,
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        pdf_standards=[STANDARD],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
