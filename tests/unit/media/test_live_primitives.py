"""The batched socket, SRTP in place and DTLS without an ICE transport, against each other over loopback."""

import asyncio
import os
import select
from contextlib import suppress

import pytest
from aiortc.rtcdtlstransport import SRTP_PROFILES, SRTPProtectionProfile
from OpenSSL import SSL

from media.live import srtp
from media.live.dtls import DATAGRAM, Dtls, DtlsFailed, fingerprint, new_certificate, whole_records
from media.live.udp import BURST, LARGEST, QUEUE, SLOT, Address, UdpPort, host_port, open_port, raw_address


def pair(host: str = "127.0.0.1") -> tuple[UdpPort, UdpPort, Address]:
    first, second = open_port(host, 0), open_port(host, 0)
    return first, second, Address(raw_address(host, second.port, second.family))


def drain(port: UdpPort, wanted: int) -> list[bytes]:
    found: list[bytes] = []
    for _ in range(100):
        if len(found) >= wanted or not select.select([port.socket], [], [], 2)[0]:
            break
        count = port.receive()
        found += [bytes(port.incoming[i * SLOT : i * SLOT + port.length(i)]) for i in range(count)]
    return found


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_burst_passes_whole_and_in_order(host: str) -> None:
    first, second, to = pair(host)
    sent = [os.urandom(1 + 13 * i) for i in range(BURST + 20)]
    assert all(first.put(data, to) for data in sent)
    first.flush()
    assert drain(second, len(sent)) == sent
    assert host_port(second.source(0)) == (host, first.port)
    assert second.source(0) == raw_address(host, first.port, second.family)
    first.socket.close()
    second.socket.close()


def test_a_dual_stack_port_shows_ipv4_peers_as_ipv4() -> None:
    port, peer = open_port("::", 0), open_port("127.0.0.1", 0)
    peer.put(b"hello", Address(raw_address("127.0.0.1", port.port, peer.family)))
    peer.flush()
    assert drain(port, 1) == [b"hello"]
    assert host_port(port.source(0)) == ("127.0.0.1", peer.port)
    assert port.source(0) == raw_address("127.0.0.1", peer.port, port.family)
    port.socket.close()
    peer.socket.close()


@pytest.mark.parametrize(("host", "asked"), [("0.0.0.0", "127.0.0.2"), ("::", "127.0.0.2"), ("::", "::1")])
def test_a_port_of_every_address_answers_from_the_one_that_was_asked(host: str, asked: str) -> None:
    port = open_port(host, 0)
    peer = open_port("::1" if ":" in asked else "127.0.0.1", 0)
    peer.put(b"question", Address(raw_address(asked, port.port, peer.family)))
    peer.flush()
    assert drain(port, 1) == [b"question"]
    to = Address(port.source(0), port.reply_from(0))
    for answer in (b"one", b"a run", b"a run", b"a run"):  # by itself, and cut by the kernel
        port.put(answer, to)
    port.flush()
    assert drain(peer, 4) == [b"one", b"a run", b"a run", b"a run"]
    assert {host_port(peer.source(slot)) for slot in range(1)} == {(asked, port.port)}
    port.socket.close()
    peer.socket.close()


def test_what_does_not_fit_is_refused_and_an_impossible_peer_is_skipped() -> None:
    first, second, to = pair()
    nowhere = Address(raw_address("127.0.0.1", 0, first.family))  # port 0: the kernel refuses it
    assert not first.put(bytes(LARGEST + 1), to)
    assert first.put(b"lost", nowhere)
    assert first.put(b"kept", to)
    first.flush()
    assert drain(second, 1) == [b"kept"]
    assert (first.send_errors, first.waiting) == (1, 0)
    for _ in range(QUEUE):
        assert first.take(to) >= 0
    first.socket.close()
    second.socket.close()


@pytest.mark.parametrize("profile", SRTP_PROFILES, ids=lambda p: p.openssl_profile.decode())
def test_srtp_is_applied_and_undone_in_place_on_the_slabs(profile: SRTPProtectionProfile) -> None:
    first, second, to = pair()
    material = os.urandom(2 * (profile.key_length + profile.salt_length))
    _, outbound = srtp.srtp_pair(profile, material, server=True)
    inbound, _ = srtp.srtp_pair(profile, material, server=False)
    packet = bytes.fromhex("8060000100000000deadbeef") + os.urandom(1448)  # 1,460 bytes
    assert first.put(packet, to)
    assert srtp.protect(outbound.context, first.out_pointers[0], first.out_lengths[0]) == 0
    first.flush()
    assert select.select([second.socket], [], [], 2)[0]
    assert second.receive() == 1
    assert second.length(0) > len(packet)
    assert srtp.unprotect(inbound.context, second.in_pointers[0], second.in_lengths[0]) == 0
    assert bytes(second.incoming[: second.length(0)]) == packet
    first.socket.close()
    second.socket.close()


