"""Have the log's checkpoints stamped by a time-stamp authority (RFC 3161), and stamps renewed while they still hold."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from inspection.model.ledger import microseconds
from inspection.model.log import Published, Stamp, stamped
from inspection.ports import LOG, Authority, Office, StampJudge

AT_ONCE = 20  # renewals in one round


def stamp_newest(
    office: Office, authority: Authority, judge: StampJudge, now: datetime, every: timedelta
) -> Stamp | None:
    """A first stamp for the newest checkpoint, unless the last one is younger than `every`. None when none was wanted.

    Raises `Unavailable("authority-away")`, and `Malformed` for an answer that does not hold: it is not kept.
    """
    with office.read() as work:
        published = work.checkpoints.newest()
        last = None if published is None else work.checkpoints.newest_stamped(published.size)
        before = [] if last is None else work.checkpoints.stamps(last)
    if published is None or last == published.size:
        return None
    if before and 0 <= microseconds(now) - before[0].at_us < every // timedelta(microseconds=1):
        return None
    return _add(office, authority, judge, published, ())


def renew_stamps(
    office: Office, authority: Authority, judge: StampJudge, now: datetime, ahead: timedelta
) -> list[Stamp]:
    """New stamps over checkpoint and old stamp together, for those whose certificate ends within `ahead`. What has
    ended already is left as it is: nobody could tell any more whether it was made in time. Raises as `stamp_newest`."""
    now_us = microseconds(now)
    with office.read() as work:
        ending = work.checkpoints.ending(now_us + ahead // timedelta(microseconds=1), AT_ONCE)
        due = [
            (published, work.checkpoints.stamps(published.size))
            for published in (work.checkpoints.get(one.size) for one in ending if one.until_us > now_us)
            if published is not None
        ]
    return [_add(office, authority, judge, published, before) for published, before in due]


def _add(
    office: Office, authority: Authority, judge: StampJudge, published: Published, before: Sequence[Stamp]
) -> Stamp:
    message = stamped(published.note.encode(), before[-1].token if before else None)
    token = authority.stamp(message)
    facts = judge.judge(token, message, authority.certificates)
    stamp = Stamp(published.size, len(before) + 1, facts.at_us, facts.until_us, facts.authority, token)
    with office.write(LOG) as work:
        work.checkpoints.stamp(stamp)
    return stamp
