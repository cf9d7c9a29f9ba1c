"""The recorder: durable, in order, whatever is away; it tells what it could not keep."""

from hashlib import sha256
from itertools import pairwise

import pytest

from media.ports import Track
from media.record import Limits, SurveyEnded
from media.record.journal import DAMAGED
from tests.fake_spool import FakeSpool
from tests.unit.media.recording import AUDIO, PATIENT, VIDEO, Bench, until
from tests.unit.media.streams import EPOCH_US, Sender, pictures, play_audio, play_video, sound

FRAME_US = 33_333
CLIP = pictures(300, gop=30)
SOUND = sound(500)


def feed_video(bench: Bench, first: int = 0, last: int = 300, sender: Sender | None = None) -> None:
    """Pictures as they come, half a second at a time, each lot taken before the next."""
    sender = sender or Sender(90_000)
    door = bench.recorder.begin(VIDEO)
    for at in range(first, last, 15):
        batch = [p for n in range(at, min(at + 15, last)) for p in sender.picture(CLIP[n], n * FRAME_US)]
        bench.now_us = max(bench.now_us, batch[-1][0])
        door.feed(batch)
        until(lambda: not door.waiting)


def feed_audio(bench: Bench, count: int = 500) -> None:
    sender = Sender(48_000, ssrc=9)
    bench.recorder.begin(AUDIO).feed([sender.sample(packet, n * 20_000) for n, packet in enumerate(SOUND[:count])])


def test_a_survey_is_durable_and_its_rows_are_written_when_it_is_closed() -> None:
    with Bench() as bench:
        feed_audio(bench)
        feed_video(bench)
        closed = bench.recorder.close_survey("s").result(PATIENT)
        assert {one["id"]: one["segments"] for one in closed} == {"p.audio": 2, "p.video": 2}
        assert len(play_video(bench.recording("p.video"))) == 300
        assert len(play_audio(bench.recording("p.audio"))) == 500
        for digest, segment in bench.index.segments.items():
            data = bench.bytes_of(digest)
            assert (sha256(data).hexdigest(), len(data)) == (digest, segment.bytes)
        assert bench.index.receptions["p.video"].key_frames == 10
        until(lambda: not bench.spool.files)
        assert set(bench.index.stored) == set(bench.index.segments) | set(bench.index.inits)


def test_tracks_that_begin_at_different_times_do_so_in_their_files() -> None:
    with Bench() as bench:
        feed_audio(bench)
        video = bench.recorder.begin(VIDEO)
        sender = Sender(90_000)
        late = [p for n, one in enumerate(CLIP[:60]) for p in sender.picture(one, 3_000_000 + n * 33_333)]
        video.feed(late)
        bench.recorder.close_survey("s").result(PATIENT)
        first = (
            play_audio(bench.recording("p.audio"))[0][0] / 48_000,
            play_video(bench.recording("p.video"))[0].time / 90_000,
        )
    assert first == pytest.approx((0.02, 3.02), abs=0.005)


def test_closing_again_answers_the_same_and_nothing_more_is_recorded() -> None:
    with Bench() as bench:
        feed_video(bench, last=60)
        first = bench.recorder.close_survey("s").result(PATIENT)
        assert bench.recorder.close_survey("s").result(PATIENT) == first
        with pytest.raises(SurveyEnded):
            bench.recorder.begin(VIDEO)
        assert bench.recorder.close_survey("another").result(PATIENT) == []


def test_review_can_begin_while_the_survey_runs() -> None:
    with Bench() as bench:
        feed_video(bench)
        until(lambda: len(bench.index.segments) >= 1)
        assert len(play_video(bench.recording("p.video"))) >= 120


def test_while_the_store_is_away_nothing_is_lost_and_reviewers_get_the_spools_bytes() -> None:
    with Bench() as bench:
        bench.store.away = True
        feed_video(bench)
        bench.recorder.close_survey("s").result(PATIENT)
        until(lambda: bench.store.puts > 3)
        assert bench.recorder.backlog()[0] == 3
        assert bench.recorder.troubles() == ["the store is away"]
        assert len(play_video(bench.recording("p.video"))) == 300
        bench.store.away = False
        until(lambda: not bench.spool.files)
        assert list(bench.store.objects) == [*bench.index.inits, *bench.index.segments]
        assert bench.recorder.backlog() == (0, 0)
        until(lambda: not bench.recorder.troubles())


