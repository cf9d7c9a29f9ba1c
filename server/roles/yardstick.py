"""`./takan bench live --against janus`: our node beside Janus 1.1.2 of Debian, same clients, same machine, same run.

Each server runs in a network namespace of its own, both record, and both are driven by our clients from a third one, in
turn, some rounds long. A ratio is that of one round: our CPU for a forwarded packet over theirs.
"""

import asyncio
import gc
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import imageio_ffmpeg

from media.live.bench import PACKETS, RATE, SIZE, Figures, Load, Target, Whip, measure, typical
from media.live.clients.sources import ClipVideo, Source
from media.live.floor import floor
from server.roles import bench_janus, bench_network
from server.roles.bench_node import NODE, started
from server.roles.demo_media import CameraFailed, annex_b_clip

WARM, STEADY = 1.0, 4.0  # s
GOALS = {"4x5": 0.4, "1x20": 0.35, "bursts": 0.3}
CLIP_RATE = 30
CLIP_SECONDS = 10

Results = dict[str, dict[str, list[Figures]]]


def run(as_json: bool, rounds: int) -> int:
    """Measure and print. Exit status 1 when packets went missing at ours, 2 when something is missing here."""
    lacks = bench_network.missing() + bench_janus.missing()
    if lacks:
        print(f"takan: --against janus needs {', '.join(lacks)}.")
        return 2
    try:
        document = compared(rounds, (lambda line: None) if as_json else (lambda line: print(line, flush=True)))
    except (bench_network.NoNetwork, OSError, CameraFailed, subprocess.SubprocessError) as error:
        print(f"takan: the comparison cannot be made here: {error}")
        return 2
    print(json.dumps(document, indent=2, ensure_ascii=False) if as_json else _table(document))
    ours = [servers["takan"] for servers in document["cases"].values()]
    return int(any(figures["forwarded"] < 0.99 * figures["expected"] for figures in ours))


def compared(rounds: int, tell: Callable[[str], object] = lambda line: None) -> dict[str, Any]:
    """Measure `rounds` times; what `--json` prints. Raises `NoNetwork`, `OSError`, `CameraFailed`."""
    return _document(_all(rounds, tell), rounds)


def loads() -> dict[str, Load]:
    """`4x5` and `1x20` have evenly spread packets, the hard case for batching; `bursts` are a real clip's pictures."""
    clip = annex_b_clip(imageio_ffmpeg.get_ffmpeg_exe(), CLIP_RATE, CLIP_SECONDS)

    def bursts() -> Source:
        return ClipVideo(clip, CLIP_RATE)

    return {"4x5": Load(4, 5, spread=True), "1x20": Load(1, 20, spread=True), "bursts": Load(4, 5, source=bursts)}


def _all(rounds: int, tell: Callable[[str], object]) -> Results:
    cases = loads()
    bench_network.undisturbed()
    results: Results = {case: {"takan": [], "janus": []} for case in cases}
    with tempfile.TemporaryDirectory(prefix="takan-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        here, there = stack.enter_context(bench_network.networks(2))
        node = stack.enter_context(started(folder / "takan", record=True, address=here.address, within=here.within))
        gateway = stack.enter_context(bench_janus.gateway(folder / "janus", there.address, there.within))
        targets: dict[str, Target] = {"takan": Whip(node.pid, node.url, NODE, node.sign), "janus": gateway}
        gc.freeze()  # the clients' collections are not to be taken for a server's delay
        for number in range(rounds):
            for case, load in cases.items():
                # Who is first changes from round to round.
                for server in sorted(targets, reverse=bool(number % 2)):
                    figures = asyncio.run(measure(targets[server], load, f"r{number}{case}", WARM, STEADY))
                    results[case][server].append(figures)
                    tell(f"round {number + 1}: {case:<7} {server:<6} {_line(figures)}")
    return results


def _line(figures: Figures) -> str:
    return (
        f"{figures.cpu:5.1f} µs a packet, delay {figures.delay_p50 / 1000:.2f} ms "
        f"(p99 {figures.delay_p99 / 1000:.2f}), {figures.forwarded} of {figures.expected} packets"
    )


def _document(results: Results, rounds: int) -> dict[str, Any]:
    ratios = {
        case: [ours.cpu / theirs.cpu for ours, theirs in zip(servers["takan"], servers["janus"], strict=True)]
        for case, servers in results.items()
    }
    return {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()},
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "janus": bench_janus.version(),
        "rounds": rounds,
        "packets_per_second": RATE * PACKETS,
        "packet_bytes": SIZE,
        "ratio": {case: round(median(found), 3) for case, found in ratios.items()},
        "spread": {case: [round(min(found), 3), round(max(found), 3)] for case, found in ratios.items()},
        "goal": GOALS,
        "floor_us": {
            "4x5": round(floor(5, 1, SIZE), 2),
            "1x20": round(floor(20, 1, SIZE), 2),
            "bursts": round(floor(5, 8, SIZE), 2),
        },
        "cases": {
            case: {server: _figures(typical(found)) for server, found in servers.items()}
            for case, servers in results.items()
        },
    }


def _figures(figures: Figures) -> dict[str, object]:
    return {
        "cpu_us_per_packet": round(figures.cpu, 2),
        "delay_ms": {"p50": round(figures.delay_p50 / 1000, 3), "p99": round(figures.delay_p99 / 1000, 3)},
        "forwarded": figures.forwarded,
        "expected": figures.expected,
    }


def _table(document: dict[str, Any]) -> str:
    lines = ["", f"Janus {document['janus']}, medians of {document['rounds']} rounds:"]
    for case, servers in document["cases"].items():
        ours, theirs = (servers[name]["cpu_us_per_packet"] for name in ("takan", "janus"))
        low, high = document["spread"][case]
        lines.append(
            f"{case:<7} ours {ours:5.1f} µs a packet, Janus {theirs:5.1f}: ratio {document['ratio'][case]:.2f} "
            f"({low:.2f} to {high:.2f}), goal {GOALS[case]:.2f}; floor {document['floor_us'][case]:.1f} µs"
        )
    return "\n".join(lines)
