"""The media role: one live node and its recorder. Owns sockets and spool; writes rows only about what it received."""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable

from media.live.loop import FastLoop
from media.live.node import Node
from media.live.settings import Limits as NodeLimits
from media.live.settings import Settings
from media.record import Recorder
from media.record.track import Limits as RecorderLimits
from server import logs, wiring
from server.configuration import Configuration
from server.outbound.keys import read_public
from server.roles.lifeline import hold
from storage.shelves.reception_index import SqlReceptionIndex
from storage.spool import FolderSpool

log = logging.getLogger("takan.media")


def run(configuration: Configuration) -> int:
    """Serves until SIGTERM; exit status 1 when a part of the recorder died, so that the next run recovers its spool."""
    logs.set_up("media", configuration.log.level)
    hold()
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(_serve(configuration))


async def _serve(configuration: Configuration) -> int:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    nodes: list[Node] = []  # the recorder asks for key frames only once the node has tracks for it
    recorder = build_recorder(configuration, lambda track: nodes[0].want_key_frame(track))
    await asyncio.to_thread(recorder.start)
    node = Node(
        settings(configuration), recorder, read_public(configuration.data / "keys" / "ticket.pub"), wiring.now_us
    )
    nodes.append(node)
    await node.start()
    gc.freeze()  # what is loaded by now lives as long as the process: a collection need not stop the media for it
    log.info("serving", extra={"udp": node.udp_port, "http": node.http_port})
    alive = True
    while alive and not ending.is_set():
        try:
            await asyncio.wait_for(ending.wait(), 1.0)
        except TimeoutError:
            alive = node.alive
    await node.close()
    await asyncio.to_thread(recorder.close)
    if not alive:
        log.error("a part of the node or its recorder ended")
    return 0 if alive else 1


def build_recorder(configuration: Configuration, on_key_frame_wanted: Callable[[str], None]) -> Recorder:
    spool = FolderSpool(configuration.data / "spool" / configuration.media.node)
    limits = RecorderLimits(disk_reserve=configuration.media.disk_low)
    index = SqlReceptionIndex(wiring.database(configuration))
    return Recorder(spool, index, wiring.objects(configuration), wiring.now_us, on_key_frame_wanted, limits)


def settings(configuration: Configuration) -> Settings:
    media = configuration.media
    return Settings(
        name=media.node,
        bind=tuple(part.strip() for part in media.address.split(",")),
        announced=media.announced,
        udp_port=media.port,
        http_host=media.control_address,
        http_port=media.control_port,
        ice_servers=configuration.ice_servers(),
        limits=NodeLimits(rooms=media.rooms, sessions=media.sessions),
    )
