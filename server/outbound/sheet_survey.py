"""The blocks of a survey's record: who, when, where; findings with their pictures; gaps; proven and only stated."""

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any

from inspection.model.paper import PICTURE_TICKS, moment_path
from server.outbound.sheet_marks import label_of, lines_of
from server.outbound.sheet_words import Telling, code, mono, table
from server.words import pick

Block = dict[str, Any]
Subject = Mapping[str, Any]
WIDEST, TALLEST = 62.0, 90.0  # millimetres of a picture
INCH = 25.4  # millimetres
FINEST = 220.0  # dots an inch of a printed picture: more is not seen on paper
ALL_DOTS = 100_000_000  # of all pictures of one paper: drawing takes three bytes for each
MOST_GAPS = 200  # lines; the attached facts have them all


def overview(telling: Telling, subject: Subject) -> list[Block]:
    say, case, paper = telling.say, subject["case"], subject["survey"]
    survey, ending = paper["survey"], paper["ending"]
    rows = [
        [say("paper.case"), case["number"]],
        [say("paper.survey"), f"{survey['number']} · {say('survey.kind.' + survey['kind'])}"],
        [say("role.applicant"), case["applicant"]],
        [say("paper.site"), case["site"]["address"]],
        [say("paper.site_point"), telling.place(case["site"]["latitude_e7"], case["site"]["longitude_e7"])],
        [say("paper.department"), pick(case["item"]["department"], telling.language)],
        [say("role.inspector"), subject["people"].get(survey["inspector"], "–")],
        [say("paper.began"), telling.time(paper["opened_us"])],
        [say("paper.ended"), telling.time(ending["at_us"])],
        [say("paper.outcome"), say(f"outcome.{ending['outcome']}")],
    ]
    blocks: list[Block] = [{"kind": "facts", "title": say("paper.facts"), "rows": rows}]
    if ending["note"]:
        blocks.append({"kind": "words", "title": say("paper.note"), "words": [ending["note"]]})
    return [*blocks, _people(telling, subject), _positions(telling, subject), _checklist(telling, subject)]


def _people(telling: Telling, subject: Subject) -> Block:
    say, paper = telling.say, subject["survey"]
    answers = {one["participant"]: one for one in paper["consents"]}
    rows = []
    for one in paper["participants"]:
        answer = answers.get(one["id"])
        said = say("paper.no_consent") if one["person"] is None else "–"
        if answer is not None:
            how = "stated" if answer["stated_by"] else "given" if answer["agreed"] else "refused"
            said = say(f"paper.consent_{how}", at=telling.time(answer["at_us"]), version=answer["version"])
        device = subject["devices"].get(one["id"], {})
        rows.append([one["name"], say(f"role.{one['role']}"), said, device.get("camera") or device.get("agent") or "–"])
    head = [say("paper.name"), say("paper.role"), say("paper.consent"), say("paper.device")]
    return table(say("paper.people"), [2, 1, 3, 2], head, rows)


def _positions(telling: Telling, subject: Subject) -> Block:
    say = telling.say
    rows = []
    for one in subject["survey"]["positions"]:
        where = say("paper.position_refused")
        if not one["refused"]:
            where = telling.place(one["latitude_e7"], one["longitude_e7"])
        near = "–" if one["accuracy_mm"] is None else f"± {one['accuracy_mm'] / 1000:.0f} m"
        rows.append([telling.time(one["at_us"]), where, near])
    if not rows:
        return {"kind": "words", "title": say("paper.positions"), "words": [say("paper.no_position")]}
    head = [say("paper.at"), say("paper.position"), say("paper.accuracy")]
    return table(say("paper.positions"), [3, 4, 1], head, rows)


def _checklist(telling: Telling, subject: Subject) -> Block:
    say, found = telling.say, {one["check"]: one for one in subject["findings"]}
    rows = []
    for number, check in enumerate(subject["survey"]["checklist"]["checks"], start=1):
        result = found[check["id"]]["result"] if check["id"] in found else "open"
        chip = {"chip": result, "word": say(f"result.{result}")}
        cited = len(found[check["id"]]["snapshots"]) if check["id"] in found else 0
        rows.append([str(number), pick(check["title"], telling.language), chip, str(cited)])
    head = ["#", say("paper.check"), say("paper.result"), say("paper.pictures")]
    return table(say("paper.checklist"), [1, 8, 3, 2], head, rows)


