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
from inspection.model.evidence import RenditionState, Snapshot
from inspection.model.people import Actor
from inspection.services.clips import fetch_clip, want_clip
from server import wiring
from server.configuration import Configuration
from server.outbound.keys import BadKey
from server.services import Services
from server.words import Catalogue

SECOND = 1_000_000  # microseconds
WORDS = Path(__file__).resolve().parents[2] / "web" / "translations"
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

    def made() -> tuple[Services, str, Path, dict[str, object]]:
        given = wiring.services(configuration)
        clip = make(given, cut, case, evidence, microseconds(begin), microseconds(end), copy, overlay)
        return given, clip.sha256 or "", out or Path(f"takan-clip-{clip.id}.mp4"), {"clip": clip.id, **clip.facts}

    return give(made, as_json)


def give(made: Callable[[], tuple[Services, str, Path, dict[str, object]]], as_json: bool) -> int:
    """Write what was made into its file, and tell of it: `made` gives the object's digest, where to, and its facts."""
    try:
        given, digest, path, facts = made()
        with given.objects.open(digest) as source, path.open("wb") as file:
            shutil.copyfileobj(source, file)
    except Refusal as error:
        print(f"takan: {sentence(error)}", file=sys.stderr)
        return 1
    except (OSError, ValueError, BadKey) as error:
        print(f"takan: {error}", file=sys.stderr)
        return 1
    size = path.stat().st_size
    said = {"path": str(path), "sha256": digest, "bytes": size, **facts}
    print(json.dumps(said) if as_json else f"{path}: {size} bytes, sha256 {digest}")
    return 0


def sentence(error: Refusal) -> str:
    """What the pages say to it, in English, with the code."""
    key = f"problem.{error.code}"
    found = Catalogue.read(WORDS).say("en")(key, **error.facts)
    return error.code if found == key else f"{found} ({error.code})"


def found_in(given: Services, case: str) -> tuple[str, Actor]:
    """The case's id, and its lead inspector, in whose name it is done. Raises `NotFound`."""
    with given.office.read() as work:
        found = work.cases.by_number(case) if case.startswith("TK-") else work.cases.get(case)
        person = work.people.get(found.inspector)
    return found.id, Actor(person.id, person.name, person.role)


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
    found, actor = found_in(given, case)
    with given.office.read() as work:
        ids = {one.track: one.id for one in work.evidence.of_case(found) if one.track}
    wish = want_clip(
        given.office, given.signer, actor, found, ids.get(evidence, evidence), start_us, end_us, given.now(),
        given.new_id, not copy, overlay,
    )  # fmt: skip
    carry_out(cut(given, wish.id))
    with given.office.read() as work:
        clip = work.clips.get(wish.id)
    require_ready(clip)
    return fetch_clip(given.office, given.signer, actor, clip.id, given.now())


def carry_out(why: str | None) -> None:
    """What a job answered. Raises `Unavailable` while it cannot be done."""
    if why is not None:
        raise Unavailable(why)


def require_ready(made: Clip | Snapshot) -> None:
    """Raises `Unavailable` with the reason why it never will be."""
    if made.state is not RenditionState.READY:
        raise Unavailable(made.reason or "job-failed")


def microseconds(code: str) -> int:
    """Of a time code `[[h:]m:]s[.fraction]` from the survey's epoch. Raises `ValueError`."""
    found = CODE.fullmatch(code)
    if found is None:
        raise ValueError(f"{code!r} is no time code; write it as 00:01:30.5")
    hours, minutes, seconds, rest = found.groups()
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    return whole * SECOND + int((rest or "0").ljust(6, "0"))
