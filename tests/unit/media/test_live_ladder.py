"""What a viewer of a simulcast is given: what he asks for, what his network carries, and how often more is tried."""

from hypothesis import given
from hypothesis import strategies as st

from media.live.ladder import FIRST_PAUSE, LAST_PAUSE, SLOW, Ladder, Rung, Wish

LOW = Rung("low", 320, 180, 150_000)
MID = Rung("mid", 640, 360, 500_000)
HIGH = Rung("high", 1280, 720, 2_000_000)
ALL = (HIGH, LOW, MID)  # in whatever order


def after(ladder: Ladder, seconds: int, rid: str, *, loss: float = 0.0, told: int = 0, now: float = 0.0) -> float:
    for _ in range(seconds):
        now += 1
        ladder.second(ALL, rid, loss, told, now)
    return now


def test_the_best_layer_is_given_where_nothing_speaks_against_it() -> None:
    assert Ladder().pick(ALL) == "high"
    assert Ladder().pick(()) == ""


def test_a_wish_bounds_the_height_whichever_way_the_picture_stands() -> None:
    ladder = Ladder()
    for height, rid in ((0, "high"), (720, "high"), (719, "mid"), (360, "mid"), (180, "low"), (100, "low")):
        ladder.wish = Wish(height=height)
        assert ladder.pick(ALL) == rid
    ladder.wish = Wish(height=360)
    assert ladder.pick([Rung("low", 180, 320, 1), Rung("mid", 360, 640, 2), Rung("high", 720, 1280, 3)]) == "mid"


def test_a_layer_is_given_by_name_and_what_is_below_it_while_it_is_away() -> None:
    ladder = Ladder()
    ladder.wish = Wish(rid="mid")
    assert ladder.pick(ALL) == "mid"
    assert ladder.pick((LOW,)) == "low"
    ladder.wish = Wish(rid="no-such")
    assert ladder.pick(ALL) == "high"


def test_who_loses_much_for_two_seconds_falls_to_what_he_receives() -> None:
    ladder = Ladder()
    now = after(ladder, 1, "high", loss=0.5)
    assert ladder.pick(ALL) == "high"
    now = after(ladder, 1, "high", loss=0.0, now=now)
    now = after(ladder, 2, "high", loss=0.6, now=now)
    assert ladder.pick(ALL) == "mid"  # 800 kbit/s of what was sent came
    now = after(ladder, 2, "mid", loss=0.5, now=now)
    assert ladder.pick(ALL) == "low"
    after(ladder, 2, "low", loss=0.9, now=now)
    assert ladder.pick(ALL) == "low"  # less there is not


def test_a_remb_well_below_the_layer_counts_as_loss_does() -> None:
    ladder = Ladder()
    now = after(ladder, SLOW - 1, "high", told=300_000)
    assert ladder.pick(ALL) == "high"
    after(ladder, 1, "high", told=300_000, now=now)
    assert ladder.pick(ALL) == "low"
    ladder = Ladder()
    after(ladder, 20, "high", told=1_900_000)
    assert ladder.pick(ALL) == "high"


def test_a_remb_that_rises_slowly_after_a_try_is_no_reason_to_fall() -> None:
    """Browsers raise it by some 8 % a second, whatever is sent."""
    ladder, now, told = Ladder(), 0.0, 120_000.0
    now = after(ladder, 2, "high", loss=0.95)
    seen = list[str]()
    for _ in range(60):
        seen.append(ladder.pick(ALL))
        told = min(told * 1.08, 2_500_000)
        now = after(ladder, 1, seen[-1], told=int(told), now=now)
    assert list(dict.fromkeys(seen)) == ["low", "mid", "high"]


def test_a_remb_that_sinks_after_a_try_is_one() -> None:
    ladder, now = Ladder(), 0.0
    now = after(ladder, 2, "high", loss=0.6)
    while ladder.pick(ALL) != "high":
        now = after(ladder, 1, "mid", told=600_000, now=now)
    after(ladder, SLOW, "high", told=400_000, now=now)
    assert ladder.pick(ALL) == "low"


def test_one_layer_more_is_tried_after_a_pause_that_doubles_when_it_fails() -> None:
    ladder, now, pauses = Ladder(), 0.0, list[float]()
    now = after(ladder, 2, "high", loss=0.6)
    for _ in range(6):
        fell = now
        while ladder.pick(ALL) != "high":
            now = after(ladder, 1, ladder.pick(ALL), now=now)
            assert now < fell + 200
        pauses.append(now - fell)
        now = after(ladder, 2, "high", loss=0.6, now=now)
        assert ladder.pick(ALL) == "mid"
    assert pauses[0] == FIRST_PAUSE
    assert pauses[1:3] == [2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LAST_PAUSE


def test_a_network_that_is_good_again_leads_up_one_by_one() -> None:
    ladder, seen = Ladder(), list[str]()
    now = after(ladder, 2, "high", loss=0.95)
    for _ in range(40):
        seen.append(ladder.pick(ALL))
        now = after(ladder, 1, seen[-1], now=now)
    assert list(dict.fromkeys(seen)) == ["low", "mid", "high"]


@given(
    st.lists(st.sampled_from(ALL), unique=True),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1 << 30)), max_size=50),
    st.integers(0, 2000),
)
def test_whatever_is_told_a_layer_that_is_there_is_given(
    rungs: list[Rung], told: list[tuple[float, int]], height: int
) -> None:
    ladder = Ladder()
    ladder.wish = Wish(height=height)
    rid = ""
    for second, (loss, remb) in enumerate(told):
        rid = ladder.pick(rungs)
        assert rid in {rung.rid for rung in rungs} or (not rungs and not rid)
        ladder.second(rungs, rid, loss, remb, float(second))
