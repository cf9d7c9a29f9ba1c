"""A Merkle tree over an append-only list (RFC 9162 § 2.1), its proofs, and how both are made and checked.

The hashes are kept in tiles, as C2SP `tlog-tiles` cuts them: tile (level, index) holds the hashes of up to 256 complete
subtrees of 256**level leaves each, 32 bytes a hash, from left to right. A tile only ever grows at its end, so an older
tree is read from the tiles of a newer one. A proof for any entry of a tree of 16 million reads at most six tiles.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice

HASH = 32  # bytes
WIDTH = 256  # hashes in a full tile
FULL = WIDTH * HASH
EMPTY_ROOT = sha256().digest()  # RFC 9162 § 2.1.1: the root of a tree without leaves

Place = tuple[int, int]  # (level, index) of a tile
Read = Callable[[int, int], bytes]  # a tile's hashes; empty when there is no such tile


class TreeDamaged(Exception):
    """A tile does not hold what a tree of this size must have."""


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 9162 § 2.1.1."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 9162 § 2.1.1."""
    return sha256(b"\x01" + left + right).digest()


def root(read: Read, size: int) -> bytes:
    """The root of the first `size` leaves. Raises `TreeDamaged`."""
    return EMPTY_ROOT if size == 0 else _range(read, 0, size)


def inclusion(read: Read, index: int, size: int) -> list[bytes]:
    """The path of leaf `index` in the tree of the first `size` leaves, from its sibling upwards (RFC 9162 § 2.1.3.1).

    Raises `TreeDamaged`, `ValueError` when there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    low, high, path = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range(read, middle, high))
            high = middle
        else:
            path.append(_range(read, low, middle))
            low = middle
    return path[::-1]


def consistency(read: Read, old: int, new: int) -> list[bytes]:
    """Proof that the first `old` of `new` leaves are the older tree's (RFC 9162 § 2.1.4.1); empty from nothing, and for
    equal sizes. Raises `TreeDamaged`, `ValueError` for sizes the wrong way round."""
    if not 0 <= old <= new:
        raise ValueError("no such sizes")
    if old in (0, new):
        return []
    low, high, path = 0, new, []
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_range(read, middle, high))
            high = middle
        else:
            path.append(_range(read, low, middle))
            low = middle
    if low:
        path.append(_range(read, low, high))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` (a leaf's hash) is number `index` of the tree (RFC 9162 § 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(sibling, found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the newer tree begins with the older one (RFC 9162 § 2.1.4.2)."""
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return new > 0 and not path and old_root == EMPTY_ROOT
    if not 0 < old < new or not path:
        return False
    whole = old & (old - 1) == 0
    first, *rest = [old_root, *path] if whole else path
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    found_old = found_new = first
    for sibling in rest:
        if last == 0:
            return False
        if here & 1 or here == last:
            found_old, found_new = node_hash(sibling, found_old), node_hash(sibling, found_new)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found_new = node_hash(found_new, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and found_old == old_root and found_new == new_root


def extend(read: Read, size: int, leaves: Sequence[bytes]) -> dict[Place, bytes]:
    """The tiles that change when `leaves` (their hashes) follow the first `size`; whole, as they are then.

    Reads the last tile of each level. Raises `TreeDamaged`.
    """
    changed: dict[Place, bytes] = {}
    level, adding = 0, leaves
    while adding:
        index, kept = divmod(size, WIDTH)
        row = b"".join([_prefix(read, level, index, kept), *adding])
        above = []
        for start in range(0, len(row), FULL):
            tile = row[start : start + FULL]
            changed[level, index] = tile
            index += 1
            if len(tile) == FULL:
                above.append(_perfect(tile))
        level, size, adding = level + 1, size // WIDTH, above
    return changed


def build(leaves: Iterable[bytes]) -> Iterator[tuple[Place, bytes]]:
    """Every tile of the tree over `leaves` (their hashes), each once: a big tree in one pass and little memory."""
    rows, counts = [bytearray()], [0]

    def put(level: int, row: bytes) -> Iterator[tuple[Place, bytes]]:
        """A full tile, and what it completes above."""
        yield (level, counts[level]), row
        counts[level] += 1
        if level + 1 == len(rows):
            rows.append(bytearray())
            counts.append(0)
        rows[level + 1] += _perfect(row)
        if len(rows[level + 1]) == FULL:
            above = bytes(rows[level + 1])
            rows[level + 1].clear()
            yield from put(level + 1, above)

    coming = iter(leaves)
    while row := b"".join(islice(coming, WIDTH)):
        if len(row) == FULL:
            yield from put(0, row)
        else:
            rows[0] += row
    for level, rest in enumerate(rows):
        if rest:
            yield (level, counts[level]), bytes(rest)


def keeping(read: Read) -> Read:
    """The same, reading each tile once: for several proofs from one tree."""
    kept: dict[Place, bytes] = {}

    def look(level: int, index: int) -> bytes:
        if (level, index) not in kept:
            kept[level, index] = read(level, index)
        return kept[level, index]

    return look


def _range(read: Read, start: int, end: int) -> bytes:
    """The hash of leaves `start` to `end` (exclusive), where `start` is as round as RFC 9162's splits make it."""
    hashes = []
    while start < end:
        level = (end - start).bit_length() - 1
        hashes.append(_node(read, level, start >> level))
        start += 1 << level
    found = hashes.pop()
    while hashes:
        found = node_hash(hashes.pop(), found)
    return found


def _node(read: Read, level: int, index: int) -> bytes:
    """The hash of the complete subtree of 2**level leaves at `index`."""
    tile, inner = divmod(level, 8)
    place, offset = divmod(index << inner, WIDTH)
    end = offset + (1 << inner)
    return _perfect(_prefix(read, tile, place, end)[offset * HASH :])


def _prefix(read: Read, level: int, index: int, count: int) -> bytes:
    """The first `count` hashes of a tile."""
    if not count:
        return b""
    row = read(level, index)[: count * HASH]
    if len(row) != count * HASH:
        raise TreeDamaged(f"tile {level}/{index} has no {count} hashes")
    return row


def _perfect(row: bytes) -> bytes:
    """The root over a power of two of hashes."""
    while len(row) > HASH:
        row = b"".join([sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, len(row), 64)])
    return row


def _split(count: int) -> int:
    """The largest power of two below `count` (at least 2)."""
    return 1 << (count - 1).bit_length() - 1
