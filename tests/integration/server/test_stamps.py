"""Time stamps with an authority of our own: asked for by HTTP, judged by its certificates, renewed before they end."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

import pytest

from inspection.model.errors import Unavailable
from inspection.model.ledger import microseconds
from inspection.model.log import TimeSource
from inspection.model.shape import Malformed
from inspection.services.collect_log import collect_log
from inspection.services.sequence import sequence_all
from inspection.services.stamp_log import renew_stamps, stamp_newest
from inspection.services.verify_log import LogFacts, verify_log
from server.outbound.stamps import HttpAuthority, Rfc3161Judge
from tests.fakes import FakeOffice, FakeSigner
from tests.fixtures.authority import Authority, serving
from tests.log_office import NOW, ORIGIN, add_entries, an_office

JUDGE = Rfc3161Judge()
YEAR, DAY, HOUR = timedelta(days=365), timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def authority() -> Authority:
    return Authority(NOW, NOW + YEAR)


@pytest.fixture
def near(authority: Authority) -> Iterator[HttpAuthority]:
    with serving(authority) as url:
        yield HttpAuthority(url, authority.pem, 5)


def test_a_stamp_says_when_and_until_when(authority: Authority, near: HttpAuthority) -> None:
    token = near.stamp(b"a checkpoint")
    facts = JUDGE.judge(token, b"a checkpoint", authority.pem)
    assert (facts.at_us, facts.until_us) == (microseconds(NOW), microseconds(NOW + YEAR))
    assert facts.authority == "CN=TSA"


def test_a_stamp_holds_for_its_message_and_its_authority_only(authority: Authority, near: HttpAuthority) -> None:
    token, other = near.stamp(b"a checkpoint"), Authority(NOW, NOW + YEAR, "other")
    for message, pem, code in (
        (b"another", authority.pem, "stamp-other"),
        (b"a checkpoint", other.pem, "stamp-untrusted"),
        (b"a checkpoint", b"no certificate", "authority-unreadable"),
    ):
        with pytest.raises(Malformed, match=code):
            JUDGE.judge(token, message, pem)
    assert JUDGE.judge(token, b"a checkpoint", other.pem + authority.pem).authority == "CN=TSA"


def test_no_flipped_bit_of_a_stamp_changes_what_it_says(authority: Authority, near: HttpAuthority) -> None:
    token = near.stamp(b"a checkpoint")
    whole = JUDGE.judge(token, b"a checkpoint", authority.pem)
    for place in range(0, len(token), 3):
        flipped = token[:place] + bytes([token[place] ^ 1 << place % 8]) + token[place + 1 :]
        try:
            assert JUDGE.judge(flipped, b"a checkpoint", authority.pem) == whole, place
        except Malformed:
            continue


@pytest.mark.parametrize("token", [b"", b"0", b"\x30\x03\x02\x01\x00", b"\x30\x80", b"x" * 70_000, b"\x30\x82\xff\xff"])
def test_what_is_no_stamp_is_unreadable(authority: Authority, token: bytes) -> None:
    with pytest.raises(Malformed, match="stamp-unreadable"):
        JUDGE.judge(token, b"", authority.pem)


def test_an_authority_that_fails_is_away(authority: Authority, near: HttpAuthority) -> None:
    authority.away = True
    with pytest.raises(Unavailable, match="authority-away"):
        near.stamp(b"a checkpoint")
    authority.away, authority.garbage = False, True
    with pytest.raises(Malformed, match="stamp-unreadable"):
        near.stamp(b"a checkpoint")
    with pytest.raises(Unavailable, match="authority-away"):
        HttpAuthority("http://127.0.0.1:1/", b"", 1).stamp(b"a checkpoint")


def test_a_stamp_made_after_the_certificates_end_is_not_believed() -> None:
    ended = Authority(NOW, NOW - DAY)
    with serving(ended) as url, pytest.raises(Malformed, match="stamp-untrusted"):
        JUDGE.judge(HttpAuthority(url, ended.pem, 5).stamp(b"m"), b"m", ended.pem)


def judged(office: FakeOffice, pem: bytes) -> LogFacts:
    with office.read() as work:
        entries = work.ledger.entries("c1")
        files = collect_log(work, "c1", len(entries), (), pem).files()
    times = [entry.at_us for entry in entries]
    return verify_log(lambda path: files[path], [entry.hash for entry in entries], JUDGE, entry_times=times)


def test_a_short_lived_authority_is_followed_by_another_in_time() -> None:
    """The walk that years take: a stamp, its renewal over checkpoint and stamp together, the old certificate's end."""
    office = FakeOffice()
    an_office(4, FakeSigner(), office)
    short, long = Authority(NOW + HOUR, NOW + DAY, "short"), Authority(NOW + 20 * HOUR, NOW + 9 * YEAR, "long")
    both = short.pem + long.pem
    with serving(short) as first, serving(long) as second:
        assert stamp_newest(office, HttpAuthority(first, short.pem, 5), JUDGE, NOW, HOUR)
        after = NOW + 20 * HOUR
        next_one = HttpAuthority(second, both, 5)
        assert renew_stamps(office, next_one, JUDGE, NOW + HOUR, HOUR) == []
        (renewed,) = renew_stamps(office, next_one, JUDGE, after, 5 * HOUR)
        assert renewed.authority == "CN=long"
        assert renew_stamps(office, next_one, JUDGE, after, 5 * HOUR) == []
    facts = judged(office, both)
    assert facts.faults == []
    assert [one.authority for one in facts.stamps] == ["CN=short", "CN=long"]
    assert (facts.time, facts.stamped_entries) == (TimeSource.AUTHORITY, 2)
    assert [part for part, _, _ in judged(office, long.pem).faults] == ["stamps"]  # the first one's root is not trusted


def test_a_renewal_that_came_too_late_is_found() -> None:
    office = FakeOffice()
    an_office(1, FakeSigner(), office)
    short, late = Authority(NOW, NOW + HOUR, "short"), Authority(NOW + DAY, NOW + YEAR, "late")
    both = short.pem + late.pem
    with serving(short) as first, serving(late) as second:
        stamp_newest(office, HttpAuthority(first, both, 5), JUDGE, NOW, HOUR)
        renew_stamps(office, HttpAuthority(second, both, 5), JUDGE, NOW, 2 * HOUR)  # its own clock says otherwise
    assert judged(office, both).faults == [("stamps", "data/log/stamps/2.tsr", "renewed-late")]


def test_entries_after_the_stamp_have_the_instances_clock_only(near: HttpAuthority) -> None:
    office = FakeOffice()
    an_office(3, FakeSigner(), office)
    stamp_newest(office, near, JUDGE, NOW, HOUR)
    add_entries(office, FakeSigner(), 4, ("c1",))
    sequence_all(office, FakeSigner(), ORIGIN, "one", NOW)
    facts = judged(office, near.certificates)
    assert (facts.faults, facts.stamped_entries) == ([], 1)


@pytest.mark.skipif(which("openssl") is None, reason="openssl is not here to agree")
def test_openssl_reads_our_stamps_too(tmp_path: Path) -> None:
    here = Authority(datetime.now(UTC), datetime.now(UTC) + YEAR)
    with serving(here) as url:
        token = HttpAuthority(url, here.pem, 5).stamp(b"a checkpoint")
    for name, data in (("token", token), ("data", b"a checkpoint"), ("pem", here.pem)):
        (tmp_path / name).write_bytes(data)
    command = ["openssl", "ts", "-verify", "-data", "data", "-in", "token", "-CAfile", "pem"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "Verification: OK" in done.stdout + done.stderr
