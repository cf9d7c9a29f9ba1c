"""`takan clip`: a range of a recording as a file, cut here and now; derived, in the ledger, under the lead inspector.

Whoever runs it may read the data folder, so he acts as the inspector whose case it is.
"""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from inspection.model.clip import Clip
from inspection.model.errors import Refusal, Unavailable
from inspection.model.evidence import RenditionState
from inspection.model.people import Actor
from inspection.services.clips import fetch_clip, want_clip
from server import wiring
from server.configuration import Configuration
from server.outbound.keys import BadKey
from server.services import Services

Cut = Callable[[Services, str], str | None]
CODE = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+)(?:\.(\d{1,6}))?")


def run(
    configuration: Configuration,
    cut: Cut,
    case: str,
    evidence: str,
    begin: str,
    end: str,
    out: Path | None,
    as_json: bool,
    copy: bool = False,
    overlay: bool = False,
) -> int:
    """Exit status 0 with the file, 1 with a reason. `case`: its id or number; `evidence`: its id or its track's;
    `cut`: the worker's own job."""
    try:
        given = wiring.services(configuration)
        clip = make(given, cut, case, evidence, microseconds(begin), microseconds(end), copy, overlay)
        path = out or Path(f"takan-clip-{clip.id}.mp4")
        with given.objects.open(clip.sha256 or "") as source, path.open("wb") as file:
            shutil.copyfileobj(source, file)
    except (Refusal, OSError, ValueError, BadKey) as error:
        print(f"takan: {error}", file=sys.stderr)
        return 1
    said = {"clip": clip.id, "path": str(path), "sha256": clip.sha256, "bytes": clip.bytes, **clip.facts}
    print(json.dumps(said) if as_json else f"{path}: {clip.bytes} bytes, sha256 {clip.sha256}")
    return 0


def make(
    given: Services,
    cut: Cut,
    case: str,
    evidence: str,
    start_us: int,
    end_us: int,
    copy: bool = False,
    overlay: bool = False,
) -> Clip:
    """The clip, ready. Raises `Refusal`."""
    with given.office.read() as work:
        found = work.cases.by_number(case) if case.startswith("TK-") else work.cases.get(case)
        person = work.people.get(found.inspector)
        ids = {one.track: one.id for one in work.evidence.of_case(found.id) if one.track}
    actor = Actor(person.id, person.name, person.role)
    wish = want_clip(
        given.office, given.signer, actor, found.id, ids.get(evidence, evidence), start_us, end_us, given.now(),
        given.new_id, not copy, overlay,
    )  # fmt: skip
    why = cut(given, wish.id)
    if why is not None:
        raise Unavailable(why)
    with given.office.read() as work:
        clip = work.clips.get(wish.id)
    if clip.state is not RenditionState.READY:
        raise Unavailable(clip.reason or "job-failed")
    return fetch_clip(given.office, given.signer, actor, clip.id, given.now())


def microseconds(code: str) -> int:
    """Of a time code `[[h:]m:]s[.fraction]` from the survey's epoch. Raises `ValueError`."""
    found = CODE.fullmatch(code)
    if found is None:
        raise ValueError(f"{code!r} is no time code; write it as 00:01:30.5")
    hours, minutes, seconds, rest = found.groups()
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    return whole * 1_000_000 + int((rest or "0").ljust(6, "0"))
