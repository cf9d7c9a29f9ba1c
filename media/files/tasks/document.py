"""Draws the pages of a PDF by PDFium."""

import encodings.utf_16_le  # noqa: F401 -- else imported for a title, when nothing can be opened any more
import io
from typing import Any

import pypdfium2
from PIL import Image

from media.files.errors import Locked, NothingToSee, OverLimits, Undecodable
from media.files.tasks.order import Order

MOST_BYTES = 512 << 20
Image.init()


def run(order: Order) -> dict[str, Any]:
    """The facts of `media.files.document.Document`."""
    if order.file.size > MOST_BYTES:
        raise OverLimits("a document of more than 512 MB")
    data = order.file.read()
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "assword" in str(error)
        raise (Locked if locked else Undecodable)(str(error)[:200]) from error
    count = len(document)
    if not count:
        raise NothingToSee("no pages")
    drawn = []
    for number in range(1, min(count, order.facts["most"]) + 1):
        drawn.append(_page(order, document, number))
        order.progress(number / min(count, order.facts["most"]))
    if not any(one["file"] for one in drawn):
        raise Undecodable("no page could be drawn")
    title = document.get_metadata_dict().get("Title", "").strip("\0 ")[:200]
    return {"count": count, "pages": drawn, "title": title or None}


def _page(order: Order, document: Any, number: int) -> dict[str, Any]:
    try:
        page = document[number - 1]
        width, height = page.get_size()
        scale = order.facts["edge"] / max(width, height, 1)
        if not min(width, height) * scale > 0.001:
            raise ValueError("a page without a size")
        picture = page.render(scale=min(scale, 4.0)).to_pil().convert("RGB")
    except (pypdfium2.PdfiumError, ValueError, MemoryError):
        return {"number": number, "file": None, "width": 0.0, "height": 0.0}
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    page.close()
    order.send(f"page-{number}.jpg", out.getvalue())
    return {"number": number, "file": f"page-{number}.jpg", "width": width, "height": height}
