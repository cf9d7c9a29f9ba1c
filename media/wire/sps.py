"""The facts of an H.264 sequence parameter set (ITU-T H.264, 7.3.2.1.1): profile and shown size."""

from dataclasses import dataclass

from media.wire.bits import BitReader, OutOfBits

_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
LARGEST_SIDE = 16384
MOST_REORDERED = 16
"""Pictures that a decoder can hold (A.3.1)."""
_EXTENDED_SAR = 255


class BadParameterSet(Exception):
    """An SPS that cannot be read. `code` is stable."""

    code = "sps-invalid"


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """`profile` is profile_idc, constraint flags and level_idc as six hex digits (RFC 6381, 3.3)."""

    profile: str
    width: int  # pixels after cropping
    height: int
    chroma_format: int
    luma_depth: int
    chroma_depth: int
    reordered: int = 0
    """How many pictures may come before one that is shown earlier (max_num_reorder_frames); 0 where it is not said."""

    @property
    def codecs(self) -> str:
        """RFC 6381."""
        return f"avc1.{self.profile}"


def read_sps(nal: bytes) -> SequenceFacts:
    """Read an SPS NAL unit, its header byte included. Raises `BadParameterSet`."""
    if len(nal) < 4 or nal[0] & 0x1F != 7:
        raise BadParameterSet("not an SPS")
    reader = BitReader(nal[4:])
    try:
        facts = _read(reader, nal)
    except OutOfBits as error:
        raise BadParameterSet("cut short") from error
    if not (0 < facts.width <= LARGEST_SIDE and 0 < facts.height <= LARGEST_SIDE):
        raise BadParameterSet(f"size {facts.width}×{facts.height}")
    return facts


def _read(reader: BitReader, nal: bytes) -> SequenceFacts:
    reader.ue()  # seq_parameter_set_id
    chroma, luma_depth, chroma_depth, separate = 1, 8, 8, 0
    if nal[1] in _WITH_CHROMA:
        chroma = reader.ue()
        if chroma > 3:
            raise BadParameterSet("chroma format")
        if chroma == 3:
            separate = reader.bits(1)
        luma_depth, chroma_depth = 8 + reader.ue(), 8 + reader.ue()
        if max(luma_depth, chroma_depth) > 14:
            raise BadParameterSet("bit depth")
        reader.bits(1)  # qpprime_y_zero_transform_bypass_flag
        if reader.bits(1):
            _skip_scaling_lists(reader, 12 if chroma == 3 else 8)
    reader.ue()  # log2_max_frame_num_minus4
    _skip_order_count(reader)
    reader.ue()  # max_num_ref_frames
    reader.bits(1)  # gaps_in_frame_num_value_allowed_flag
    width, height = 16 * (reader.ue() + 1), 16 * (reader.ue() + 1)
    frames_only = reader.bits(1)
    if not frames_only:
        reader.bits(1)  # mb_adaptive_frame_field_flag
        height *= 2
    reader.bits(1)  # direct_8x8_inference_flag
    if reader.bits(1):
        unit_x, unit_y = _crop_units(0 if separate else chroma, frames_only)
        left, right, top, bottom = (reader.ue() for _ in range(4))
        width -= unit_x * (left + right)
        height -= unit_y * (top + bottom)
    return SequenceFacts(nal[1:4].hex(), width, height, chroma, luma_depth, chroma_depth, _reordered(reader))


def _reordered(reader: BitReader) -> int:
    """From the usability information (E.1.1); an SPS that ends within it says nothing."""
    try:
        if not reader.bits(1):
            return 0
        if reader.bits(1) and reader.bits(8) == _EXTENDED_SAR:
            reader.bits(32)
        if reader.bits(1):
            reader.bits(1)  # overscan
        if reader.bits(1):
            reader.bits(4)  # video_format, full range
            if reader.bits(1):
                reader.bits(24)  # colours
        if reader.bits(1):
            reader.skip_ue(2)  # chroma sample location
        if reader.bits(1):
            reader.bits(65)  # timing
        decoders = [_skip_decoder(reader) for _ in range(2)]
        if any(decoders):
            reader.bits(1)  # low_delay_hrd_flag
        reader.bits(1)  # pic_struct_present_flag
        if not reader.bits(1):
            return 0
        reader.bits(1)
        reader.skip_ue(4)
        return min(reader.ue(), MOST_REORDERED)
    except OutOfBits:
        return 0


def _skip_decoder(reader: BitReader) -> bool:
    """The hypothetical reference decoder's parameters (E.1.2), if they are there."""
    if not reader.bits(1):
        return False
    count = reader.ue() + 1
    if count > 32:
        raise OutOfBits
    reader.bits(8)
    for _ in range(count):
        reader.skip_ue(2)
        reader.bits(1)
    reader.bits(20)
    return True


def _crop_units(chroma: int, frames_only: int) -> tuple[int, int]:
    return (2 if chroma in (1, 2) else 1), (2 if chroma == 1 else 1) * (2 - frames_only)


def _skip_order_count(reader: BitReader) -> None:
    kind = reader.ue()  # pic_order_cnt_type
    if kind == 0:
        reader.ue()
    elif kind == 1:
        reader.bits(1)
        reader.skip_ue(2)
        frames = reader.ue()
        if frames > 255:
            raise BadParameterSet("reference frames in a cycle")
        reader.skip_ue(frames)


def _skip_scaling_lists(reader: BitReader, lists: int) -> None:
    for index in range(lists):
        if not reader.bits(1):
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + reader.se()) % 256
            last = following or last
