"""The recorder of one node: its tracks, its threads, and how a survey is closed."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from media.client import ClosedTrack
from media.ports import Reception, ReceptionIndex, SegmentStore, Spool, Track
from media.record.track import Figures, Limits, RecordedTrack


class Recorder:
    """Owns the spool of this node. `on_key_frame_wanted(track id)` is called on the recorder's own thread."""

    def __init__(
        self,
        spool: Spool,
        index: ReceptionIndex,
        store: SegmentStore,
        now_us: Callable[[], int],
        on_key_frame_wanted: Callable[[str], None],
        limits: Limits | None = None,
    ) -> None:
        self._spool, self._index, self._store = spool, index, store
        self._now_us, self._wanted = now_us, on_key_frame_wanted
        self._limits = limits or Limits()
        self._tracks: dict[tuple[str, str], RecordedTrack] = {}

    def start(self) -> None:
        """Recover the spool of a killed node, then run. Blocks while it recovers; raises `OSError`."""

    def begin(self, track: Track, parameter_sets: Sequence[bytes] = ()) -> RecordedTrack:
        """Record `track`; one that was begun before continues. Raises `SurveyEnded`.

        `parameter_sets` are SPS and PPS from the offer (`sprop-parameter-sets`), for senders that omit them in band.
        """
        key = (track.survey, track.id)
        if key not in self._tracks:
            self._tracks[key] = RecordedTrack(track, parameter_sets, self._limits.queued_packets)
        return self._tracks[key]

    def tracks(self, survey: str) -> list[Figures]:
        """What is recorded of a survey so far; cheap, from any thread."""
        return [
            Figures(one.track, Reception(one.track.id), 0, 0, 0, one.dropped, 0)
            for (owner, _), one in self._tracks.items()
            if owner == survey
        ]

    def close_survey(self, survey: str) -> Future[list[ClosedTrack]]:
        """End every track of a survey; done when all is durable and its rows are written. Idempotent.

        It stays pending while the database is away: wait with a timeout, and ask again later.
        """
        done: Future[list[ClosedTrack]] = Future()
        done.set_result([])
        return done

    def spooled(self, digest: str) -> bytes | None:
        """The bytes of a segment or init segment that is still in the spool. Blocks on the disk; raises `OSError`."""
        return None

    def accepting(self) -> bool:
        """Whether there is disk enough for new recordings."""
        return self._spool.free() >= self._limits.disk_reserve

    def backlog(self) -> int:
        """How many segments are durable here and not yet in the object store."""
        return 0

    def close(self) -> None:
        """The node stops: close all segments, open a gap "node" in every track, wait for the threads."""
