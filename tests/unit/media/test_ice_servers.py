"""What participants are told of STUN and TURN."""

import base64
import hashlib
import hmac

from media.client import IceServers

NOW_US = 1_800_000_000_000_000


def test_relays_come_with_credentials_that_expire() -> None:
    servers = IceServers(relays=("turn:a", "turns:b"), secret="shared", seconds=600).told("p7", NOW_US)
    assert [server["urls"] for server in servers] == ["turn:a", "turns:b"]
    for server in servers:
        assert server["username"] == "1800000600:p7"
        mac = hmac.new(b"shared", b"1800000600:p7", hashlib.sha1).digest()
        assert base64.b64decode(server["credential"]) == mac


def test_fixed_servers_keep_their_own_credentials() -> None:
    told = IceServers(fixed=("stun:s", "turn:t|ann|pass|word")).told("p7", NOW_US)
    assert told == [{"urls": "stun:s"}, {"urls": "turn:t", "username": "ann", "credential": "pass|word"}]


def test_without_a_secret_no_relay_is_told() -> None:
    assert IceServers(relays=("turn:a",)).told("p7", NOW_US) == []
