"""The tree of RFC 9162: known roots, and proofs of every shape, made and checked by parts that share no code."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.model.merkle import (
    EMPTY_ROOT,
    HASH,
    Place,
    Read,
    TreeDamaged,
    build,
    consistency,
    extend,
    inclusion,
    keeping,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves that tests of RFC 6962 logs share, and the roots of the trees over the first 1, 2, … of them.
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def tree(leaves: Sequence[bytes]) -> Read:
    tiles = dict(build(leaves))
    return lambda level, index: tiles.get((level, index), b"")


def by_definition(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162 § 2.1.1, as it is written."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256().digest()
    split = max(2**power for power in range(20) if 2**power < len(leaves))
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_that_everybody_computes(size: int) -> None:
    leaves = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert root(tree(leaves), size).hex() == ROOTS[size - 1]


def test_a_known_inclusion_and_consistency_proof() -> None:
    read = tree([leaf_hash(leaf) for leaf in LEAVES])
    assert [one.hex() for one in inclusion(read, 5, 8)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [one.hex() for one in consistency(read, 6, 8)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_an_empty_tree_has_a_root() -> None:
    assert root(tree([]), 0) == EMPTY_ROOT
    assert verify_consistency(0, EMPTY_ROOT, 3, b"r" * HASH, [])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 31, 32, 33])
def test_every_proof_of_a_small_tree_holds(size: int) -> None:
    leaves = hashes(size)
    read, top = tree(leaves), by_definition(leaves)
    assert root(read, size) == top
    for index in range(size):
        assert verify_inclusion(leaves[index], index, size, inclusion(read, index, size), top)
    for old in range(size + 1):
        assert verify_consistency(old, root(read, old), size, top, consistency(read, old, size))


@pytest.mark.parametrize("size", [255, 256, 257, 511, 65_535, 65_536, 65_537, 70_001])
def test_proofs_across_tiles_hold(size: int) -> None:
    leaves = hashes(size)
    read = keeping(tree(leaves))
    top = root(read, size)
    for index in {0, 1, 254, 255, 256, size // 2, size - 2, size - 1} & set(range(size)):
        assert verify_inclusion(leaves[index], index, size, inclusion(read, index, size), top)
    for old in {1, 2, 128, 255, 256, 257, size // 2, size - 1} & set(range(size)):
        assert verify_consistency(old, root(read, old), size, top, consistency(read, old, size))


@given(st.lists(st.integers(1, 400), min_size=1, max_size=8))
@settings(max_examples=25)
def test_a_tree_grown_in_batches_is_the_one_built_at_once(batches: list[int]) -> None:
    leaves, size = hashes(sum(batches)), 0
    tiles: dict[Place, bytes] = {}

    def read(level: int, index: int) -> bytes:
        return tiles.get((level, index), b"")

    for batch in batches:
        tiles.update(extend(read, size, leaves[size : size + batch]))
        size += batch
    assert tiles == dict(build(leaves))


@given(st.data())
def test_a_proof_holds_for_nothing_else(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    read = tree(leaves)
    top, path = root(read, size), inclusion(read, index, size)
    place = data.draw(st.integers(0, len(path) - 1))
    changed = [*path[:place], bytes(byte ^ 1 for byte in path[place]), *path[place + 1 :]]
    for wrong in (changed, path[:place] + path[place + 1 :], [*path, b"x" * HASH]):
        assert not verify_inclusion(leaves[index], index, size, wrong, top)
    assert not verify_inclusion(leaves[index], (index + 1) % size, size, path, top)
    assert not verify_inclusion(leaf_hash(b"another"), index, size, path, top)
    assert not verify_inclusion(leaves[index], index, size, path, leaf_hash(b"another"))
    assert not verify_inclusion(leaves[index], size, size, path, top)


@given(st.data())
def test_a_changed_past_has_no_consistency_proof(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    leaves = hashes(new)
    read = tree(leaves)
    place = data.draw(st.integers(0, old - 1))
    forged = tree([*leaves[:place], leaf_hash(b"forged"), *leaves[place + 1 :]])
    path = consistency(forged, old, new)
    assert verify_consistency(old, root(forged, old), new, root(forged, new), path)
    assert not verify_consistency(old, root(read, old), new, root(forged, new), path)
    assert not verify_consistency(old, root(read, old), new, root(read, new), path[:-1])
    assert not verify_consistency(new, root(read, new), old, root(read, old), consistency(read, old, new))


@given(st.integers(0, 5), st.integers(0, 5), st.lists(st.binary(min_size=32, max_size=32), max_size=5))
def test_any_numbers_and_hashes_give_an_answer(one: int, two: int, path: list[bytes]) -> None:
    assert verify_inclusion(b"l" * HASH, one, two, path, b"r" * HASH) is False
    assert verify_consistency(one, b"a" * HASH, two, b"b" * HASH, path) is False


def test_a_damaged_tile_is_named() -> None:
    leaves = hashes(300)
    tiles = dict(build(leaves)) | {(0, 1): b"x" * 32}
    with pytest.raises(TreeDamaged, match="tile 0/1"):
        root(lambda level, index: tiles.get((level, index), b""), 300)
    with pytest.raises(TreeDamaged, match="tile 0/1"):
        extend(lambda level, index: tiles.get((level, index), b""), 300, leaves[:1])


def test_there_are_no_proofs_for_what_is_not_there() -> None:
    read = tree(hashes(3))
    with pytest.raises(ValueError, match="leaf"):
        inclusion(read, 3, 3)
    with pytest.raises(ValueError, match="sizes"):
        consistency(read, 4, 3)