class Link:
    """Carries datagrams between two ends, but not those whose turn is in `lost`."""

    def __init__(self, *lost: int) -> None:
        self.lost, self.carried = lost, 0

    def carry(self, to: Dtls, data: bytes) -> None:
        assert len(data) <= DATAGRAM
        self.carried += 1
        if self.carried - 1 not in self.lost:
            to.feed(data)


@pytest.mark.parametrize("lost", [(0,), (1,), (2, 3)])
def test_a_handshake_survives_lost_datagrams(lost: tuple[int, ...]) -> None:
    async def run() -> None:
        link = Link(*lost)
        ours, theirs = new_certificate(), new_certificate()
        server: Dtls = Dtls(ours, "server", lambda data: link.carry(client, data))
        client: Dtls = Dtls(theirs, "client", lambda data: link.carry(server, data))
        await asyncio.gather(
            server.start([("sha-256", fingerprint(theirs))]), client.start([("sha-256", fingerprint(ours))])
        )
        assert link.carried > 4
        await client.stop()
        await server.stop()

    asyncio.run(run())


async def shake(expected: str | None = None) -> tuple[Dtls, Dtls]:
    ours, theirs = new_certificate(), new_certificate()
    server: Dtls = Dtls(ours, "server", lambda data: client.feed(data))
    client: Dtls = Dtls(theirs, "client", lambda data: server.feed(data))
    await asyncio.gather(
        server.start([("sha-256", fingerprint(theirs))]),
        client.start([("sha-256", expected or fingerprint(ours))]),
    )
    return server, client


def test_a_handshake_gives_both_sides_the_same_keys() -> None:
    async def run() -> None:
        server, client = await shake()
        port, _, to = pair()
        assert port.put(bytes.fromhex("8060000100000000deadbeef") + b"picture", to)
        assert server.outbound is not None
        assert client.inbound is not None
        assert srtp.protect(server.outbound.context, port.out_pointers[0], port.out_lengths[0]) == 0
        assert srtp.unprotect(client.inbound.context, port.out_pointers[0], port.out_lengths[0]) == 0
        assert port.outgoing[12:19] == b"picture"
        await server.stop()
        await client.stop()

    asyncio.run(run())


def test_a_wrong_fingerprint_gives_no_keys() -> None:
    with pytest.raises(DtlsFailed):
        asyncio.run(shake(":".join(["00"] * 32)))


def test_a_long_flight_is_cut_between_records() -> None:
    record = bytes.fromhex("16fefd0000000000000000") + (500).to_bytes(2) + bytes(500)
    cut = whole_records(record * 5)
    assert [len(piece) for piece in cut] == [1026, 1026, 513]
    assert max(map(len, cut)) <= DATAGRAM
    assert b"".join(cut) == record * 5
    assert whole_records(b"") == []


def records(written: bytes) -> list[bytes]:
    """Each DTLS record by itself."""
    found = []
    while written:
        size = 13 + int.from_bytes(written[11:13])
        found.append(written[:size])
        written = written[size:]
    return found


def test_a_client_hello_in_many_fragments_is_put_together() -> None:
    """Firefox offers more than one datagram takes; here OpenSSL is given a link that takes little."""

    async def run() -> int:
        certificate = new_certificate()
        context = certificate._create_ssl_context(srtp_profiles=SRTP_PROFILES)
        context.set_options(SSL.OP_NO_QUERY_MTU)
        context.set_cipher_list(b"ALL")
        client = SSL.Connection(context)
        client.set_connect_state()
        client.set_ciphertext_mtu(256)
        answers: asyncio.Queue[bytes] = asyncio.Queue()
        server = Dtls(new_certificate(), "server", answers.put_nowait)
        shaking = asyncio.create_task(server.start([("sha-256", fingerprint(certificate))]))
        flights: list[int] = []  # records of each
        while not shaking.done():
            with suppress(SSL.WantReadError):
                client.do_handshake()
            with suppress(SSL.WantReadError):
                flight = records(client.bio_read(65536))
                flights.append(len(flight))
                for record in flight:
                    server.feed(record)
            waiting = asyncio.create_task(answers.get())
            await asyncio.wait([shaking, waiting], timeout=10, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                client.bio_write(waiting.result())
            else:
                waiting.cancel()
        shaking.result()
        assert client.get_selected_srtp_profile() == b"SRTP_AEAD_AES_256_GCM"
        await server.stop()
        return flights[0]

    assert asyncio.run(run()) > 1
