"""What protects the pages: headers, the check of a request's origin, form tokens, cookies, the limit of a body."""

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Flask, g, request
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from inspection.model.errors import Forbidden
from server.problems import TooLarge
from server.services import Services, services

POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with "no-referrer" a form is sent with `Origin: null`
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_COOKIE = "takan-form"
UPLOADS = "/api/v1/uploads"
ANNOTATIONS_LIMIT = 16 << 20  # bytes of a collection of marks that is taken in
OFFER_LIMIT = 65_536  # bytes of an SDP offer or ICE fragment


def is_https(settings_url: str) -> bool:
    return settings_url.startswith("https://") or request.is_secure


def cookie_name(name: str) -> str:
    """With the prefix that binds a cookie to this host and to HTTPS (RFC 6265bis § 4.1.3.2) where HTTPS is spoken."""
    return f"__Host-{name}" if is_https(services().settings.web.url) else name


def set_cookie(response: Response, name: str, value: str, seconds: int | None, http_only: bool = True) -> None:
    """A cookie of the whole site; `seconds` None: until the browser ends, 0: away with it."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(services().settings.web.url),
        httponly=http_only,
        samesite="Lax",
    )


def form_token(secret: str, signed_in: str) -> str:
    """What a form or a page module sends back: bound to this browser and to whoever is signed in there."""
    key = services().session_key
    return hmac.new(key, f"form|{secret}|{signed_in}".encode(), hashlib.sha256).hexdigest()


def register(app: Flask, given: Services) -> None:
    limit = given.settings.web.body_limit

    @app.before_request
    def refuse_large() -> None:
        """By the announced length, before a byte is read."""
        if request.method == "PATCH" and request.path.startswith(UPLOADS):
            request.max_content_length = None  # judged against what was announced when the upload began
            return
        allowed = OFFER_LIMIT if request.path.startswith("/live/") else limit
        if request.method == "POST" and request.path.endswith("/annotations"):
            allowed = ANNOTATIONS_LIMIT
        request.max_content_length = allowed
        if (request.content_length or 0) > allowed:
            raise TooLarge("too-large", limit=allowed)

    @app.before_request
    def refuse_forged() -> None:
        if request.method in SAFE or request.path.startswith("/live/"):  # a ticket is no cookie: nothing rides on it
            return
        sent = request.authorization
        if request.path.startswith(UPLOADS) and sent is not None and sent.type == "bearer":
            return  # so is an upload's token
        _require_own_origin(given.settings.web.url)
        secret = request.cookies.get(cookie_name(FORM_COOKIE), "")
        token = request.headers.get("X-CSRF-Token") or ("" if request.is_json else request.form.get("csrf", ""))
        if not secret or not hmac.compare_digest(token.encode(), form_token(secret, g.signed_in_id).encode()):
            raise Forbidden("form-expired")

    @app.after_request
    def protect(response: FlaskResponse) -> FlaskResponse:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if is_https(given.settings.web.url):
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response


def _require_own_origin(configured: str) -> None:
    """A browser names the page's origin with every write; a script that sends none must still have the token."""
    origin = request.headers.get("Origin")
    if origin is None:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Forbidden("origin-foreign")
        return
    own = {request.host_url.rstrip("/")}
    if configured:
        parts = urlsplit(configured)
        own.add(f"{parts.scheme}://{parts.netloc}")
    if origin not in own:
        raise Forbidden("origin-foreign")
