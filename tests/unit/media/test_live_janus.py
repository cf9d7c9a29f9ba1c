"""The comparison's signalling: our answer to a gateway's offer."""

from media.live.clients.janus import _answer
from media.live.clients.offers import Offering, offer
from media.live.sdp import parse

MINE = Offering("mine", "m" * 24, ":".join(["AB"] * 32), {})
THEIRS = Offering("them", "t" * 24, ":".join(["CD"] * 32), {"video": (1, 2), "audio": (3, 4)})


def test_what_a_gateway_offers_is_taken_as_it_is() -> None:
    theirs = parse(offer(THEIRS, ["audio", "video"], "sendonly", ["42e01f"]))
    answer = parse(_answer(parse(offer(MINE, ["video"], "recvonly")), theirs))
    assert answer.transport.ufrag == "mine"
    assert answer.transport.setup == "passive"
    assert answer.bundle == theirs.bundle
    for given, taken in zip(theirs.medias, answer.medias, strict=True):
        assert (taken.kind, taken.mid, taken.codecs) == (given.kind, given.mid, given.codecs)
        assert taken.receives
        assert not taken.sends
