"""The office's own services from intake to a verified export, on each real database and with a real folder of objects:
what the services believe of their ports is true of these."""

from dataclasses import fields, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from inspection.model.evidence import ReceivedTrack
from inspection.model.survey import SurveyState
from inspection.model.verdict import Overall
from inspection.services.verify import Beforehand, verify
from media.ports import Gap, InitSegment, Reception, Segment, Track
from storage.database import Database
from storage.objects.local import LocalObjects
from storage.shelves.reception_index import SqlReceptionIndex
from storage.work import SqlOffice
from tests.builders import Stage, a_track, init_bytes, segment_bytes
from tests.fakes import FakeJudge


class RealStage(Stage):
    """A stage whose tracks come by the node's own way."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.index = SqlReceptionIndex(database)
        office: Any = SqlOffice(database)  # the stage is typed for the fakes, which stand for the same ports
        store: Any = KeptObjects(folder)
        super().__init__(office=office, store=store)

    def received(self, track: ReceivedTrack) -> ReceivedTrack:
        epoch = int(track.epoch.timestamp() * 1_000_000)
        node = Track(track.id, track.survey, track.participant, track.kind, track.codec, track.timescale, epoch, "n1")
        self.index.add_track(node)
        for init in track.inits:
            self.index.add_init(InitSegment(track.id, init.digest, init.bytes, init.codecs, init.width, init.height))
            self.store[init.digest] = init_bytes(track.kind)
            self.index.mark_stored(init.digest)
        for number, piece in enumerate(track.segments):
            self.index.add_segment(
                Segment(track.id, piece.init, piece.digest, piece.bytes, piece.start, piece.duration, piece.key_frame)
            )
            self.store[piece.digest] = segment_bytes(track.participant, track.kind, number)
            self.index.mark_stored(piece.digest)
        for gap in track.gaps:
            self.index.add_gap(Gap(track.id, gap.start, gap.end, gap.reason))
        self.index.put_reception(Reception(track.id, **track.reception))
        return track


class FakeStage(Stage):
    """A stage in memory whose tracks have every figure, as a row has."""

    def received(self, track: ReceivedTrack) -> ReceivedTrack:
        zeros = {part.name: 0 for part in fields(Reception) if part.name != "track"}
        return super().received(replace(track, reception=zeros | track.reception))


class KeptObjects(LocalObjects):
    """Also takes bytes as the fake does, by item."""

    def __setitem__(self, digest: str, data: bytes) -> None:
        self.put(digest, BytesIO(data), len(data))


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> RealStage:
    return RealStage(database, tmp_path / "objects")


def test_a_case_goes_from_intake_to_a_verified_export(stage: RealStage) -> None:
    survey = stage.decided()
    folder = stage.exported(survey)
    verdict = verify(folder, Beforehand(stage.signer.public_key()), FakeJudge())
    assert verdict.overall is Overall.INTACT, verdict


def test_what_the_node_wrote_is_read_as_it_was_received(stage: RealStage) -> None:
    survey, _ = stage.opened()
    guest = stage.consented(survey.id)
    track = stage.received(a_track(survey.id, guest.id))
    with stage.office.read() as work:
        figures = work.receptions.track(track.id).reception
        assert figures.items() >= track.reception.items()


def test_both_offices_keep_the_same(stage: RealStage) -> None:
    real, fake = stage, FakeStage()
    kept = []
    for each in (real, fake):
        survey = each.concluded()
        assert survey.state is SurveyState.CONCLUDED
        with each.office.read() as work:
            entries, evidence = work.ledger.entries(survey.case), work.evidence.of_case(survey.case)
            kept.append((entries, evidence, work.cases.get(survey.case), work.surveys.get(survey.id)))
    assert kept[0] == kept[1]
