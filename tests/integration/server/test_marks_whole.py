"""A film is sent to a whole instance, marked, and cited: the worker cuts the very picture out of the original."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from inspection.model.people import Actor
from inspection.services.annotate import Drawn, annotate
from inspection.services.record_finding import record_finding
from inspection.services.spot import Sight, film_of
from inspection.services.stills import still_name, want_stills
from tests.fixtures.instance import Instance
from tests.fixtures.processes import wait_until
from tests.integration.server.test_uploads_whole import Desk, desk_at, over
from tests.unit.media.films import BITS, X264, make, numbered

TURNED = 37  # the picture that is marked


@pytest.fixture(scope="module")
def desk(instance: Instance) -> Desk:
    return desk_at(instance)


def test_the_still_of_a_cited_mark_is_the_picture_that_was_marked(desk: Desk, tmp_path: Path) -> None:
    film = make(tmp_path / "numbered.mp4", *numbered(), *X264, "-g", "25", "-bf", "2")
    id = desk.send(film)
    desk.when(id, over)
    given = desk.given
    with given.office.read() as work:
        survey = work.surveys.get(desk.case["survey"])
        person = work.people.get(survey.inspector)
        check = work.items.checklist(survey.checklist, survey.checklist_version).checks[0].id
    actor = Actor(person.id, person.name, person.role)
    frames = film_of(given.office, given.objects, id).frames
    assert frames is not None
    at = frames.number(TURNED).start * frames.base[0] * 1_000_000 // frames.base[1]
    drawn = Drawn("arrow", ((0, 0), (500_000, 500_000)), "A", "Here")
    sight = Sight(id, None, "video.mp4", at)  # as a browser says it: microseconds, cut off
    found, _ = annotate(
        given.office, given.objects, given.signer, actor, survey.id, "mark0001", sight, drawn, given.now()
    )
    assert found.mark.instant is not None
    assert found.mark.instant.frame == TURNED
    record_finding(given.office, given.signer, actor, survey.id, check, "fail", "N", (), given.now(), ("mark0001",))
    wanted = want_stills(given.office, actor, survey.id, ("mark0001",), given.now(), given.new_id)
    for job in wanted.jobs:
        given.jobs.work_on(job)
    wait_until("the still is cut", lambda: still_name(found) in desk.told(id)["renditions"], 60)
    with given.office.read() as work:
        one = next(row for row in work.renditions.of_evidence(id) if row.name == still_name(found))
    with given.objects.open(one.sha256) as source:
        image = cv2.imdecode(np.frombuffer(source.read(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    assert sum(1 << n for n in range(BITS) if image[8, n * 16 + 8] > 128) == TURNED
    assert one.parent == found.mark.parent