def test_the_spools_copy_stays_until_the_store_confirms() -> None:
    with Bench() as bench:
        bench.store.doubtful = True
        feed_video(bench, last=60)
        bench.recorder.close_survey("s").result(PATIENT)
        until(lambda: bench.store.puts > 3)
        assert not bench.index.stored
        assert any(name.endswith(".m4s") for name in bench.spool.names("s.p.video"))
        bench.store.doubtful = False
        until(lambda: not bench.spool.files)


def test_while_the_database_is_away_the_rows_wait_in_their_order() -> None:
    with Bench() as bench:
        bench.index.away = True
        feed_video(bench)
        done = bench.recorder.close_survey("s")
        until(lambda: bool(bench.recorder.troubles()))
        assert not done.done()
        bench.index.away = False
        assert done.result(PATIENT)[0]["segments"] == 2
        assert len(bench.index.segments) == 2


def test_a_killed_recorder_leaves_everything_but_the_open_fragment() -> None:
    bench = Bench()
    with bench:
        bench.store.away = True
        feed_video(bench, last=240)
        killed = {
            folder: {name: bytearray(data) for name, data in files.items()}
            for folder, files in bench.spool.files.items()
        }
    again = Bench(FakeSpool())
    again.spool.files = killed
    for files in killed.values():  # the crash cut what was being written
        last = max(name for name in files if name.endswith(".m4s"))
        del files[last][-700:]
        files["journal"] += b'{"kind":"seg'
    with again:
        until(lambda: len(again.index.segments) == 2)
        assert len(play_video(again.recording("p.video"))) >= 240 - 60
        end = again.recorder.close_survey("s").result(PATIENT)[0]["end"]
        assert end > 4 * 90_000


def test_the_track_continues_after_a_restart_and_the_time_between_is_a_gap() -> None:
    bench = Bench()
    with bench:
        feed_video(bench, last=120)
    bench.restart()
    with_return = Sender(90_000, 7, 12345, ssrc=8)
    feed_video(bench, first=210, sender=with_return)
    bench.recorder.close_survey("s").result(PATIENT)
    (gap,) = bench.index.gaps
    assert gap.reason == "node"
    assert abs((gap.end - gap.start) / 90_000 - 3.0) < 0.05
    rows = sorted(bench.index.segments.values(), key=lambda one: one.start)
    for one, later in pairwise(rows):
        assert later.start >= one.start + one.duration
    assert len(play_video(bench.recording("p.video"))) == 120 + 90
    bench.recorder.close()


def test_a_track_that_never_returned_after_a_restart_is_closed_with_its_survey() -> None:
    bench = Bench()
    with bench:
        feed_video(bench, last=120)
    bench.now_us = EPOCH_US + 60_000_000
    bench.restart()
    closed = bench.recorder.close_survey("s").result(PATIENT)
    assert [one["id"] for one in closed] == ["p.video"]
    (gap,) = bench.index.gaps
    assert (gap.reason, gap.end) == ("node", 60 * 90_000)
    until(lambda: not bench.spool.files)
    bench.recorder.close()


def test_a_survey_that_ended_while_its_node_was_away_has_no_gap_after_its_end() -> None:
    bench = Bench()
    with bench:
        feed_video(bench, last=120)
    bench.now_us = EPOCH_US + 3_600_000_000
    bench.restart()
    bench.recorder.close_survey("s", EPOCH_US + 9_000_000).result(PATIENT)
    assert [(gap.reason, gap.end) for gap in bench.index.gaps] == [("node", 9 * 90_000)]
    bench.recorder.close()


def test_what_a_restart_finds_unsent_is_sent_then() -> None:
    bench = Bench()
    with bench:
        bench.store.away = True
        feed_video(bench, last=240)
        bench.recorder.close_survey("s").result(PATIENT)
    bench.store.away = False
    bench.restart()
    assert bench.recorder.close_survey("s").result(PATIENT)[0]["id"] == "p.video"
    until(lambda: not bench.spool.files)
    assert set(bench.store.objects) == set(bench.index.segments) | set(bench.index.inits)
    bench.recorder.close()


def test_a_full_disk_is_a_gap_of_storage_and_recording_goes_on_when_there_is_room() -> None:
    with Bench() as bench:
        bench.store.away = True
        sender = Sender(90_000)
        feed_video(bench, last=90, sender=sender)
        bench.spool.room = 500
        assert not bench.recorder.accepting()
        feed_video(bench, first=90, last=180, sender=sender)
        bench.spool.room = None
        assert bench.recorder.accepting()
        feed_video(bench, first=180, sender=sender)
        bench.recorder.close_survey("s").result(PATIENT)
        (gap,) = bench.index.gaps
        assert gap.reason == "storage"
        assert 2.5 < (gap.end - gap.start) / 90_000 < 5.1
        shown = play_video(bench.recording("p.video"))
        assert 300 - 160 < len(shown) < 300 - 60
        assert not [one for one in shown if gap.start <= one.time < gap.end]