def findings(telling: Telling, subject: Subject, shown: Mapping[str, str]) -> list[Block]:
    say, pictures = telling.say, {one["id"]: one for one in subject["snapshots"]}
    marks = {one["mark"]["id"]: one for one in subject.get("annotations", ())}
    checks = {check["id"]: (number, check) for number, check in enumerate(subject["survey"]["checklist"]["checks"], 1)}
    told = []
    for one in sorted(subject["findings"], key=lambda one: checks[one["check"]][0] if one["check"] in checks else 0):
        number, check = checks.get(one["check"], (0, {"title": {"en": one["check"]}}))
        by = subject["people"].get(one["by"], "–")
        told.append(
            {
                "note": "\n".join(filter(None, (one["note"], _evidence(say, subject, one.get("evidence", ()))))),
                "number": f"{number}.",
                "pictures": [
                    *(_picture(telling, subject, pictures[id], shown) for id in one["snapshots"] if id in pictures),
                    *(_marked(telling, marks[id], shown) for id in one.get("annotations", ()) if id in marks),
                ],
                "result": one["result"],
                "said": say("paper.found_by", name=by, at=telling.time(one["at_us"])),
                "title": pick(check["title"], telling.language),
                "word": say(f"result.{one['result']}"),
            }
        )
    if not told:
        return [{"kind": "words", "title": say("paper.findings"), "words": [say("paper.no_findings")]}]
    lead = say("paper.printed") if any(one["pictures"] for one in told) else ""
    return [{"kind": "findings", "title": say("paper.findings"), "lead": lead, "findings": told}]


def _picture(telling: Telling, subject: Subject, picture: Mapping[str, Any], shown: Mapping[str, str]) -> Block:
    say, scale = telling.say, PICTURE_TICKS
    ticks = picture["presented"] if picture["presented"] is not None else picture["time"]
    at_us = None if subject["epoch_us"] is None else subject["epoch_us"] + ticks * 1_000_000 // scale
    return {
        "alt": say("paper.snapshot"),
        "file": shown.get(picture["id"]),
        "link": telling.address + moment_path(picture["survey"], ticks),
        "missing": say("paper.not_shown"),
        "qr": f"code-{picture['id']}.png",
        "width": round(printed_size(picture)[0], 2),
        "rows": [
            [say("paper.time_code"), code(ticks, scale)],
            [say("paper.at"), telling.time(at_us)],
            [say("paper.track"), mono(picture["track"])],
            ["SHA-256", mono(picture["sha256"])],
            [say("paper.parent"), mono(picture["parent"] or "–")],
        ],
    }


def _evidence(say: Any, subject: Subject, cited: Iterable[str]) -> str:
    """Names of what a finding cites whole; the digests stand in the list of recordings and uploads."""
    names = {one["id"]: one["name"] for one in (*subject["recordings"], *subject.get("uploads", ()))}
    told = ", ".join(names[id] for id in cited if id in names)
    return f"{say('paper.evidence')}: {told}" if told else ""


def _marked(telling: Telling, marked: Mapping[str, Any], shown: Mapping[str, str]) -> Block:
    """A still with the mark over it; without a picture, what was said."""
    say, mark, still = telling.say, marked["mark"], marked["still"]
    width, height = (0.0, 0.0) if still is None else printed_size(still)
    drawn = still is not None and bool(mark["points"])
    instant, page = mark["instant"], mark["page"]
    at = [] if instant is None else [[say("paper.time_code"), _of_film(instant)]]
    leaf = [] if page is None else [[say("footage.pages"), str(page)]]
    return {
        "alt": say("paper.mark"),
        "file": None if still is None else shown.get(f"mark-{mark['id']}"),
        "height": round(height, 2),
        "label": label_of(marked, width, height) if drawn else None,
        "lines": lines_of(mark, width, height) if drawn else [],
        "link": "",
        "missing": say("paper.not_shown"),
        "qr": None,
        "width": round(width, 2),
        "rows": [
            [say("paper.mark"), f"№ {marked['number']} {mark['label']}".strip()],
            *([[say("paper.mark_words"), mark["text"]]] if mark["text"] else []),
            [say("paper.mark_by"), mark["by"]["name"]],
            [say("paper.at"), telling.time(mark["at_us"])],
            *at,
            *leaf,
            *([] if still is None else [["SHA-256", mono(still["sha256"])]]),
            [say("paper.parent"), mono(mark["parent"])],
        ],
    }


