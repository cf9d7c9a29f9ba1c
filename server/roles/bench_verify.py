"""`./takan bench verify`: how fast a package is made and judged, beside a plain copy and beside `sha256sum` on the same
bytes and cores, and how much memory both take.

What is compared runs in turn, several rounds; the median of each is told. Files are in the page cache, so the disk is
not what is measured.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from inspection.model.verdict import Overall
from inspection.services.plan_package import PlannedPackage
from inspection.services.verify import Beforehand
from server.commands.verify import judge
from server.outbound.crew import ahead
from server.roles import bench_log
from server.roles.bench_office import make

ROUNDS = 5
ZEROS = bytes(1 << 20)
GOALS = {"verify": 0.9, "export": 0.8, "memory": "flat"}


def run(as_json: bool, gigabytes: float, memory: list[float], postgres: str | None = None) -> int:
    """`postgres`: an empty database for the ledger's appends. Exit status 1 when a package was not judged intact."""
    taken = [_memory(int(size * 1e9)) for size in memory]  # first: what was freed before would hide what is taken
    with tempfile.TemporaryDirectory(prefix="takan-bench-", dir=os.environ.get("TAKAN_BENCH_DIR")) as folder:
        figures = _speed(Path(folder), int(gigabytes * 1e9))
    figures["memory"] = taken
    figures["log"] = bench_log.figures(postgres)
    figures["machine"] = {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}
    figures["goals"] = GOALS
    print(json.dumps(figures, indent=2) if as_json else _told(figures))
    return 0


def _speed(folder: Path, size: int) -> dict[str, object]:
    bench = make(folder / "data", size, sparse=False)
    objects, package = folder / "data" / "objects", bench.exported()
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name in ("copy", "package"):  # what goes away is not part of what is timed
            shutil.rmtree(folder / name, ignore_errors=True)
        os.sync()
        _timed(times, "copy", lambda: _copied(objects, folder / "copy"))
        _timed(times, "export", lambda: bench.unfolded(folder / "package"))
    _timed(times, "plan", bench.exported)
    _timed(times, "download", lambda: _downloaded(package, folder / "package.zip"))
    for _ in range(ROUNDS):
        _timed(times, "sha256sum", lambda: _summed(folder / "package"))
        _timed(times, "verify folder", lambda: _judged(folder / "package"))
        _timed(times, "verify zip", lambda: _judged(folder / "package.zip"))
    median = {name: statistics.median(rounds) for name, rounds in times.items()}
    return {
        "bytes": package.size,
        "seconds": {name: round(value, 3) for name, value in median.items()},
        "bytes_per_second": {name: round(package.size / value) for name, value in median.items()},
        "verify_to_sha256sum": _ratio(times, "sha256sum", "verify folder"),
        "verify_zip_to_sha256sum": _ratio(times, "sha256sum", "verify zip"),
        "export_to_copy": _ratio(times, "copy", "export"),
        "rounds": ROUNDS,
    }


def _ratio(times: dict[str, list[float]], beside: str, ours: str) -> float:
    """The median of the rounds' own: what else runs on the machine changes from one to the next."""
    return round(statistics.median(theirs / mine for theirs, mine in zip(times[beside], times[ours], strict=True)), 3)


def _timed(times: dict[str, list[float]], name: str, act: Callable[[], object]) -> None:
    began = time.perf_counter()
    act()
    times.setdefault(name, []).append(time.perf_counter() - began)


def _copied(objects: Path, target: Path) -> None:
    """As somebody would who only wants the bytes elsewhere, durable."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-r", str(objects), str(target)], check=True)
    _synced(target)


def _downloaded(package: PlannedPackage, target: Path) -> None:
    """The ZIP file as the web role makes it, durable."""
    with target.open("wb", buffering=0) as file:
        for chunk in ahead(package.zipped(0, package.size)):
            file.write(chunk)
        os.fsync(file.fileno())


def _synced(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        subprocess.run(["sync", "-f", str(folder)], check=True)
    finally:
        os.close(handle)


def _summed(folder: Path) -> None:
    """Every file of the package, one process a core."""
    files = b"\0".join(str(path).encode() for path in sorted(folder.rglob("*")) if path.is_file())
    command = ["xargs", "-0", "-n", "1", "-P", str(len(os.sched_getaffinity(0))), "sha256sum"]
    subprocess.run(command, input=files, stdout=subprocess.DEVNULL, check=True)


def _judged(path: Path) -> None:
    verdict = judge(path, Beforehand())
    if verdict.overall is not Overall.INTACT:
        raise SystemExit(f"takan: the package is {verdict.overall}: {verdict.faults[:3]}")


def _memory(size: int) -> dict[str, object]:
    """The resident memory's peak, over media that are mostly holes."""
    with tempfile.TemporaryDirectory(prefix="takan-bench-", dir=os.environ.get("TAKAN_BENCH_DIR")) as name:
        folder = Path(name)
        bench = make(folder / "data", size, sparse=True)
        exported = _peak(lambda: _sparse(bench.exported(), folder / "package.zip"))
        verified = _peak(lambda: _judged(folder / "package.zip"))
    return {"gigabytes": round(size / 1e9, 2), "export_peak_mb": exported, "verify_peak_mb": verified}


def _sparse(package: PlannedPackage, target: Path) -> None:
    """Holes stay holes, so that the disk needs not hold them."""
    with target.open("wb", buffering=0) as file:
        for chunk in package.zipped(0, package.size):
            if chunk == ZEROS[: len(chunk)]:
                file.seek(len(chunk), 1)
            else:
                file.write(chunk)
        file.truncate(package.size)


def _peak(act: Callable[[], object]) -> float:
    """MB of peak resident memory, interpreter and libraries included (proc(5): `clear_refs` 5 sets the peak back)."""
    Path("/proc/self/clear_refs").write_text("5")
    act()
    return round(_status("VmHWM") / 1e6, 1)


def _status(name: str) -> int:
    line = next(line for line in _lines(Path("/proc/self/status")) if line.startswith(name + ":"))
    return int(line.split()[1]) * 1024


def _lines(path: Path) -> Iterator[str]:
    with path.open() as file:
        yield from file


def _told(figures: dict[str, object]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in figures.items())
