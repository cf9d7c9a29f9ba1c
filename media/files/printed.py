"""A picture as large as it is printed: what a page has no use for is not carried along."""

import io

from PIL import Image, UnidentifiedImageError

from media.files.errors import Undecodable

QUALITY = 88
Image.MAX_IMAGE_PIXELS = None  # we count ourselves
MOST_PIXELS = 600_000_000
"""Of one picture. A JPEG is decoded at an eighth of its size at most where that is enough, so it costs a small part."""


def printed(jpeg: bytes, width: int, height: int) -> bytes:
    """The picture within `width` × `height` pixels, as JPEG; the same bytes where it is no larger. Raises
    `Undecodable`."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            if picture.width <= width and picture.height <= height:
                picture.load()
                return jpeg
            if picture.width * picture.height > MOST_PIXELS:
                raise Undecodable("more pixels than a picture has")
            picture.draft("RGB", (width, height))
            picture.thumbnail((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
            out = io.BytesIO()
            picture.convert("RGB").save(out, "JPEG", quality=QUALITY, subsampling=1)
            return out.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Undecodable(f"{type(error).__name__}: {error}"[:200]) from error
