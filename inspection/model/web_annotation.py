"""Marks as W3C Web Annotations (https://www.w3.org/TR/annotation-model/), to be read by anybody's tools.

What lies under a mark is named by its digest (RFC 6920), the moment and a box by media fragments, arrows and lines by
SVG in a square of millionths, a PDF's page by RFC 3778. The exact ticks stand beside them under `takan:`.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from inspection.model.annotation import WHOLE, Annotation, Author, Mark, Point, Reply, Shape

Item = dict[str, Any]
CONTEXT = ["http://www.w3.org/ns/anno.jsonld", {"takan": "urn:takan:ns:"}]
MEDIA_FRAGMENTS = "http://www.w3.org/TR/media-frags/"
PDF_FRAGMENTS = "http://tools.ietf.org/rfc/rfc3778"
MARK_IRI, PERSON_IRI, DIGEST_IRI = "urn:takan:annotation:", "urn:takan:person:", "ni:///sha-256;"
REPLY = "#reply-"
NANO = 10**9
SVG = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WHOLE} {WHOLE}" preserveAspectRatio="none" fill="none" '
    'stroke="currentColor">{drawn}</svg>'
)


def collection(case: str, number: str, annotations: Iterable[Annotation]) -> Item:
    """All of a case: one page, each mark followed by its answers."""
    items = [
        item for one in annotations for item in (mark_item(one), *(reply_item(one, reply) for reply in one.replies))
    ]
    return {
        "@context": CONTEXT,
        "first": {
            "id": f"urn:takan:case:{case}:annotations:1",
            "items": items,
            "startIndex": 0,
            "type": "AnnotationPage",
        },
        "id": f"urn:takan:case:{case}:annotations",
        "label": number,
        "total": len(items),
        "type": "AnnotationCollection",
    }


def mark_item(found: Annotation) -> Item:
    mark = found.mark
    return {
        "body": _bodies(mark),
        "created": stamp(mark.at),
        "creator": person(mark.by),
        "id": mark_iri(mark),
        "motivation": "commenting" if mark.text else "highlighting",
        "takan:digest": found.digest,
        "takan:state": found.state.value,
        **(
            {}
            if found.changed is None
            else {"modified": stamp(found.changed.at), "takan:changedBy": person(found.changed.by)}
        ),
        "target": target(mark),
        "type": "Annotation",
    }


def reply_item(found: Annotation, reply: Reply) -> Item:
    return {
        "body": [_text(reply.text, "replying")],
        "created": stamp(reply.at),
        "creator": person(reply.by),
        "id": f"{mark_iri(found.mark)}{REPLY}{reply.id}",
        "motivation": "replying",
        "target": mark_iri(found.mark),
        "type": "Annotation",
    }


def target(mark: Mark) -> Item:
    instant = mark.instant
    return {
        "selector": selector(mark),
        "source": {"id": digest_iri(mark.parent), "type": _medium(mark)},
        **(
            {}
            if instant is None
            else {"takan:time": instant.time, "takan:timeBase": f"{instant.base[0]}/{instant.base[1]}"}
        ),
        **({} if instant is None or instant.frame is None else {"takan:frame": instant.frame}),
        **({} if instant is None or instant.until is None else {"takan:until": instant.until}),
        "takan:seen": digest_iri(mark.seen),
        "takan:shown": mark.source,
        "type": "SpecificResource",
    }


def selector(mark: Mark) -> Item | None:
    """From the outside in: the moment or the page, refined by the region."""
    region = _region(mark)
    if mark.instant is not None:
        moment = f"t={seconds(mark.instant.seconds)},{seconds(mark.instant.end)}"
        if mark.shape is Shape.BOX and region is not None:
            return _fragment(f"{moment}&{region['value']}")
        return _refined(_fragment(moment), region)
    if mark.page is not None:
        return _refined(_fragment(f"page={mark.page}", PDF_FRAGMENTS), region)
    return region


def mark_iri(mark: Mark) -> str:
    return mark.origin or f"{MARK_IRI}{mark.id}"


def digest_iri(digest: str) -> str:
    """RFC 6920 § 3."""
    return DIGEST_IRI + urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def person(by: Author) -> Item:
    iri = by.id if ":" in by.id else f"{PERSON_IRI}{by.id}"
    return {
        "name": by.name,
        "type": "Person",
        **({"id": iri} if by.id else {}),
        **({"takan:role": by.role} if by.role else {}),
    }


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(at: Fraction) -> str:
    """Normal play time in seconds, to the nanosecond."""
    whole, rest = divmod(round(at * NANO), NANO)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")


def percent(part: int) -> str:
    """A millionth as a percentage, exactly."""
    whole, rest = divmod(part, WHOLE // 100)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")


def _bodies(mark: Mark) -> list[Item]:
    bodies = [_text(mark.text, "commenting")] if mark.text else []
    return [*bodies, *([_text(mark.label, "tagging")] if mark.label else [])]


def _text(value: str, purpose: str) -> Item:
    return {"format": "text/plain", "purpose": purpose, "type": "TextualBody", "value": value}


def _medium(mark: Mark) -> str:
    if mark.instant is not None:
        return "Video" if mark.points else "Sound"
    return "Text" if mark.page is not None else "Image"


def _region(mark: Mark) -> Item | None:
    if not mark.points:
        return None
    if mark.shape is Shape.BOX:
        (left, top), (right, bottom) = mark.points
        box = ",".join(map(percent, (left, top, right - left, bottom - top)))
        return _fragment(f"xywh=percent:{box}")
    return {"type": "SvgSelector", "value": SVG.replace("{drawn}", _drawn(mark.shape, mark.points))}


def _drawn(shape: Shape, points: tuple[Point, ...]) -> str:
    if shape is Shape.ARROW:
        (x1, y1), (x2, y2) = points
        return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'
    if shape is Shape.TEXT:
        return f'<circle cx="{points[0][0]}" cy="{points[0][1]}" r="{WHOLE // 200}"/>'
    return f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def _fragment(value: str, conforms: str = MEDIA_FRAGMENTS) -> Item:
    return {"conformsTo": conforms, "type": "FragmentSelector", "value": value}


def _refined(outer: Item, inner: Item | None) -> Item:
    return outer if inner is None else outer | {"refinedBy": inner}
