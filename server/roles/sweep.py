"""Finishes what a crash left: surveys that ended while their node was away, and wishes whose job was never started."""

import logging
from datetime import timedelta

from inspection.model.errors import Refusal
from inspection.model.ledger import microseconds
from inspection.services.admit import admit
from inspection.services.clips import fail_clip
from inspection.services.note_recordings import note_begun
from inspection.services.papers import fail_paper
from inspection.services.receive_upload import expire_uploads
from inspection.services.snapshots import fail_snapshot
from inspection.services.want_export import fail_export
from server.services import Services

log = logging.getLogger("takan.worker")

SETTLE = timedelta(seconds=2)  # the web role itself admits within one
UNSTARTED = timedelta(seconds=15)
HOPELESS = timedelta(hours=6)
AT_ONCE = 50


def sweep(given: Services) -> None:
    """One round. Whoever runs it at the same time does no harm: every step may be repeated."""
    _note_begun(given)
    _admit_ended(given)
    _start_wanted(given)
    _go_on_with_uploads(given)


def _note_begun(given: Services) -> None:
    with given.office.read() as work:
        rooms = work.rooms.open()
    for room in rooms:
        note_begun(given.office, given.signer, room.survey, given.now())


def _admit_ended(given: Services) -> None:
    with given.office.read() as work:
        ended = work.surveys.unadmitted(given.now() - SETTLE, AT_ONCE)
        rooms = {survey.id: work.rooms.get(survey.id) for survey in ended}
    for survey in ended:
        room = rooms[survey.id]
        try:
            if room is not None and not room.closed:
                ended_us = None if survey.ended_at is None else microseconds(survey.ended_at)
                given.nodes.close_room(room.node, survey.id, ended_us)
            admit(given.office, given.objects, given.signer, survey.id, given.now(), given.new_id)
            log.info("admitted by the sweep", extra={"survey": survey.id})
        except (Refusal, OSError) as error:
            log.warning("not admitted yet", extra={"survey": survey.id, "why": str(error)})


def _go_on_with_uploads(given: Services) -> None:
    now = given.now()
    expire_uploads(given.office, given.uploads, now, AT_ONCE)
    with given.office.read() as work:
        checking = work.uploads.checking(now - UNSTARTED, AT_ONCE)
        jobs = work.media_jobs.unfinished(now - UNSTARTED, AT_ONCE)
    for upload in checking:
        given.jobs.check_upload(upload.id)
    for job in jobs:
        given.jobs.work_on(job)  # one that runs is known under the same id


def _start_wanted(given: Services) -> None:
    now = given.now()
    with given.office.read() as work:
        snapshots = work.snapshots.wanted(now - UNSTARTED, AT_ONCE)
        exports = work.exports.wanted(now - UNSTARTED, AT_ONCE)
        papers = work.papers.wanted(now - UNSTARTED, AT_ONCE)
        clips = work.clips.wanted(now - UNSTARTED, AT_ONCE)
    for snapshot in snapshots:
        if now - snapshot.created_at > HOPELESS:
            fail_snapshot(given.office, snapshot.id, "job-failed")
        else:
            given.jobs.cut_snapshot(snapshot.id)
    for clip in clips:
        if now - clip.created_at > HOPELESS:
            fail_clip(given.office, clip.id, "job-failed")
        else:
            given.jobs.cut_clip(clip.id)
    for paper in papers:
        if now - paper.created_at > HOPELESS:
            fail_paper(given.office, paper.id, "job-failed")
        else:
            given.jobs.make_paper(paper.id)
    for export in exports:
        if now - export.created_at > HOPELESS:
            fail_export(given.office, export.id, "job-failed")
        else:
            given.jobs.write_export(export.id)
