"""A process that records into a folder until it is killed: `python -m tests.integration.media.recorder_child FOLDER`.

It prints how many pictures the recorder has taken, a line each half second of media.
"""

import sys
from pathlib import Path
from threading import Event

from media.record import Limits, Recorder
from storage.spool import FolderSpool
from tests.unit.media.recording import AUDIO, VIDEO, FakeIndex, FakeStore
from tests.unit.media.streams import EPOCH_US, Sender, pictures, sound

PICTURES = 3000
FRAME_US = 33_333


def main(folder: Path) -> None:
    """Record picture and sound, much faster than they were taken."""
    now = [EPOCH_US]
    store = FakeStore()
    store.away = True  # so that the spool holds all of it
    recorder = Recorder(FolderSpool(folder), FakeIndex(), store, lambda: now[0], lambda _: None, Limits())
    recorder.start()
    video, audio = recorder.begin(VIDEO), recorder.begin(AUDIO)
    clip, tone = pictures(300, gop=60), sound(500)
    sender, microphone = Sender(90_000), Sender(48_000, ssrc=9)
    pause = Event()
    for at in range(0, PICTURES, 15):
        batch = [p for n in range(at, at + 15) for p in sender.picture(clip[n % 300], n * FRAME_US)]
        now[0] = batch[-1][0]
        audio.feed([microphone.sample(tone[n % 500], n * 20_000) for n in range(at * 5 // 3, (at + 15) * 5 // 3)])
        video.feed(batch)
        while video.waiting or audio.waiting:
            pause.wait(0.002)
        print(at + 15, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
