"""RTP header extensions (RFC 8285): find one element in a packet's header."""


def find(packet: bytes, wanted: int) -> bytes | None:
    """The value of the element with this id; None when it is not there or the header is damaged."""
    if not packet[0] & 0x10:
        return None
    at = 12 + 4 * (packet[0] & 0x0F)
    if len(packet) < at + 4:
        return None
    profile = packet[at] << 8 | packet[at + 1]
    end = at + 4 + 4 * (packet[at + 2] << 8 | packet[at + 3])
    at += 4
    if end > len(packet):
        return None
    if profile == 0xBEDE:
        return _one_byte(packet, wanted, at, end)
    return _two_bytes(packet, wanted, at, end) if profile >> 4 == 0x100 else None


def _one_byte(packet: bytes, wanted: int, at: int, end: int) -> bytes | None:
    while at < end:
        head = packet[at]
        at += 1
        if not head:
            continue  # padding between elements
        number, size = head >> 4, (head & 0x0F) + 1
        if number == 15:
            return None
        if number == wanted:
            return packet[at : at + size] if at + size <= end else None
        at += size
    return None


def _two_bytes(packet: bytes, wanted: int, at: int, end: int) -> bytes | None:
    while at + 1 < end:
        number, size = packet[at], packet[at + 1]
        at += 1
        if not number:
            continue
        at += 1
        if number == wanted:
            return packet[at : at + size] if at + size <= end else None
        at += size
    return None
