"""The sound wave: smallest and largest of each tenth of a second, as the audiowaveform program's JSON has it."""

import json
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

PIXELS = 10
"""Pixels a second."""
MOST = 10 * 3600 * 12
"""Pixels at most: twelve hours."""


class Wave:
    """Takes decoded sound; holes are silence, so that a pixel always means the same tenth of a second."""

    def __init__(self, origin: Fraction) -> None:
        self._origin = origin
        self._rate = 0
        self._step = 1
        self._low: NDArray[np.int8] = np.zeros(0, np.int8)
        self._high: NDArray[np.int8] = np.zeros(0, np.int8)
        self._parts: list[NDArray[np.int8]] = []
        self._start = self._held = 0

    def take(self, frame: av.AudioFrame) -> None:
        """One frame of sound."""
        if not self._rate:
            self._rate = frame.sample_rate or 48_000
            self._step = max(1, self._rate // PIXELS)
        samples = frame.to_ndarray()[0]
        if not frame.format.is_planar:
            samples = samples[:: max(1, frame.layout.nb_channels)]
        at = self._start + self._held
        if frame.pts is not None and frame.time_base is not None:
            said = round((frame.pts * frame.time_base - self._origin) * self._rate)
            if abs(said - at) > self._rate // 20:
                self._flush()
                self._start = at = max(0, said)
        self._parts.append(_eight_bits(samples))
        self._held += len(samples)
        if self._held >= self._rate * 10:
            self._flush()

    def _flush(self) -> None:
        """Sum up what is held."""
        if not self._held:
            return
        data = np.concatenate(self._parts)
        first, skip = divmod(self._start, self._step)
        data = np.concatenate([np.zeros(skip, np.int8), data]) if skip else data
        count = -(-len(data) // self._step)
        padded = np.zeros(count * self._step, np.int8)
        padded[: len(data)] = data
        rows = padded.reshape(count, self._step)
        self._start, self._parts, self._held = self._start + self._held, [], 0
        if first + count > MOST:
            return
        if first + count > len(self._low):
            grown = max(first + count, len(self._low) * 2)
            self._low = np.concatenate([self._low, np.zeros(grown - len(self._low), np.int8)])
            self._high = np.concatenate([self._high, np.zeros(grown - len(self._high), np.int8)])
        place = slice(first, first + count)
        self._low[place] = np.minimum(self._low[place], rows.min(axis=1))
        self._high[place] = np.maximum(self._high[place], rows.max(axis=1))

    def dumped(self) -> bytes | None:
        """The JSON; None when there was no sound."""
        self._flush()
        if not self._rate:
            return None
        count = min(len(self._low), -(-self._start // self._step))
        data = np.stack([self._low[:count], self._high[:count]], axis=1).reshape(-1).tolist()
        facts = {"version": 2, "channels": 1, "sample_rate": self._rate, "samples_per_pixel": self._step, "bits": 8}
        return json.dumps(facts | {"length": count, "data": data}, separators=(",", ":")).encode()


def _eight_bits(samples: NDArray[np.generic]) -> NDArray[np.int8]:
    if samples.dtype.kind == "f":
        return (np.clip(samples.astype(np.float32), -1, 1) * 127).astype(np.int8)
    if samples.dtype == np.uint8:
        return (samples.astype(np.int16) - 128).astype(np.int8)
    return (samples.astype(np.int64) >> (8 * samples.dtype.itemsize - 8)).astype(np.int8)
