"""The limited child of `media.files.codes`: draws pages by PDFium, finds codes by OpenCV. Never imported."""

import json
import resource
import sys
from typing import Any

import cv2
import numpy as np
import pypdfium2
from pypdfium2 import raw

from media.files.errors import Undecodable

MEMORY = 3 << 30
SCALE = 120 / 72
"""Dots a point: a code of two centimetres has more than two dots a module."""
DRAWN = 60
"""Pages that are drawn whole: on all of them pictures that are codes are read by themselves, which costs a tenth."""
EDGE = 600
"""Dots of the largest picture that is looked at for being a code."""
MOSTLY = 0.4
"""A photograph of which a code covers more than this is no photograph with a code in it."""
Box = tuple[float, float, float, float]


def _photographs(page: Any) -> list[Box]:
    """Where JPEG pictures lie, in dots from the upper left corner."""
    height = page.get_height()
    found = []
    for one in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,)):
        if "DCTDecode" in one.get_filters():
            left, bottom, right, top = one.get_bounds()
            found.append((left * SCALE, (height - top) * SCALE, right * SCALE, (height - bottom) * SCALE))
    return found


def _filmed(corners: np.ndarray, photographs: list[Box]) -> bool:
    x, y = corners.mean(axis=0)
    area = float(cv2.contourArea(corners.astype(np.float32)))
    for left, top, right, bottom in photographs:
        if left <= x <= right and top <= y <= bottom and area < MOSTLY * (right - left) * (bottom - top):
            return True
    return False


def _grey(bitmap: Any) -> np.ndarray:
    found = bitmap.to_numpy()
    return np.ascontiguousarray(found[:, :, 0] if found.ndim == 3 else found)


def _seen(page: Any) -> list[str]:
    """Of the page as it is drawn."""
    read, found, corners, _ = cv2.QRCodeDetectorAruco().detectAndDecodeMulti(
        _grey(page.render(scale=SCALE, grayscale=True))
    )
    if not read:
        return []
    photographs = _photographs(page)
    return [text for text, at in zip(found, corners, strict=True) if text and not _filmed(at, photographs)]


def _held(page: Any) -> list[str]:
    """Of its pictures by themselves."""
    texts = []
    for one in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,)):
        width, height = one.get_px_size()
        if width == height <= EDGE:
            padded = cv2.copyMakeBorder(_grey(one.get_bitmap()), 16, 16, 16, 16, cv2.BORDER_CONSTANT, value=(255,))
            texts.append(cv2.QRCodeDetector().detectAndDecode(padded)[0])
    return [text for text in texts if text]


def _texts(pdf: bytes, most: int) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    texts: list[str] = []
    for number in range(min(len(document), most)):
        page = document[number]
        texts += _held(page) + (_seen(page) if number < DRAWN else [])
        page.close()
    return texts


def main() -> None:
    """One PDF on standard input."""
    facts = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read(sum(facts["sizes"]))
    cv2.setNumThreads(1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        answer: dict[str, Any] = {"texts": _texts(data, facts["most"])}
    except (pypdfium2.PdfiumError, cv2.error, MemoryError, ValueError, IndexError) as error:
        answer = {"code": Undecodable.code, "detail": f"{type(error).__name__}: {error}"[:300]}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
