"""The physical floor of forwarding: SRTP and `sendmmsg` alone, in the batches in which a node forwards."""

import secrets
import time

from pylibsrtp import Policy

from media.live.slab import Address, raw_address
from media.live.srtp import Srtp, protect
from media.live.udp import SLOT, open_port

_PROFILE = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
_KEY = 44  # bytes of key and salt (RFC 7714, 12.2)


def floor(viewers: int, run: int, size: int, packets: int = 60_000) -> float:
    """Microseconds of CPU for each of `packets` datagrams of `size` bytes that are written, protected and sent to
    `viewers` peers, `run` in a row to each. Raises `OSError`."""
    sender = open_port("127.0.0.1", 0)
    receivers = [open_port("127.0.0.1", 0) for _ in range(viewers)]
    try:
        peers = [
            (
                Address(raw_address("127.0.0.1", receiver.port, receiver.family)),
                Srtp(_PROFILE, secrets.token_bytes(_KEY), inbound=False),
            )
            for receiver in receivers
        ]
        payload, spent, sent = bytes(size - 12), 0, 0
        while sent < packets:
            began = time.thread_time_ns()
            for number in range(run):
                header = b"\x80\x60" + (sent + number & 0xFFFF).to_bytes(2) + bytes(4) + b"\0\0\0\1"
                if number == 0:
                    slots = [sender.reserve(to, run)[0] for to, _ in peers]
                for first, (_, keys) in zip(slots, peers, strict=True):
                    slot = first + number
                    sender.outgoing[slot * SLOT : slot * SLOT + size] = header + payload
                    sender.set_length(slot, size)
                    protect(keys.context, sender.out_pointers[slot], sender.out_lengths[slot])
            sender.flush()
            spent += time.thread_time_ns() - began
            sent += run * viewers
            for receiver in receivers:
                while receiver.receive():
                    pass
        return spent / 1000 / sent
    finally:
        for port in (sender, *receivers):
            port.socket.close()
