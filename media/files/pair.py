"""Which sidecar belongs to which film: by name, as cameras write them."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

SIDECARS = (".srt", ".gpx")


def pairs(names: Iterable[str]) -> Mapping[str, str]:
    """Sidecar to film among these names. `DJI_0001.SRT` belongs to `dji_0001.mp4`; with a folder's name in front the
    same folder goes first, and a name that several films have outside of it belongs to none."""
    every = list(names)
    films = [name for name in every if PurePosixPath(name).suffix.lower() not in SIDECARS]
    found = {}
    for name in every:
        if PurePosixPath(name).suffix.lower() in SIDECARS:
            same = [film for film in films if stem(film) == stem(name)]
            near = [film for film in same if PurePosixPath(film).parent == PurePosixPath(name).parent]
            if len(near) == 1 or (not near and len(same) == 1):
                found[name] = (near or same)[0]
    return found


def stem(name: str) -> str:
    """What two names have in common: the last part without its ending, in small letters."""
    return PurePosixPath(name).stem.lower().removesuffix(".mp4").removesuffix(".mov")
