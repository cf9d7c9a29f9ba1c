"""Hashed files of the pages: what esbuild wrote into web/dist, named by its manifest."""

import json
import mimetypes
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"


def reader(dist: Path) -> Callable[[str], str]:
    """`asset("console.js")` → "/assets/console-<hash>.js". The manifest is read again when a build replaced it."""
    known: dict[str, str] = {}
    stamp = 0

    def asset(name: str) -> str:
        nonlocal known, stamp
        manifest = dist / "manifest.json"
        written = manifest.stat().st_mtime_ns if manifest.exists() else 0
        if written != stamp:
            known, stamp = json.loads(manifest.read_text("utf-8")), written
        return f"/assets/{known.get(name, name)}"

    return asset


def blueprint(dist: Path) -> Blueprint:
    assets = Blueprint("assets", __name__)

    @assets.get("/assets/<path:name>")
    def file(name: str) -> Response:
        if name.endswith((".json", ".stamp", ".gz")):
            raise NotFound
        packed = (
            request.accept_encodings.quality("gzip") > 0 and Path(safe_join(str(dist), f"{name}.gz") or "").is_file()
        )
        type_of = mimetypes.guess_type(name)[0]
        response = send_from_directory(
            dist, f"{name}.gz" if packed else name, mimetype=type_of, max_age=31_536_000, etag=True
        )
        response.vary.add("Accept-Encoding")
        if packed:
            response.content_encoding = "gzip"
        response.cache_control.public, response.cache_control.immutable = True, True
        return response

    return assets
