"""Offers as real clients write them, and what the node answers to each."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.live import answer as answers
from media.live.answer import Answer, Local, SendAs
from media.live.codecs import choose
from media.live.description import BadDescription, Codec, Description
from media.live.sdp import LONGEST, parse, parse_fragment

OFFERS = Path(__file__).parent / "offers"
PUBLISHERS = [
    "chromium-publish",
    "firefox-publish",
    "safari-publish",
    "ffmpeg-video-only",
    "obs-publish",
    "gstreamer-publish",
]
LOCAL = Local(
    ufrag="nodeufrag",
    password="nodepasswordnodepassword",
    fingerprint=":".join(["AB"] * 32),
    candidates=(("192.0.2.1", 5000), ("2001:db8::1", 5000)),
    session_id=42,
)
STREAMS = {
    "video": SendAs(11, 12, "ann", "ann.video"),
    "audio": SendAs(21, 22, "ann", "ann.audio"),
}


def text_of(name: str) -> str:
    return (OFFERS / f"{name}.sdp").read_text().replace("\n", "\r\n")


def offer(name: str) -> Description:
    return parse(text_of(name))


def published(name: str) -> dict[str, Codec]:
    agreed = answers.answer_publisher(offer(name), LOCAL).agreed
    return {kind: entry.codec for kind, entry in agreed.items()}


def view(publisher: str, viewer: str = "chromium-view") -> Answer:
    return answers.answer_viewer(offer(viewer), LOCAL, published(publisher), STREAMS)


def test_reads_a_browser_offer() -> None:
    read = offer("chromium-publish")
    audio, video, channel = read.medias
    assert [audio.kind, video.kind, channel.kind] == ["audio", "video", "application"]
    assert read.bundle == ("0", "1", "2")
    assert read.transport.ufrag == "sIqe"
    assert read.transport.setup == "actpass"
    assert len(read.transport.fingerprints) == 1
    assert video.ssrcs == (2231627014,)
    assert video.rtx_ssrcs == {2231627014: 632943048}
    assert video.extensions[answers.MID] == 4
    h264 = next(codec for codec in video.codecs if codec.payload_type == 103)
    assert h264.parameters["profile-level-id"] == "42001f"
    assert "nack pli" in h264.feedback
    assert video.rtx(103) == next(codec for codec in video.codecs if codec.payload_type == 104)
    assert channel.sctp_port == 5000


def test_names_and_tcp_among_candidates_are_dropped_silently() -> None:
    assert offer("firefox-publish").transport.candidates == (("192.0.2.17", 49203),)


@pytest.mark.parametrize(
    ("name", "payload_type", "rtx", "profile"),
    [
        ("chromium-publish", 103, 104, "42001f"),
        ("firefox-publish", 126, 127, "42e01f"),
        ("safari-publish", 96, 97, "640c1f"),
        ("ffmpeg-video-only", 106, None, "42c01f"),
        ("obs-publish", 96, None, "42e01f"),
        ("gstreamer-publish", 96, 97, "42c01f"),
    ],
)
def test_a_publisher_is_answered_with_his_first_h264_and_its_own_profile(
    name: str, payload_type: int, rtx: int | None, profile: str
) -> None:
    answer = answers.answer_publisher(offer(name), LOCAL)
    video = answer.agreed["video"]
    assert video.codec.payload_type == payload_type
    assert (video.rtx.payload_type if video.rtx else None) == rtx
    assert f"profile-level-id={profile}" in answer.text
    written = parse(answer.text).first("video")
    assert written is not None
    assert {codec.name.lower() for codec in written.codecs} <= {"h264", "rtx"}
    assert written.codecs[0].parameters == video.codec.parameters
    assert written.direction == "recvonly"


@pytest.mark.parametrize("name", PUBLISHERS)
def test_an_answer_follows_its_offer_line_by_line(name: str) -> None:
    asked, answer = offer(name), answers.answer_publisher(offer(name), LOCAL)
    told = parse(answer.text)
    assert told.ice_lite
    assert [(m.kind, m.mid, m.protocol) for m in told.medias] == [(m.kind, m.mid, m.protocol) for m in asked.medias]
    assert told.bundle == tuple(media.mid for media in asked.medias)
    assert told.transport.candidates == LOCAL.candidates
    assert told.transport.ufrag == LOCAL.ufrag
    assert told.transport.setup == answer.setup
    assert "video-orientation" not in answer.text
    for mine, theirs in zip(told.medias, asked.medias, strict=True):
        assert set(mine.extensions.items()) <= set(theirs.extensions.items())
        assert mine.reduced_rtcp == (theirs.reduced_rtcp and mine.kind != "application")


@pytest.mark.parametrize(("offered", "ours"), [("actpass", "passive"), ("active", "passive"), ("passive", "active")])
def test_the_dtls_role_is_the_other_one(offered: str, ours: str) -> None:
    text = text_of("ffmpeg-video-only").replace("setup:passive", f"setup:{offered}")
    answer = answers.answer_publisher(parse(text), LOCAL)
    assert answer.setup == ours
    assert f"a=setup:{ours}\r\n" in answer.text


def test_feedback_is_what_was_offered_and_no_more() -> None:
    text = answers.answer_publisher(offer("obs-publish"), LOCAL).text
    assert [line for line in text.splitlines() if line.startswith("a=rtcp-fb")] == [
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
        "a=rtcp-fb:96 goog-remb",
    ]


def test_a_data_channel_is_answered() -> None:
    answer = answers.answer_publisher(offer("chromium-publish"), LOCAL)
    assert answer.channel is not None
    told = parse(answer.text).first("application")
    assert told is not None
    assert told.sctp_port == 5000


@pytest.mark.parametrize("publisher", PUBLISHERS)
def test_a_viewer_is_answered_with_one_decodable_h264(publisher: str) -> None:
    answer = view(publisher)
    told = parse(answer.text).first("video")
    assert told is not None
    assert told.direction == "sendonly"
    assert told.ssrcs == (11,)
    assert told.rtx_ssrcs == {11: 12}
    assert told.msid == "ann ann.video"
    assert told.codecs[0].parameters["packetization-mode"] == "1"


@pytest.mark.parametrize(
    ("profile", "expected"), [("42001f", 103), ("42c01f", 109), ("4d001e", 117), ("640c1f", 39), ("640029", 39)]
)
def test_a_viewer_gets_the_published_profile(profile: str, expected: int) -> None:
    like = Codec(96, "H264", 90000, 1, {"profile-level-id": profile, "packetization-mode": "1"})
    video = offer("chromium-view").first("video")
    assert video is not None
    choice = choose(video, like)
    assert choice is not None
    assert choice.codec.payload_type == expected


def test_a_second_camera_and_what_is_only_received_stay_inactive() -> None:
    text = text_of("safari-publish")
    video = text[text.index("m=video") :].replace("a=mid:1", "a=mid:2")
    text = text.replace("BUNDLE 0 1", "BUNDLE 0 1 2") + video
    audio = text.index("a=sendrecv")
    text = text[:audio] + "a=recvonly" + text[audio + len("a=sendrecv") :]
    answer = answers.answer_publisher(parse(text), LOCAL)
    assert [media.direction for media in parse(answer.text).medias] == ["inactive", "recvonly", "inactive"]
    assert set(answer.agreed) == {"video"}


def test_what_is_outside_the_bundle_is_declined() -> None:
    text = text_of("obs-publish").replace("BUNDLE 0 1", "BUNDLE 1")
    answer = answers.answer_publisher(parse(text), LOCAL)
    told = parse(answer.text)
    assert [media.port for media in told.medias] == [0, 9]
    assert told.bundle == ("1",)
    assert told.transport.candidates == LOCAL.candidates


def test_without_a_bundle_the_first_section_alone_is_taken() -> None:
    text = text_of("obs-publish").replace("a=group:BUNDLE 0 1\r\n", "")
    answer = answers.answer_publisher(parse(text), LOCAL)
    assert [media.port for media in parse(answer.text).medias] == [9, 0]
    assert set(answer.agreed) == {"audio"}


def test_a_single_section_needs_no_bundle_and_no_mid() -> None:
    text = text_of("ffmpeg-video-only").replace("a=group:BUNDLE 0 1\r\n", "").replace("a=mid:1\r\n", "")
    answer = answers.answer_publisher(parse(text), LOCAL)
    assert "group" not in answer.text
    assert set(answer.agreed) == {"video"}


def test_a_codec_that_we_do_not_take_is_refused() -> None:
    text = text_of("obs-publish").replace("H264/90000", "H265/90000")
    with pytest.raises(BadDescription) as caught:
        answers.answer_publisher(parse(text), LOCAL)
    assert caught.value.code == "codec-refused"


def test_an_offer_with_nothing_to_send_is_invalid_for_a_publisher() -> None:
    with pytest.raises(BadDescription) as caught:
        answers.answer_publisher(offer("chromium-view"), LOCAL)
    assert caught.value.code == "sdp-invalid"


def test_a_payload_type_that_looks_like_rtcp_is_not_taken() -> None:
    text = text_of("ffmpeg-video-only").replace("106", "72")
    with pytest.raises(BadDescription) as caught:
        answers.answer_publisher(parse(text), LOCAL)
    assert caught.value.code == "codec-refused"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v=0", "v=1"),
        ("m=video 9", "m=video x"),
        ("a=setup:passive", "a=setup:holdconn"),
        ("a=fingerprint:sha-256 0A", "a=fingerprint:sha-1 0A"),
        ("a=ice-ufrag:5d3a9f10", "a=ice-ufrag:a b"),
        ("a=ice-pwd:0c5be11f3f3d7d4e2c1b0a9988776655", "a=ice-pwd:short"),
        ("a=rtpmap:106", "a=rtpmap:1060"),
        ("SAVPF 106", "SAVPF ²"),
        ("a=ssrc:1736231234 cname", "a=ssrc:99999999999 cname"),
        ("a=mid:1", "a=mid:\x01"),
    ],
)
def test_a_damaged_offer_is_invalid(old: str, new: str) -> None:
    text = text_of("ffmpeg-video-only")
    assert old in text
    with pytest.raises(BadDescription) as caught:
        parse(text.replace(old, new))
    assert caught.value.code == "sdp-invalid"


@pytest.mark.parametrize(
    "text", ["", "v=0", "\0", "v=0\r\n" * 5000, "x" * (LONGEST + 1), "v=0\nm=audio 9 RTP 0\n" * 20]
)
def test_what_is_no_description_is_invalid(text: str) -> None:
    with pytest.raises(BadDescription):
        parse(text)


def read_back(answer: Answer) -> None:
    """An answer of ours is well-formed whatever it answers: a failure here is a failure of the test."""
    try:
        parse(answer.text)
    except BadDescription as malformed:
        raise AssertionError(answer.text) from malformed


@given(st.text(max_size=300))
def test_garbage_never_raises_anything_else(text: str) -> None:
    for candidate in (text, "v=0\r\n" + text):
        with suppress(BadDescription):
            answers.answer_publisher(parse(candidate), LOCAL)


@given(st.sampled_from([*PUBLISHERS, "chromium-view"]), st.data())
def test_a_mutated_offer_is_answered_or_refused(name: str, data: st.DataObject) -> None:
    lines = text_of(name).split("\r\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    cut = data.draw(st.integers(0, len(lines[at])))
    lines[at] = lines[at][:cut] + data.draw(st.text(max_size=12))
    with suppress(BadDescription):
        parsed = parse("\r\n".join(lines))
        with suppress(BadDescription):
            read_back(answers.answer_publisher(parsed, LOCAL))
        with suppress(BadDescription):
            read_back(answers.answer_viewer(parsed, LOCAL, {}, STREAMS))


def test_a_restart_fragment_is_read_and_answered() -> None:
    fragment = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    assert parse_fragment(fragment) == ("abcd", "0123456789012345678901")
    assert parse_fragment("a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n") is None
    with pytest.raises(BadDescription):
        parse_fragment("a=ice-ufrag:abcd\r\n")
    told = answers.restart_fragment(offer("obs-publish"), replace(LOCAL, ufrag="fresh"))
    assert parse_fragment(told) == ("fresh", LOCAL.password)
    assert "a=candidate:1 1 udp" in told


def test_simulcast_is_taken_with_the_extensions_by_which_its_packets_are_told_apart() -> None:
    answer = answers.answer_publisher(offer("chromium-simulcast"), LOCAL)
    video = answer.agreed["video"]
    assert video.layers == ("low", "mid", "high")
    assert {answers.RID, answers.REPAIRED_RID, answers.MID} <= set(video.extensions)
    written = parse(answer.text)
    section = written.first("video")
    assert section is not None
    assert "a=rid:mid recv" in answer.text
    assert "a=simulcast:recv low;mid;high" in answer.text
    assert not answer.agreed["audio"].layers


def test_who_sends_one_picture_is_offered_no_layers() -> None:
    answer = answers.answer_publisher(offer("chromium-publish"), LOCAL)
    assert answer.agreed["video"].layers == ()
    assert answers.RID not in answer.agreed["video"].extensions
    assert "simulcast" not in answer.text


@pytest.mark.parametrize(
    ("told", "layers"),
    [
        ("send low;mid;high", ("low", "mid", "high")),
        ("send high,mid;low", ("high", "low")),  # of alternatives the first
        ("send low;~high", ("low", "high")),  # paused for now
        ("recv low;mid send mid;high", ("mid", "high")),
        ("send low;none;mid", ("low", "mid")),  # of which no rid tells
        ("send low", ()),
        ("recv low;mid", ()),
        ("send", ()),
        ("send low;low", ()),
        ("", ()),
    ],
)
def test_layers_are_those_of_the_simulcast_line(told: str, layers: tuple[str, ...]) -> None:
    text = text_of("chromium-simulcast").replace("a=simulcast:send low;mid;high", f"a=simulcast:{told}")
    assert answers.answer_publisher(parse(text), LOCAL).agreed["video"].layers == layers


def test_more_than_three_layers_are_cut_and_none_are_taken_without_rids_in_packets() -> None:
    text = text_of("chromium-simulcast")
    more = text.replace("a=rid:high send", "a=rid:high send\r\na=rid:best send").replace("mid;high", "mid;high;best")
    assert answers.answer_publisher(parse(more), LOCAL).agreed["video"].layers == ("low", "mid", "high")
    without = text.replace(answers.RID, "urn:none")
    assert answers.answer_publisher(parse(without), LOCAL).agreed["video"].layers == ()
