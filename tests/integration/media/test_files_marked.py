"""A still of a film is the very picture that its table names, however the film keeps its times."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from media.files.examine import examine
from media.files.package import times
from media.files.source import LocalFile
from media.files.still import stills
from tests.unit.media.films import BITS, X264, make, numbered

GOP = ("-g", "25", "-bf", "2")


def constant(folder: Path) -> Path:
    return make(folder / "constant.mp4", *numbered(), *X264, *GOP)


def variable(folder: Path) -> Path:
    vary = ("-vf", "settb=1/1000,setpts='N*40+mod(N,3)*10'", "-fps_mode", "passthrough", "-enc_time_base", "1/1000")
    return make(folder / "variable.mp4", *numbered(), *X264, *vary)


def turned(folder: Path) -> Path:
    return make(folder / "turned.mp4", "-display_rotation", "90", "-i", str(constant(folder)), "-c", "copy")


def edited(folder: Path) -> Path:
    return make(folder / "edited.mp4", "-ss", "1.5", "-i", str(constant(folder)), "-c", "copy")


def stream(folder: Path) -> Path:
    return make(folder / "stream.ts", "-i", str(constant(folder)), "-c", "copy")


def old(folder: Path) -> Path:
    return make(folder / "old.avi", "-i", str(constant(folder)), "-c:v", "mpeg4", "-bf", "2", "-q:v", "2")


def number(path: Path, turn: int) -> int:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    upright = np.rot90(image, turn)
    assert upright.shape == (180, 320)
    return sum(1 << n for n in range(BITS) if upright[8, n * 16 + 8] > 128)


@pytest.mark.parametrize("kind", [constant, variable, turned, edited, stream, old])
def test_a_still_is_the_picture_of_the_table(tmp_path: Path, kind: Callable[[Path], Path]) -> None:
    film = LocalFile(kind(tmp_path))
    media = examine(film)
    table = times(film, media)
    wanted = [0, 1, 24, 25, 26, len(table) - 1]
    names = stills(film, media, [table.times[n] for n in wanted], tmp_path)
    assert names == [f"still-{table.times[n]}.jpg" for n in wanted]
    hidden = 100 - len(table)
    turn = 3 if kind is turned else 0
    assert [number(tmp_path / name, turn) - hidden for name in names] == wanted


def test_where_no_picture_begins_there_is_none(tmp_path: Path) -> None:
    film = LocalFile(constant(tmp_path))
    assert stills(film, examine(film), [7, 10**9], tmp_path) == []
