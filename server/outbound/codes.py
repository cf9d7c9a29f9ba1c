"""QR codes: as SVG for a page, as blocks for a terminal."""

import io

import segno


class SvgCodes:
    """Implements `server.services.Codes`."""

    def svg(self, text: str) -> str:
        """An `<svg>` element without an inline style; the quiet zone of ISO/IEC 18004 is kept."""
        out = io.BytesIO()
        segno.make(text, error="m", micro=False).save(
            out, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, svgclass="qr", lineclass=None
        )
        return out.getvalue().decode()


def terminal(text: str) -> str:
    """The code in half blocks, for a dark or a light terminal."""
    out = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out, compact=True)
    return out.getvalue()


def picture(text: str) -> bytes:
    """The code as a PNG file, for a sheet; with a mask of our choice: trying all eight takes five times as long."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False, mask=3, boost_error=False).save(out, kind="png", border=2, scale=4)
    return out.getvalue()
