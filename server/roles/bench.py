"""`./takan bench live`: what the media node costs and delays on this machine, with our own clients over loopback.

Two nodes run in processes of their own, one that records and one that does not; the loads are measured on both in
turn, several rounds, and the median of each figure is told.
"""

import asyncio
import gc
import json
import os
import platform
import tempfile
from contextlib import ExitStack
from pathlib import Path

from media.live.bench import PACKETS, RATE, SIZE, Figures, Load, Target, Whip, measure, typical
from server.roles.bench_node import NODE, RunningNode, started

LOADS = (Load(rooms=4, viewers=5), Load(rooms=1, viewers=20))
ROUNDS = 3
WARM, STEADY = 1.0, 4.0  # s

Results = dict[tuple[Load, bool], list[Figures]]


def run(as_json: bool) -> int:
    """Measure and print; exit status 1 when packets went missing on the way."""
    gc.freeze()  # the clients' collections are not to be taken for the node's delay
    results: Results = {(load, recording): [] for load in LOADS for recording in (False, True)}
    with tempfile.TemporaryDirectory(prefix="takan-bench-") as folder, ExitStack() as stack:
        nodes = {
            recording: stack.enter_context(started(Path(folder) / str(recording), record=recording))
            for recording in (False, True)
        }
        for number in range(ROUNDS):
            for load, recording in results:
                name = f"r{number}{int(recording)}x{load.rooms}x"
                figures = asyncio.run(measure(_target(nodes[recording]), load, name, WARM, STEADY))
                results[load, recording].append(figures)
                if not as_json:
                    print(f"round {number + 1}: {_line(load, recording, figures)}", flush=True)
    medians = {case: typical(rounds) for case, rounds in results.items()}
    print(json.dumps(_document(medians), indent=2) if as_json else _table(medians))
    return int(any(figures.forwarded < 0.99 * figures.expected for figures in medians.values()))


def _target(node: RunningNode) -> Target:
    return Whip(node.pid, node.url, NODE, node.sign)


def _line(load: Load, recording: bool, figures: Figures) -> str:
    return (
        f"{load.rooms} room(s) × {load.viewers} viewers, recording {'on' if recording else 'off'}: "
        f"{figures.cpu:.1f} µs a packet, delay {figures.delay_p50 / 1000:.2f} ms "
        f"(p99 {figures.delay_p99 / 1000:.2f}), {figures.forwarded} of {figures.expected} packets"
    )


def _table(medians: dict[tuple[Load, bool], Figures]) -> str:
    return "\n".join(
        ["", "medians:", *(_line(load, recording, figures) for (load, recording), figures in medians.items())]
    )


def _document(medians: dict[tuple[Load, bool], Figures]) -> dict[str, object]:
    return {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()},
        "packets_per_second": RATE * PACKETS,
        "packet_bytes": SIZE,
        "rounds": ROUNDS,
        "cases": [
            {
                "rooms": load.rooms,
                "viewers": load.viewers,
                "recording": recording,
                "cpu_us_per_packet": round(figures.cpu, 2),
                "delay_ms": {
                    "p50": round(figures.delay_p50 / 1000, 3),
                    "p99": round(figures.delay_p99 / 1000, 3),
                },
                "forwarded": figures.forwarded,
                "expected": figures.expected,
            }
            for (load, recording), figures in medians.items()
        ],
    }
