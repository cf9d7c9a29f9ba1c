"""Samples of one track, cut into fragments of at most 1 s and segments of 4 to 8 s.

A sample lasts until the next one begins, as long as the fragment's second is not over. What is longer stays a hole
in the timeline: the next fragment's tfdt says where the media goes on.
"""

from media.wire import fmp4, webm
from media.wire.events import Event, Fragment, SegmentEnd

FRAGMENT = 1.0
"""Seconds: no fragment is longer."""
SHORTEST, LONGEST = 4.0, 8.0
"""Seconds of a segment: from here on it ends at a key frame; by then it ends anywhere."""
AUDIO = 6.0
"""Seconds of a segment of sound, which can be cut anywhere."""


class Segmenter:
    """`end` is where the media written or at hand ends, ticks; it begins where an earlier recording ended."""

    def __init__(self, timescale: int, epoch_us: int, end: int, *, audio: bool, clusters: bool = False) -> None:
        """`clusters`: WebM's, in the place of fragments."""
        self._clusters = clusters
        self.end = end
        self._scale, self._epoch_us, self._audio = timescale, epoch_us, audio
        self._track = fmp4.AUDIO_ID if audio else fmp4.VIDEO_ID
        self._fragment = int(FRAGMENT * timescale)
        self._shortest = int((AUDIO if audio else SHORTEST) * timescale)
        self._longest = int(LONGEST * timescale)
        self._samples: list[fmp4.Sample] = []  # all but the last have their final duration
        self._segment: int | None = None  # where it began
        self._sequence = 0

    @property
    def segment_since(self) -> int | None:
        """Where the segment at hand began; None between segments."""
        return self._segment

    @property
    def floor(self) -> int:
        """The earliest time that the next sample may have."""
        return self._samples[-1].time + 1 if self._samples else self.end

    def add(self, sample: fmp4.Sample, out: list[Event]) -> None:
        """The next sample; its `duration` is what it lasts if nothing follows."""
        self.settle(sample.time, out)
        held = self._samples
        since = held[0].time if held else sample.time
        whole = sample.time - (since if self._segment is None else self._segment)
        if sample.key and whole >= self._shortest:
            self.close_segment(out)
        elif held and sample.time + sample.duration - since > self._fragment:
            self._write(out)
        elif not held and whole + self._fragment > self._longest:
            self._end_segment(out)  # after a hole
        elif held and sample.coded and held[-1].coded and sample.coded[0] > held[-1].coded[1]:
            self._write(out)  # decoding has a hole: the next tfdt says so
        self._samples.append(sample)
        self.end = sample.time + sample.duration

    def tick(self, now: int, out: list[Event]) -> None:
        """Media of the moment `now` would have come: write what waits for it in vain.

        The last sample waits longest, since what follows within a second says how long it is shown.
        """
        held = self._samples
        if len(held) > 1 and now - held[0].time > self._fragment:
            last = held.pop()
            self._write(out)
            self._samples.append(last)
        elif held and now - held[-1].time > self._fragment:
            self._write(out)

    def flush(self, out: list[Event]) -> None:
        """Write the fragment at hand; its last sample lasts as long as it was expected to."""
        if self._samples:
            self._write(out)

    def close_segment(self, out: list[Event]) -> None:
        """Write what is at hand and end the segment."""
        self.flush(out)
        self._end_segment(out)

    def abandon(self, start: int) -> None:
        """Forget what is at hand: the fragment that began at `start` could not be kept."""
        self._samples, self._segment, self.end = [], None, start

    def ready_to_end(self, time: int) -> bool:
        """Whether a key frame at `time` would begin a segment."""
        return self._segment is None or time - self._segment >= self._shortest

    def settle(self, time: int, out: list[Event]) -> None:
        """Something follows at `time`: the sample at hand lasts until then, unless that is too long for a fragment."""
        if not self._samples:
            return
        last = self._samples[-1]
        if time - self._samples[0].time > self._fragment and len(self._samples) > 1:
            self._samples.pop()
            self._write(out)
            self._samples.append(last)
        if time - last.time <= self._fragment:
            last.duration = time - last.time
        else:
            last.duration = min(last.duration, self._fragment)
            self._write(out)  # a hole follows

    def _write(self, out: list[Event]) -> None:
        samples, self._samples = self._samples, []
        self._sequence += 1
        if self._clusters:
            pieces = webm.cluster(samples, self._scale)
        else:
            pieces = fmp4.fragment(self._track, self._sequence, samples, self._scale, self._epoch_us, audio=self._audio)
        start = samples[0].time
        end = samples[-1].time + samples[-1].duration
        opens = self._segment is None
        if self._segment is None:
            self._segment = start
        out.append(Fragment(b"".join(pieces), start, end - start, samples[0].key, opens))
        if end - self._segment + self._fragment > self._longest:
            self._end_segment(out)

    def _end_segment(self, out: list[Event]) -> None:
        if self._segment is not None:
            self._segment = None
            out.append(SegmentEnd())
