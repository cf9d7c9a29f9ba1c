"""Hashed files of the pages: what esbuild wrote into web/dist, named by its manifest."""

import json
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

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
        if name.endswith((".json", ".stamp")):
            raise NotFound
        response = send_from_directory(dist, name, max_age=31_536_000, etag=True)
        response.cache_control.public, response.cache_control.immutable = True, True
        return response

    return assets
