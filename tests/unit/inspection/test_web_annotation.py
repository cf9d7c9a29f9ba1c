"""A mark as a W3C Web Annotation loses nothing, whatever it is; what is none is refused and never crashes."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.model.annotation import (
    WHOLE,
    Annotation,
    AnnotationState,
    Author,
    Change,
    Instant,
    Mark,
    Reply,
    Shape,
    fitted,
    mark_document,
)
from inspection.model.documents import digest_of
from inspection.model.errors import Invalid
from inspection.model.frames import frames_from
from inspection.model.ledger import canonical
from inspection.model.shape import Malformed
from inspection.model.web_annotation import collection, percent, seconds
from inspection.model.web_annotation_read import ReadMark, ReadReply, items_of, origin_of, read_item
from media.files.stamps import Stamps, packed

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40).map(str.strip)
IDS = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=32)
PLACES = st.tuples(st.integers(0, WHOLE), st.integers(0, WHOLE))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
AUTHORS = st.builds(Author, IDS, WORDS, st.sampled_from(["inspector", "approver", ""]))


@st.composite
def instants(draw: st.DrawFn) -> Instant:
    base = draw(st.tuples(st.integers(1, 2000), st.integers(1, 1_000_000)))
    time = draw(st.integers(0, 10**9))
    frame = draw(st.none() | st.integers(0, 10**6))
    return Instant(time, base, frame, None if frame is None else time + draw(st.integers(1, 10_000)))


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    shape = draw(st.sampled_from(Shape))
    page = draw(st.none() | st.integers(1, 99_999))
    instant = None if page else draw(st.none() | instants())
    count = {Shape.BOX: 2, Shape.ARROW: 2, Shape.TEXT: 1}.get(shape, draw(st.integers(2, 30)))
    points = tuple(draw(st.lists(PLACES, min_size=count, max_size=count, unique=True)))
    if shape is Shape.BOX and (points[0][0] == points[1][0] or points[0][1] == points[1][1]):
        points = ((0, 0), (1, WHOLE))
    if shape is Shape.TEXT and instant and draw(st.booleans()):
        points = ()  # of sound
    points = fitted(shape, points, picture=bool(points))
    return Mark(
        draw(IDS), draw(DIGESTS), draw(st.sampled_from(["original", "360p.mp4"])), draw(DIGESTS), instant, page, shape,
        points, draw(WORDS), draw(WORDS), draw(AUTHORS), draw(MOMENTS),
    )  # fmt: skip


@st.composite
def annotations(draw: st.DrawFn) -> Annotation:
    mark, state = draw(marks()), draw(st.sampled_from(AnnotationState))
    changed = None if state is AnnotationState.OPEN else Change(draw(AUTHORS), draw(MOMENTS))
    replies = draw(st.lists(st.builds(Reply, IDS, WORDS, AUTHORS, MOMENTS), max_size=2, unique_by=lambda one: one.id))
    digest = digest_of(mark_document(mark))
    return Annotation(mark, digest, "c", "s", "e", None, 1, 1, state, changed, tuple(replies))


@given(found=annotations())
def test_whatever_was_marked_comes_back_the_same(found: Annotation) -> None:
    written = json.loads(canonical(collection("c", "TK-1", [found])))
    first, *rest = [read_item(item) for item in items_of(written)]
    assert isinstance(first, ReadMark)
    mark = found.mark
    again = Mark(
        first.id, first.parent, first.source, first.seen, first.instant, first.page, first.shape, first.points,
        first.label, first.text, first.by, first.at or datetime.now(UTC), origin_of(first.iri, first.id),
    )  # fmt: skip
    assert again == mark
    assert first.agrees(again)
    assert first.digest == found.digest
    assert first.state is found.state
    if found.changed is not None:
        assert (first.changed_by, first.changed_at) == (found.changed.by, found.changed.at)
    for read, reply in zip(rest, found.replies, strict=True):
        assert isinstance(read, ReadReply)
        assert (read.of, read.id, read.text, read.by, read.at) == (first.iri, reply.id, reply.text, reply.by, reply.at)


@given(found=marks())
def test_a_fragment_tells_the_picture_to_others(found: Mark) -> None:
    """The half-open range of `t=` begins within a nanosecond of the picture, and ends where the next one begins."""
    if found.instant is None:
        return
    begin, end = (Fraction(seconds(at)) for at in (found.instant.seconds, found.instant.end))
    assert abs(begin - found.instant.seconds) <= Fraction(1, 2 * 10**9)
    assert abs(end - found.instant.end) <= Fraction(1, 2 * 10**9)


@given(part=st.integers(0, WHOLE))
def test_a_percentage_is_exact(part: int) -> None:
    assert Fraction(percent(part)) * WHOLE / 100 == part


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "type", "target", "source", "selector", "value", "body", "creator", "created", "refinedBy", "purpose",
         "takan:shown", "takan:time", "takan:timeBase", "takan:state", "motivation", "modified", "takan:changedBy"]
    ), inner, max_size=6),
    max_leaves=30,
)  # fmt: skip


@given(item=JSON)
def test_what_is_no_annotation_is_malformed_and_nothing_else(item: Any) -> None:
    dressed = {"id": "urn:x:1", "type": "Annotation"} | item if isinstance(item, dict) else item
    for tried in (item, dressed):
        try:
            read_item(tried)
        except Malformed:
            continue


@pytest.mark.parametrize(
    "value",
    [
        "<svg/>",
        '<svg viewBox="0 0 0 0"><line x1="0" y1="0" x2="1" y2="1"/></svg>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg viewBox="0 0 1 1"><line x1="0" y1="0" x2="1" y2="1"/></svg>',
        '<svg viewBox="0 0 9 9"><path d="M0 0"/></svg>',
        '<svg viewBox="0 0 9 9"><script>1</script></svg>',
        '<svg viewBox="0 0 9 9"><polyline points="1,2,3"/></svg>',
        '<svg viewBox="0 0 9 9"><line x1="a" y1="0" x2="1" y2="1"/></svg>',
    ],
)
def test_a_drawing_that_is_none_of_ours_is_not_read(value: str) -> None:
    source = "ni:///sha-256;" + "A" * 43
    item = {
        "id": "x:1",
        "type": "Annotation",
        "target": {"source": source, "selector": {"type": "SvgSelector", "value": value}},
    }
    with pytest.raises(Malformed):
        read_item(item)


@pytest.mark.parametrize(
    ("shape", "points", "picture"),
    [
        (Shape.BOX, ((1, 1), (1, 9)), True),
        (Shape.BOX, ((1, 1),), True),
        (Shape.ARROW, ((1, 1), (1, 1)), True),
        (Shape.FREEHAND, ((1, 1),), True),
        (Shape.FREEHAND, ((1, 1),) * 501, True),
        (Shape.TEXT, (), True),
        (Shape.TEXT, ((1, 1),), False),
        (Shape.BOX, ((1, 1), (2, 2)), False),
        (Shape.TEXT, ((-1, 1),), True),
        (Shape.TEXT, ((1, WHOLE + 1),), True),
    ],
)
def test_points_that_make_no_such_shape_are_refused(shape: Shape, points: Any, picture: bool) -> None:
    with pytest.raises(Invalid):
        fitted(shape, points, picture)


TABLES = st.builds(
    lambda base, first, steps, last: Stamps(
        Fraction(*base),
        0,
        (first, *(first + sum(steps[: n + 1]) for n in range(len(steps)))),
        first + sum(steps) + last,
    ),
    st.sampled_from([(1, 90_000), (1001, 30_000), (1, 600), (1, 1000), (1, 25)]),
    st.integers(0, 1000),
    st.lists(st.integers(1, 9000), max_size=60),
    st.integers(1, 3000),
)


@given(table=TABLES, data=st.data())
def test_the_office_and_the_worker_read_one_table_alike(table: Stamps, data: st.DataObject) -> None:
    frames = frames_from(json.loads(json.dumps(packed(table))))
    index = data.draw(st.integers(0, len(table) - 1))
    shown = frames.number(index)
    assert (shown.index, shown.start) == (index, table.times[index])
    later = table.times[index + 1] if index + 1 < len(table) else table.end
    assert shown.end == max(later, shown.start + 1)
    assert frames.at(table.moment(index)).index == frames.at(table.middle(index)).index == index
    early = Fraction(1, 1000) if not index else (table.moment(index) - table.moment(index - 1)) / 4
    early = data.draw(st.fractions(0, min(early, Fraction(1, 500)), max_denominator=1_000_000))
    assert frames.at(table.moment(index) - early).index == index
    assert frames.at(table.end * table.base + 1).index == len(table) - 1


@pytest.mark.parametrize(
    "spoil",
    [
        {"base": [0, 1]}, {"base": [1]}, {"runs": [[1]]}, {"runs": [[0, 5]]}, {"runs": [[1, -1]]}, {"count": 3},
        {"count": True}, {"first": None}, {"runs": [["1", 1]]},
    ],
)  # fmt: skip
def test_a_damaged_table_is_no_table(spoil: dict[str, Any]) -> None:
    table = packed(Stamps(Fraction(1, 25), 0, (0, 1), 2))
    with pytest.raises(Malformed):
        frames_from(table | spoil)


def test_an_instant_of_a_recording_is_sought_right_after_its_begin() -> None:
    assert Instant(333_003_003, (1, 90_000)).seek_us == round(Fraction(333_003_003 * 1_000_000, 90_000)) + 500
    assert Instant(100, (1001, 30_000), 100, 101).seek_us == round(Fraction(1001 * 201 * WHOLE, 60_000))
