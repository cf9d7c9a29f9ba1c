"""`./takan bench log`: what the ledger and the log over all cases cost here.

Appends: sixteen writers enter events into the ledgers of sixteen cases, beside sixteen that commit the same rows (an
entry, and the head that it replaces) with the driver alone, into tables of the same shape, as durably, in turns.
Proofs: a tree over ten million entries is built in bulk into the same tables, and proofs for single entries are made
from it, reading included.
"""

import hashlib
import json
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from inspection.model.event import Event
from inspection.model.merkle import Place, build, inclusion, leaf_hash, root, verify_inclusion
from inspection.model.people import SYSTEM, Actor, Person, Role
from inspection.ports import Office
from inspection.services.custody import enter
from inspection.services.sample_catalogue import seed_catalogue
from inspection.services.take_in import take_in
from server import wiring
from server.outbound.keys import FileSigner, create_key, private_key
from storage.bare import bare_commits
from storage.database import Database, migrate
from storage.shelves.log import SqlLog
from storage.work import SqlOffice

WRITERS = 16
SECONDS, ROUNDS = 1.0, 9
ENTRIES = 10_000_000
PROOFS = 300
BATCH = 2000  # tiles written at once
BODY = {"subject": "0123456789abcdef01234567", "device": "Mozilla/5.0 (Linux; Android 15)", "position": "30.2741N"}
WHO = {"id": SYSTEM.id, "name": SYSTEM.name, "role": SYSTEM.role.value}
Act = Callable[[int], object]


def run(as_json: bool, postgres: str | None) -> int:
    """`postgres`: the address of an empty database. Exit status 1 when a goal is missed."""
    found = figures(postgres, told=None if as_json else print)
    print(json.dumps(found, indent=2) if as_json else "\n".join(lines(found)))
    return int(found["proof"]["p99_ms"] > 10 or any(one["ratio"] < 0.7 for one in found["appends"].values()))


def figures(postgres: str | None, entries: int = ENTRIES, told: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Both parts, as `run` prints them."""
    say = told or (lambda line: None)
    with tempfile.TemporaryDirectory(prefix="takan-bench-") as name:
        folder = Path(name)
        found: dict[str, Any] = {"appends": {"sqlite": appends(f"sqlite:///{folder / 'appends.db'}", folder, say)}}
        if postgres:
            found["appends"]["postgresql"] = appends(postgres, folder, say)
        found["proof"] = proofs(folder / "tree.db", entries, say)
    return found


def lines(found: dict[str, Any]) -> list[str]:
    told = [
        f"{name}: {one['appends']:.0f} entries/s, bare {one['commits']:.0f} commits/s, ratio {one['ratio']:.2f}"
        for name, one in found["appends"].items()
    ]
    proof = found["proof"]
    told.append(f"tree of {proof['entries']} entries built in {proof['build_s']:.1f} s, {proof['bytes']} bytes")
    times = ", ".join(f"{name} {proof[f'{name}_ms']:.2f} ms" for name in ("first", "p50", "p99", "worst"))
    told.append(f"a proof of {proof['hashes']} hashes, with reading: {times}")
    return told


def appends(url: str, folder: Path, say: Callable[[str], None]) -> dict[str, float]:
    """Medians of entries and of bare commits a second, and of their ratio within a round."""
    migrate(url)
    base = Database(url, connections=WRITERS)
    office = SqlOffice(base)
    create_key(folder / "bench.key", Ed25519PrivateKey.generate())
    signer = FileSigner(private_key(folder / "bench.key"))
    cases = _cases(office, signer)

    def append(writer: int) -> None:
        with office.write(cases[writer]) as work:
            enter(work, signer, cases[writer], Event.VIEWED, SYSTEM, wiring.now(), BODY, None)

    bare = bare_commits(url, cases, json.dumps(WHO), json.dumps(BODY))
    rates: dict[str, list[float]] = {"appends": [], "commits": []}
    try:
        for number in range(ROUNDS):
            rates["commits"].append(_rate(next(bare)))
            rates["appends"].append(_rate(append))
            say(f"round {number + 1}: {rates['appends'][-1]:.0f} entries/s, bare {rates['commits'][-1]:.0f}")
    finally:
        bare.close()
        base.close()
    middle = {name: statistics.median(values) for name, values in rates.items()}
    pairs = zip(rates["appends"], rates["commits"], strict=True)
    return middle | {"ratio": statistics.median(ours / theirs for ours, theirs in pairs), "writers": WRITERS}


def _rate(act: Act) -> float:
    """How often a second, by all writers together."""
    done, ending = [0] * WRITERS, threading.Event()

    def write(writer: int) -> None:
        while not ending.is_set():
            act(writer)
            done[writer] += 1

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    ending.wait(SECONDS)
    ending.set()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


def _cases(office: Office, signer: FileSigner) -> list[str]:
    """One case a writer."""
    seed_catalogue(office)
    now = wiring.now()
    people = [
        Person(wiring.new_id(), role.value, wiring.new_id(), role, "-", False, True, now)
        for role in (Role.INSPECTOR, Role.APPROVER)
    ]
    with office.write() as work:
        item = work.items.list()[0].id
        for person in people:
            work.people.add(person)
    inspector, approver = people
    actor = Actor(inspector.id, inspector.name, inspector.role, None, False)
    facts = ("Bench", "", "1 Bench Street", 30.0, 120.0, approver.id)
    return [take_in(office, signer, actor, item, *facts, now, wiring.new_id).id for _ in range(WRITERS)]


def proofs(path: Path, entries: int, say: Callable[[str], None]) -> dict[str, Any]:
    """A tree in a file of its own, and proofs from it; every proof is verified."""
    url = f"sqlite:///{path}"
    migrate(url)
    base = Database(url)
    began = time.perf_counter()
    _fill(base, (leaf_hash(_leaf(number)) for number in range(entries)), entries)
    built = time.perf_counter() - began
    say(f"tree of {entries} entries built in {built:.1f} s")
    base.close()
    base = Database(url)  # nothing of it in our memory
    office = SqlOffice(base)
    with office.read() as work:
        top = root(work.log.tile, entries)
    chosen, spent, longest = random.Random(7), [], 0  # noqa: S311
    for _ in range(PROOFS):
        index = chosen.randrange(entries)
        begin = time.perf_counter()
        with office.read() as work:
            proof = inclusion(work.log.tile, index, work.log.size())
        spent.append((time.perf_counter() - begin) * 1000)
        longest = max(longest, len(proof))
        if not verify_inclusion(leaf_hash(_leaf(index)), index, entries, proof, top):
            raise AssertionError(f"the proof of entry {index} does not hold")
    base.close()
    ordered = sorted(spent)
    return {
        "entries": entries,
        "build_s": built,
        "first_ms": spent[0],
        "p50_ms": ordered[len(ordered) // 2],
        "p99_ms": ordered[len(ordered) * 99 // 100],
        "worst_ms": ordered[-1],
        "hashes": longest,
        "bytes": path.stat().st_size,
    }


def _leaf(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def _fill(base: Database, leaves: Iterable[bytes], size: int) -> None:
    tiles: Iterator[tuple[Place, bytes]] = iter(build(leaves))
    while part := dict(islice(tiles, BATCH)):
        with base.writing() as connection:
            SqlLog(connection).put_tiles(part, size)