def _of_film(instant: Mapping[str, Any]) -> str:
    """The time code, and the number of the picture where it has one."""
    scale = instant["base"][1] / instant["base"][0]
    thousandths = round(instant["time"] * 1000 / scale)
    return code(thousandths, 1000) + ("" if instant["frame"] is None else f" · {instant['frame']}")


def printed_size(picture: Mapping[str, Any]) -> tuple[float, float]:
    """Width and height on the sheet, millimetres."""
    width, height = max(picture["width"], 1), max(picture["height"], 1)
    wide = min(WIDEST, TALLEST * width / height)
    return wide, wide * height / width


def fineness(pictures: Iterable[Mapping[str, Any]]) -> float:
    """Dots an inch at which so many pictures are printed, so that a long record takes no more memory than a short."""
    area = sum(wide * high for wide, high in map(printed_size, pictures)) / INCH**2
    return FINEST if area <= 0 else min(FINEST, sqrt(ALL_DOTS / area))


def quality(telling: Telling, subject: Subject) -> list[Block]:
    """What was recorded, how well it arrived, and what did not."""
    say = telling.say
    rows, gaps = [], []
    for one in subject["recordings"]:
        facts, scale = one["facts"], one.get("timescale", 1)
        got = one.get("reception", {})
        lost = f"{got.get('lost', 0)} / {got.get('expected', 0)}"
        told = [
            recording_name(say, one),
            code(int(facts.get("duration", 0)), scale),
            str(len(one.get("gaps", ()))),
            lost,
        ]
        rows.append([*told, mono(one["sha256"])])
        gaps += [
            [
                recording_name(say, one),
                str(gap["number"]),
                code(gap["start"], scale),
                code(gap["end"], scale),
                _why(say, gap),
            ]
            for gap in one.get("gaps", ())
        ]
    if not rows:
        return [{"kind": "words", "title": say("paper.recordings"), "words": [say("paper.no_recording")]}]
    head = [say("paper.recording"), say("paper.length"), say("paper.gaps"), say("paper.lost"), "SHA-256"]
    blocks = [table(say("paper.recordings"), [3, 2, 1, 2, 5], head, rows)]
    if not gaps:
        return [*blocks, {"kind": "words", "title": say("paper.gap_list"), "words": [say("paper.no_gaps")]}]
    head = [say("paper.recording"), "#", say("paper.from"), say("paper.to"), say("paper.why")]
    blocks.append(table(say("paper.gap_list"), [3, 1, 2, 2, 3], head, gaps[:MOST_GAPS]))
    if len(gaps) > MOST_GAPS:
        more = say("paper.more_gaps", n=len(gaps) - MOST_GAPS)
        blocks.append({"kind": "words", "title": say("paper.gap_more"), "words": [more]})
    return blocks


def recording_name(say: Any, one: Mapping[str, Any]) -> str:
    """Whose, and whether picture or sound."""
    kind = one["facts"].get("kind")
    name = str(one["name"])
    return f"{name.removesuffix(f' {kind}')} · {say(f'paper.kind_{kind}')}" if kind in ("audio", "video") else name


def uploads(telling: Telling, subject: Subject) -> list[Block]:
    """Files that were sent, by digest."""
    say = telling.say
    rows = [
        [one["name"], one["facts"].get("who", {}).get("name", "–"), str(one["bytes"]), mono(one["sha256"])]
        for one in subject["uploads"]
    ]
    head = [say("paper.file"), say("paper.sent_by"), say("paper.bytes"), "SHA-256"]
    return [table(say("paper.uploads"), [4, 2, 2, 5], head, rows)] if rows else []


def _why(say: Any, gap: Mapping[str, Any]) -> str:
    key = f"paper.gap_{gap['reason']}"
    found = str(say(key))
    return found if found != key else str(say("paper.gap_unknown"))


def what_holds(telling: Telling, subject: Subject) -> list[Block]:
    say = telling.say
    proven = [say(f"paper.proven_{part}") for part in ("bytes", "order", "cut", "who")]
    stated = [say(f"paper.stated_{part}") for part in ("names", "position", "device", "time", "place")]
    return [
        {"kind": "list", "title": say("paper.proven"), "words": proven},
        {"kind": "list", "title": say("paper.stated"), "words": stated},
    ]
