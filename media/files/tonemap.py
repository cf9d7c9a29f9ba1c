"""Colours of HDR video on an ordinary screen, as a table for ffmpeg's `lut3d`. Pure arithmetic."""

from collections.abc import Sequence

SIDE = 33
"""Entries along each edge of the table."""
WHITE = 203.0
"""Nits of diffuse white in HDR (ITU-R BT.2408)."""
_TO_BT709 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))


def light(coded: float, hdr: str) -> float:
    """A coded value, 0 to 1, as light where 1 is diffuse white. `hdr` is pq (SMPTE ST 2084) or hlg (BT.2100)."""
    if hdr == "pq":
        power = coded ** (1 / 78.84375)
        ratio = max(power - 0.8359375, 0.0) / (18.8515625 - 18.6875 * power)
        return float(ratio ** (1 / 0.1593017578125) * 10_000 / WHITE)
    scene = (
        coded * coded / 3
        if coded <= 0.5
        else (2.718281828459045 ** ((coded - 0.55991073) / 0.17883277) + 0.28466892) / 12
    )
    return float(scene**1.2 * 1000 / WHITE)


def screen(colour: Sequence[float]) -> tuple[float, float, float]:
    """Linear BT.2020 light as coded BT.709: highlights roll off by their brightest channel, so hues stay."""
    turned = [max(0.0, sum(part * one for part, one in zip(row, colour, strict=True))) for row in _TO_BT709]
    top = max(turned)
    scale = 1.25 * (1 + top / 25) / (1 + top) if top > 0 else 0.0
    red, green, blue = (_coded(min(1.0, one * scale)) for one in turned)
    return red, green, blue


def _coded(value: float) -> float:
    return float(4.5 * value if value < 0.018 else 1.099 * value**0.45 - 0.099)


def cube(hdr: str) -> str:
    """The table as a .cube file: red runs fastest."""
    steps = [light(n / (SIDE - 1), hdr) for n in range(SIDE)]
    lines = [f"LUT_3D_SIZE {SIDE}"]
    for blue in steps:
        for green in steps:
            for red in steps:
                lines.append("{:.5f} {:.5f} {:.5f}".format(*screen((red, green, blue))))
    return "\n".join([*lines, ""])