def test_a_disk_that_stays_full_still_lets_the_survey_end() -> None:
    with Bench() as bench:
        feed_video(bench, last=150)
        bench.spool.room = 0
        feed_video(bench, first=150, last=240)
        done = bench.recorder.close_survey("s")
        until(lambda: not bench.recorder.tracks("s"))
        bench.spool.room = None
        assert done.result(PATIENT)[0]["segments"] >= 1
        assert [gap.reason for gap in bench.index.gaps][-1] == "storage"


def test_a_door_without_room_drops_counts_and_states_it() -> None:
    bench = Bench(limits=Limits(queued_packets=150, first_retry=0.005))
    with bench:
        sender = Sender(90_000)
        lots = [
            [p for n in range(at, at + 30) for p in sender.picture(CLIP[n], n * FRAME_US)] for at in range(0, 300, 30)
        ]
        held = bench.recorder.begin(VIDEO)
        feed = held.feed
        bench.now_us = lots[-1][-1][0]
        for lot in lots[:8]:
            feed(lot)
        dropped = held.dropped
        until(lambda: not held.waiting)
        for lot in lots[8:]:
            feed(lot)
            until(lambda: not held.waiting)
        bench.recorder.close_survey("s").result(PATIENT)
        assert dropped > 0
        assert [gap.reason for gap in bench.index.gaps] == ["storage"]


def test_an_interrupted_participant_leaves_a_gap_that_his_return_closes() -> None:
    with Bench() as bench:
        feed_video(bench, last=60)
        bench.recorder.begin(VIDEO).interrupt("disconnected")
        feed_video(bench, first=150, last=240, sender=Sender(90_000, ssrc=99))
        bench.recorder.close_survey("s").result(PATIENT)
        (gap,) = bench.index.gaps
        assert gap.reason == "disconnected"
        assert abs((gap.end - gap.start) / 90_000 - 3.0) < 0.05


def test_a_key_frame_is_wanted_when_nothing_can_be_recorded() -> None:
    with Bench() as bench:
        feed_video(bench, first=5, last=28)
        until(lambda: bench.wanted == ["p.video"])
        assert bench.recorder.close_survey("s").result(PATIENT) == []
        assert not bench.index.tracks


def test_figures_are_there_while_it_records() -> None:
    with Bench() as bench:
        feed_video(bench, last=90)
        bench.recorder.begin(VIDEO).feed([(bench.now_us, b"x")])
        until(lambda: sum(one.refused for one in bench.recorder.tracks("s")) == 1)
        (figures,) = bench.recorder.tracks("s")
        assert figures.reception.lost == 0
        assert figures.reception.received > 90
        assert figures.end > figures.start > 0


def test_two_participants_of_two_surveys_do_not_meet() -> None:
    with Bench() as bench:
        other = Track("q.video", "t", "q", "video", "H264", 90_000, EPOCH_US, "n")
        feed_video(bench, last=60)
        sender = Sender(90_000)
        bench.recorder.begin(other).feed([p for n in range(60) for p in sender.picture(CLIP[n], n * FRAME_US)])
        assert [one["id"] for one in bench.recorder.close_survey("t").result(PATIENT)] == ["q.video"]
        assert [one.track.id for one in bench.recorder.tracks("s")] == ["p.video"]


def test_a_stopped_recorder_has_written_everything_it_got() -> None:
    bench = Bench()
    with bench:
        feed_audio(bench, 120)
    assert not bench.recorder.alive
    assert sum(one.duration for one in bench.index.segments.values()) == 120 * 960


def test_a_damaged_journal_is_kept_aside_and_the_media_saved() -> None:
    bench = Bench()
    with bench:
        bench.store.away = True
        feed_video(bench)
    journal = bench.spool.files["s.p.video"]["journal"]
    second = journal.index(b'"kind":"segment"', journal.index(b'"kind":"segment"') + 9)
    journal[second : second + 4] = b"\xff\xff\xff\xff"
    again = Bench(bench.spool)
    again.store.away = True
    with again:
        assert again.recorder.close_survey("s").result(PATIENT)[0]["segments"] == 2
        assert len(play_video(again.recording("p.video"))) == 300
        assert DAMAGED in bench.spool.names("s.p.video")
