"""What the node writes down and the office reads: idempotent, ordered, quick; and what a killed writer leaves."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from inspection.model.errors import NotFound
from inspection.model.evidence import ReceivedGap, ReceivedInit, ReceivedPiece, ReceivedSegment, ReceivedTrack
from media.ports import Gap, Reception
from storage.database import Database
from storage.shelves.reception_index import SqlReceptionIndex
from storage.work import SqlOffice
from tests.integration.storage.values import (
    a_participant,
    a_segment,
    a_survey,
    a_track,
    an_init,
    digest,
    furnish,
)

ROOT = Path(__file__).parents[3]
ZEROS = ("recovered", "duplicates", "key_frames", "longest_key_interval", "frozen")


@pytest.fixture
def office(database: Database) -> SqlOffice:
    office = SqlOffice(database)
    with office.write() as work:
        furnish(work)
    return office


@pytest.fixture
def index(office: SqlOffice, database: Database) -> SqlReceptionIndex:
    return SqlReceptionIndex(database)


def tracks(office: SqlOffice) -> list[ReceivedTrack]:
    with office.read() as work:
        return list(work.receptions.tracks("survey1"))


def test_a_replayed_journal_changes_nothing(office: SqlOffice, index: SqlReceptionIndex) -> None:
    for _ in range(2):
        index.add_track(a_track())
        index.add_init(an_init())
        index.add_segment(a_segment(1))
        index.add_segment(a_segment(0))
        index.mark_stored(digest(("part1.video", 0)))
        index.add_gap(Gap("part1.video", 720_000, 2**40, "disconnected"))
        index.put_reception(Reception("part1.video", 10, 9, lost=1))
    first, second = a_segment(0), a_segment(1)
    [track] = tracks(office)
    assert track == ReceivedTrack(
        id="part1.video",
        survey="survey1",
        participant="part1",
        kind="video",
        codec="H264",
        timescale=90_000,
        epoch=datetime(2026, 11, 24, 4, 0, 0, 1, tzinfo=UTC),
        inits=(ReceivedInit(digest("init"), 800, "avc1.42e01f", 1280, 720, stored=False),),
        segments=(
            ReceivedSegment(first.digest, first.init, first.bytes, 0, 360_000, key_frame=True, stored=True),
            ReceivedSegment(second.digest, second.init, second.bytes, 360_000, 360_000, key_frame=True, stored=False),
        ),
        gaps=(ReceivedGap(720_000, 2**40, "disconnected"),),
        reception={"expected": 10, "received": 9, "lost": 1} | dict.fromkeys(ZEROS, 0),
    )


def test_a_survey_on_another_node_continues_its_tracks(office: SqlOffice, index: SqlReceptionIndex) -> None:
    index.add_track(a_track())
    index.add_track(a_track(node="n2", epoch_us=5))
    [track] = tracks(office)
    assert track.epoch == datetime(2026, 11, 24, 4, 0, 0, 1, tzinfo=UTC)


def test_figures_are_the_last_that_were_told(office: SqlOffice, index: SqlReceptionIndex) -> None:
    index.add_track(a_track())
    assert tracks(office)[0].reception == {}
    index.put_reception(Reception("part1.video", expected=10))
    index.put_reception(Reception("part1.video", expected=20, frozen=2**40))
    assert tracks(office)[0].reception["expected"] == 20
    assert tracks(office)[0].reception["frozen"] == 2**40


def test_init_segments_come_in_the_order_in_which_they_are_needed(office: SqlOffice, index: SqlReceptionIndex) -> None:
    index.add_track(a_track())
    names = ["c", "a", "b", "unused"]
    for name in reversed(names):
        index.add_init(an_init(name=name))
    for number, name in enumerate(["c", "a", "c", "b"]):
        index.add_segment(a_segment(number, init=name))
    assert [init.digest for init in tracks(office)[0].inits] == [digest(name) for name in names]


def test_tracks_do_not_mix(office: SqlOffice, index: SqlReceptionIndex) -> None:
    with office.write() as work:
        work.surveys.add(a_survey("survey2"))
        work.participants.add(a_participant("part2", survey="survey2"))
    for track in (a_track(), a_track("part1.audio"), a_track("part2.video", survey="survey2", participant="part2")):
        index.add_track(track)
        index.add_init(an_init(track.id))
        index.add_segment(a_segment(0, track.id))
    assert [(track.id, len(track.segments), len(track.inits)) for track in tracks(office)] == [
        ("part1.audio", 1, 1),
        ("part1.video", 1, 1),
    ]
    with office.read() as work:
        assert work.receptions.track("part2.video").survey == "survey2"
        assert work.receptions.tracks("none") == []
        with pytest.raises(NotFound):
            work.receptions.track("none")


def test_a_piece_is_found_in_its_own_survey_only(office: SqlOffice, index: SqlReceptionIndex) -> None:
    with office.write() as work:
        work.surveys.add(a_survey("survey2"))
        work.participants.add(a_participant("part2", survey="survey2"))
    for track in (a_track(), a_track("part2.video", survey="survey2", participant="part2")):
        index.add_track(track)
        index.add_init(an_init(track.id))
    index.add_segment(a_segment(0))
    index.mark_stored(digest("init"))
    segment = a_segment(0)
    with office.read() as work:
        piece = work.receptions.piece
        assert piece("survey1", segment.digest) == ReceivedPiece(
            "part1.video", segment.digest, 1_000_000, stored=False, codecs="avc1.42e01f"
        )
        assert piece("survey2", segment.digest) is None
        # The same bytes begin a track of both surveys.
        assert piece("survey1", digest("init")) == ReceivedPiece(
            "part1.video", digest("init"), 800, stored=True, codecs="avc1.42e01f"
        )
        assert piece("survey2", digest("init")) == ReceivedPiece(
            "part2.video", digest("init"), 800, stored=True, codecs="avc1.42e01f"
        )


def test_an_hour_of_two_tracks_is_read_in_a_few_queries(
    office: SqlOffice, index: SqlReceptionIndex, database: Database
) -> None:
    for id in ("part1.video", "part1.audio"):
        index.add_track(a_track(id))
        index.add_init(an_init(id))
    with database.recording() as connection:
        from storage.shelves.rows import columns_of
        from storage.tables.reception import segments

        rows = [
            columns_of(a_segment(n, id)) | {"stored": True} for id in ("part1.video", "part1.audio") for n in range(950)
        ]
        connection.execute(segments.insert(), rows)
    queries: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: queries.append(told[2]))
    began = time.perf_counter()
    found = tracks(office)
    took = time.perf_counter() - began
    assert [len(track.segments) for track in found] == [950, 950]
    assert [segment.start for segment in found[0].segments] == sorted(segment.start for segment in found[0].segments)
    assert len([query for query in queries if query.startswith("SELECT")]) == 5
    assert took < 1, f"{took:.3f} s"  # some 15 ms on an idle machine


def test_many_threads_write_down_at_once(
    office: SqlOffice, index: SqlReceptionIndex, together: Callable[..., None]
) -> None:
    index.add_track(a_track())
    index.add_init(an_init())

    def write(_: int) -> None:
        for number in range(20):
            index.add_segment(a_segment(number))
            index.mark_stored(a_segment(number).digest)
            index.put_reception(Reception("part1.video", expected=number))

    together(6, write)
    [track] = tracks(office)
    assert [segment.stored for segment in track.segments] == [True] * 20


KILLED = """
import sys
from storage.database import Database
from storage.shelves.reception_index import SqlReceptionIndex
from storage.shelves.rows import columns_of
from storage.tables.reception import segments
from storage.work import SqlOffice
from tests.integration.storage.values import a_person, a_segment, a_track, an_init

database = Database(sys.argv[1])
index = SqlReceptionIndex(database)
index.add_track(a_track())
index.add_init(an_init())
for number in range(5):
    index.add_segment(a_segment(number))
with SqlOffice(database).write() as work:
    work.people.put(a_person(name="changed"))
    work.settings.put("half", "written")
    print("in the middle", flush=True)
    sys.stdin.read()
"""


def test_a_killed_writer_leaves_what_it_finished_and_nothing_else(office: SqlOffice, url: str) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, url], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "in the middle\n"
        writer.kill()
        writer.wait(10)
    with office.write() as work:  # its turn has ended with it
        assert work.people.get("inspector1").name != "changed"
        assert work.settings.get("half") is None
        assert len(work.receptions.track("part1.video").segments) == 5


def test_a_segment_without_its_track_is_a_bug_and_not_an_absence(index: SqlReceptionIndex) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        index.add_segment(replace(a_segment(0), track="none"))
