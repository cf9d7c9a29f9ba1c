"""What is drawn into a clip when its time, place and source are to be seen in it."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from inspection.model.case import Case
from inspection.model.ledger import moment


def caption_of(
    case: Case, number: str, digest: str, begins_us: int, code_us: int, zone: str, say: Any
) -> dict[str, Any]:
    """The fields of `media.files.overlaid.Caption`. `begins_us`: UTC at the file's beginning; `digest`: of the
    recording; `say`: a sentence in the office's language."""
    from pylopdf_fonts_zh_cn import sans_path

    local = moment(begins_us).astimezone(ZoneInfo(zone))
    away = local.utcoffset() or timedelta()
    place = case.site.address
    if case.site.latitude is not None and case.site.longitude is not None:
        place += f" ({case.site.latitude:.6f}, {case.site.longitude:.6f})"
    font: Path = sans_path()
    return {
        "wall_us": begins_us + away // timedelta(microseconds=1),
        "zone": local.strftime("UTC%z")[:6] + ":" + local.strftime("%z")[3:5],
        "code_us": code_us,
        "lines": (f"{number} · {place}", str(say("clip.recorded_as", digest=digest))),
        "font": font,
    }
