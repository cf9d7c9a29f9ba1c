"""The picture of a node's capacity."""

import xml.etree.ElementTree as ET

from server.roles.chart import chart


def test_every_measurement_is_a_point_and_what_is_too_high_stays_inside() -> None:
    drawing = ET.fromstring(chart([(10, 2.0), (20, 900.0)], [(10, 12.0), (20, 40.0)], 20.0))
    lines = [one.get("points", "").split() for one in drawing.iter("{http://www.w3.org/2000/svg}polyline")]
    assert [len(points) for points in lines] == [2, 2, 2, 2]
    assert all(30 <= float(point.split(",")[1]) <= 250 for points in lines for point in points)
