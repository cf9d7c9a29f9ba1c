"""A small picture (SVG) of delay and CPU over the number of rooms, for the documents."""

from collections.abc import Sequence

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 300, 60, 250
_INK, _DELAY, _CPU = "#333", "#b3261e", "#1f5fa8"

Points = Sequence[tuple[float, float]]


def chart(delays: Points, shares: Points, limit: float) -> str:
    """`delays`: (rooms, ms); `shares`: (rooms, percent of one processor); a line at `limit` ms."""
    most = max((rooms for rooms, _ in delays), default=1) or 1
    high = 2 * limit

    def at(rooms: float, value: float, top: float) -> str:
        x = _LEFT + (_WIDTH - 2 * _LEFT) * rooms / most
        return f"{x:.1f},{_BOTTOM - (_BOTTOM - 30) * min(value, top) / top:.1f}"

    lines = [_line([at(0, limit, high), at(most, limit, high)], _INK, 'stroke-dasharray="4 4"')]
    lines.append(_line([at(*point, high) for point in delays], _DELAY))
    lines.append(_line([at(*point, 100) for point in shares], _CPU))
    lines.append(_line([at(0, 0, 1), at(most, 0, 1)], _INK))
    texts = [
        _text(_LEFT, 20, f"delay p99 (red, top: {high:.0f} ms, dashed: {limit:.0f} ms)", _DELAY),
        _text(_LEFT + 320, 20, "CPU (blue, top: one core)", _CPU),
        *(_text(float(at(rooms, 0, 1).split(",")[0]) - 8, _BOTTOM + 18, f"{rooms:.0f}", _INK) for rooms, _ in delays),
        _text(_LEFT, _BOTTOM + 40, "rooms of one publisher and three viewers at 2.5 Mbit/s on one node", _INK),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *lines, *texts, "</svg>", ""])


def _line(points: Sequence[str], colour: str, more: str = "") -> str:
    path = " ".join(points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" {more}/>'


def _text(x: float, y: float, words: str, colour: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="12" fill="{colour}">{words}</text>'
