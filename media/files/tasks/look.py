"""Looking at sampled pictures: the poster's, the storyboard's, and what is black, frozen or blurred."""

from typing import Any

import av
import cv2
import numpy as np
import numpy.ma  # else imported when a median is taken, when nothing can be opened any more
from numpy.typing import NDArray

Image = NDArray[np.uint8]

LOOK_WIDTH = 640
BLACK = 20.0
"""Mean luma below which a picture is black (16 is black itself), when it has no light spot."""
SAME = 0.6
"""Mean difference, of 255, below which two pictures are the same."""
SOFT = 12.0
"""Variance of the Laplacian below which a picture is blurred."""
FREEZE_SECONDS = 3.0
BLUR_SECONDS = 3.0
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def picture(frame: av.VideoFrame, width: int, rotation: int, hdr: str | None) -> Image:
    """BGR, upright, at most `width` pixels wide before it is turned, in the colours of an ordinary screen."""
    scale = min(1.0, width / max(1, frame.width if rotation in (0, 180) else frame.height))
    size = (max(2, round(frame.width * scale)), max(2, round(frame.height * scale)))
    if hdr:
        wide = frame.reformat(width=size[0], height=size[1], format="rgb48le").to_ndarray()
        image = _sdr(wide, hdr)
    else:
        small = frame.reformat(width=size[0], height=size[1], format="bgr24", interpolation="AREA")
        image = np.asarray(small.to_ndarray(), np.uint8)
    return np.ascontiguousarray(cv2.rotate(image, _TURNS[rotation])) if rotation else image


def _sdr(wide: Any, hdr: str) -> Image:
    """BT.2020 in PQ or HLG to BT.709: light is linear, white is 203 nits (ITU-R BT.2408), highlights roll off."""
    coded = wide.astype(np.float32) / 65535
    if hdr == "pq":
        power = np.power(coded, 1 / 78.84375)
        light = np.power(np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power), 1 / 0.1593017578125)
        light = light * (10000 / 203)
    else:
        light = np.where(coded <= 0.5, coded * coded / 3, (np.exp((coded - 0.55991073) / 0.17883277) + 0.28466892) / 12)
        light = np.power(light, 1.2) * (1000 / 203)
    turn = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)
    light = np.clip(light @ turn.T, 0, None)
    top = np.max(light, axis=2, keepdims=True)
    rolled = top * (1 + top / 25) / (1 + top)  # white at 25 times diffuse white
    light = light * np.where(top > 0, rolled * 1.25 / np.maximum(top, 1e-6), 0)
    shown = np.clip(np.where(light < 0.018, 4.5 * light, 1.099 * np.power(light, 0.45) - 0.099), 0, 1)
    return np.ascontiguousarray((shown[:, :, ::-1] * 255).astype(np.uint8))


def jpeg(image: Image, quality: int = 85) -> bytes:
    """The picture as JPEG."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("no JPEG")
    return bytes(data)


class Looker:
    """Takes sampled pictures in order of their time."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts
        self.poster: Image | None = None
        self.poster_time: float | None = None
        self.tiles: list[tuple[float, Image]] = []
        self._best = -1.0
        self._seconds = max(float(facts["seconds"]), 0.001)
        self._last: Image | None = None
        self.times: list[float] = []
        self.luma: list[float] = []
        self.sharp: list[float] = []
        self.light: list[float] = []
        self.moved: list[float] = []

    def take(self, frame: av.VideoFrame, at: float) -> None:
        """A sampled picture, shown at `at` seconds."""
        facts = self._facts
        image = picture(frame, LOOK_WIDTH, facts["rotation"], facts["hdr"])
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        self.times.append(at)
        self.luma.append(float(grey.mean()))
        self.light.append(float(np.percentile(grey[::4, ::4], 99)))
        self.sharp.append(float(cv2.Laplacian(grey, cv2.CV_32F).var()))
        small = np.asarray(cv2.resize(grey, (96, 54), interpolation=cv2.INTER_AREA), np.uint8)
        difference = float("inf") if self._last is None else float(cv2.absdiff(small, self._last).mean())
        self.moved.append(difference)
        self._last = small
        self._poster(frame, at)
        self._tile(image, at)

    def _poster(self, frame: av.VideoFrame, at: float) -> None:
        """The sharpest picture that is neither dark nor blown out, in the first tenth, but within half a minute."""
        if self.poster is not None and at > min(30.0, max(2.0, self._seconds / 10)):
            return
        lit = 1.0 if 40 < self.luma[-1] < 215 else 0.05
        score = lit * min(self.sharp[-1], 2000.0) + 1e-3
        if score > self._best * 1.1:
            self._best = score
            self.poster_time = at
            self.poster = picture(frame, self._facts["poster_width"], self._facts["rotation"], self._facts["hdr"])

    def _tile(self, image: Image, at: float) -> None:
        step = self._seconds / self._facts["tiles"]
        if (self.tiles and at - self.tiles[-1][0] < step * 0.999) or len(self.tiles) >= self._facts["tiles"]:
            return
        height, width = image.shape[:2]
        scale = min(self._facts["tile_width"] / width, self._facts["tile_width"] / height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self.tiles.append((at, np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)))

    def quality(self, broken: int) -> dict[str, Any] | None:
        """The facts of `media.files.pipeline.Quality`."""
        if not self.times:
            return None
        steps = np.diff(self.times)
        black = [luma < BLACK and light < 40 for luma, light in zip(self.luma, self.light, strict=True)]
        frozen = [moved < SAME and not dark for moved, dark in zip(self.moved, black, strict=True)]
        soft = [sharp < SOFT and not dark for sharp, dark in zip(self.sharp, black, strict=True)]
        findings = [*self._runs("black", black, 0.5), *self._runs("frozen", frozen, FREEZE_SECONDS, back=True)]
        findings += self._runs("blurred", soft, BLUR_SECONDS)
        return {
            "sharpness": round(float(np.median(self.sharp)), 2),
            "brightness": round(float(np.mean(self.luma)), 2),
            "samples": len(self.times),
            "step": round(float(np.median(steps)), 3) if len(steps) else 0.0,
            "broken": broken,
            "findings": sorted(findings, key=lambda one: one[1])[:1000],
        }

    def _runs(self, code: str, flags: list[bool], least: float, back: bool = False) -> list[tuple[str, float, float]]:
        found = []
        begin: int | None = None
        for n, flag in enumerate([*flags, False]):
            if flag and begin is None:
                begin = max(0, n - 1) if back else n
            elif not flag and begin is not None:
                start = self.times[begin]
                end = self.times[n] if n < len(self.times) else max(self._seconds, self.times[-1])
                if end - start >= least:
                    found.append((code, round(start, 3), round(end, 3)))
                begin = None
        return found
