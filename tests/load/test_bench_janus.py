"""The yardstick: our node costs less than Debian's Janus, whatever the packets' rhythm."""

from server.roles import bench_janus, bench_network, yardstick
from tests.fixtures.processes import cannot_run


def test_a_forwarded_and_recorded_packet_costs_less_than_in_janus() -> None:
    lacks = bench_network.missing() + bench_janus.missing()
    if lacks:
        cannot_run(f"the comparison with Janus: {', '.join(lacks)}")
    document = yardstick.compared(rounds=3)
    assert all(ratio < 0.8 for ratio in document["ratio"].values()), document["ratio"]
    for servers in document["cases"].values():
        assert servers["takan"]["forwarded"] >= 0.99 * servers["takan"]["expected"]
