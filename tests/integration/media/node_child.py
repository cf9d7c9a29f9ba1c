"""A node in a process of its own whose database and object store are away, so that its spool holds everything.

`python -m tests.integration.media.node_child FOLDER KEY` (the ticket key's public half in hex) prints the HTTP port and
serves until its standard input ends, or until it is killed.
"""

import asyncio
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from media.live.node import Node
from media.live.settings import Settings
from media.record import Recorder
from storage.spool import FolderSpool
from tests.unit.media.recording import FakeIndex, FakeStore


def now_us() -> int:
    return time.time_ns() // 1000


async def main(folder: Path, key: bytes) -> None:
    index, store = FakeIndex(), FakeStore()
    index.away = store.away = True
    nodes: list[Node] = []
    recorder = Recorder(FolderSpool(folder), index, store, now_us, lambda track: nodes[0].want_key_frame(track))
    recorder.start()
    nodes.append(Node(Settings(name="n1"), recorder, Ed25519PublicKey.from_public_bytes(key), now_us))
    await nodes[0].start()
    print(nodes[0].http_port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await nodes[0].close()
    recorder.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), bytes.fromhex(sys.argv[2])))
