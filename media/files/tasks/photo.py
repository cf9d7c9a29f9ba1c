"""Decodes a photo, turns it upright, makes it sRGB, and sends it in the sizes that are looked at."""

import io
from typing import IO, Any, cast

import pillow_heif
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from media.files.errors import TooLarge, Undecodable
from media.files.tasks.exif import facts
from media.files.tasks.order import Order

_NAMES = {
    "jpeg": ["JPEG", "MPO"],
    "png": ["PNG"],
    "tiff": ["TIFF"],
    "webp": ["WEBP"],
    "heif": ["HEIF"],
    "avif": ["AVIF"],
}
Image.init()  # all readers now: later no file can be opened
pillow_heif.register_heif_opener()
_SRGB = ImageCms.createProfile("sRGB")
Image.MAX_IMAGE_PIXELS = None  # the order says how many


def run(order: Order) -> dict[str, Any]:
    """The facts of `media.files.photo.Photo`."""
    try:
        image = Image.open(cast(IO[bytes], order.file), formats=_NAMES[order.facts["format"]])
    except (UnidentifiedImageError, SyntaxError) as error:
        raise Undecodable(str(error)[:200]) from error
    if image.width * image.height > order.facts["pixels"]:
        raise TooLarge(f"{image.width}×{image.height}")
    known = facts(image)
    upright, damage = _decoded(image)
    names = ("thumbnail.jpg", "view.jpg")
    for name, edge in reversed(list(zip(names, order.facts["edges"], strict=True))):
        order.send(name, _jpeg(_small(upright, edge)))
    levels = _tiles(order, upright) if max(upright.size) > order.facts["large"] else 0
    return known | {
        "format": order.facts["format"],
        "width": upright.width,
        "height": upright.height,
        "thumbnail": names[0],
        "view": names[1],
        "levels": levels,
        "tile": order.facts["tile"],
        "damage": damage,
    }


def _decoded(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """Upright, RGB; of a cut file what there is."""
    damage: list[str] = []
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError):
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        damage.append("truncated")
        try:
            image.load()
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise Undecodable(str(error)[:200]) from error
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if upright.mode in ("I;16", "I;16B", "I", "F"):
        upright = upright.point(lambda value: value / 256).convert("L") if upright.mode != "F" else upright
    return _srgb(upright, profile), damage


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA", "P"):
        clear = image.convert("RGBA")
        paper = Image.new("RGB", clear.size, (255, 255, 255))
        paper.paste(clear, mask=clear.getchannel("A"))
        image = paper
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(image, given, _SRGB, outputMode="RGB")
            image = turned or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile changes no picture
    return image.convert("RGB") if image.mode != "RGB" else image


def _small(image: Image.Image, edge: int) -> Image.Image:
    """The picture within a square; a large one is never copied at full size."""
    if max(image.size) <= edge:
        return image
    factor = max(image.size) // (edge * 3)
    rough = image.reduce(factor) if factor > 1 else image
    return ImageOps.contain(rough, (edge, edge), Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def _tiles(order: Order, image: Image.Image) -> int:
    """Levels from the smallest, of one tile, to full size; each is half of the next."""
    edge = order.facts["tile"]
    levels = 1
    while max(image.size) > edge << (levels - 1):
        levels += 1
    current = image
    for level in range(levels - 1, -1, -1):
        for row in range(-(-current.height // edge)):
            for column in range(-(-current.width // edge)):
                left, top = column * edge, row * edge
                part = (left, top, min(left + edge, current.width), min(top + edge, current.height))
                order.send(f"tiles/{level}/{column}_{row}.jpg", _jpeg(current.crop(part)))
        order.progress((levels - level) / levels)
        half = (max(1, -(-current.width // 2)), max(1, -(-current.height // 2)))
        current = current.resize(half, Image.Resampling.BOX) if level else current
    return levels
