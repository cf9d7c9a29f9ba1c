"""Parsers and encoders run in a child with little memory, little time and no way to open a file or a socket.

Both ways a message is one JSON line, which says the sizes of the byte strings that follow it (`sizes`).
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from media.files.errors import FileRefused, InGap, OutsideRecording, Undecodable

_CODES: dict[str, type[FileRefused]] = {one.code: one for one in (InGap, OutsideRecording, Undecodable)}
_HOUSE = Path(__file__).resolve().parents[2]


def run(
    task: str, facts: dict[str, Any], blobs: Sequence[bytes], seconds: float, child: str = "media.files.child"
) -> tuple[dict[str, Any], bytes]:
    """The answer of that child (a module). Raises a `FileRefused`; `Undecodable` also when it dies or is too slow."""
    line = json.dumps(facts | {"task": task, "sizes": [len(blob) for blob in blobs]}).encode() + b"\n"
    command = [sys.executable, "-m", child, str(int(seconds) + 1)]
    try:
        done = subprocess.run(
            command, input=line + b"".join(blobs), capture_output=True, timeout=seconds, cwd=_HOUSE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Undecodable(f"not done within {seconds} s") from error
    head, _, body = done.stdout.partition(b"\n")
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Undecodable(f"status {done.returncode}: {''.join(said)}")
    answer = json.loads(head)
    if "code" in answer:
        raise _CODES.get(answer["code"], Undecodable)(answer.get("detail", ""))
    return answer, body
