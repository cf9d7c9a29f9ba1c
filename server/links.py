"""An applicant's link: `/join/<id>.<seal>`. The seal is drawn from the id with the instance's key, so a forged one is
refused without a look into the database, and the page can show the address again though only its digest is kept."""

import hashlib
import hmac

from flask import request

from inspection.model.errors import Unauthenticated
from inspection.model.people import Link
from server.schema import is_identifier
from server.services import services


def secret_of(link_id: str) -> str:
    seal = hmac.new(services().session_key, f"link|{link_id}".encode(), hashlib.sha256).hexdigest()[:40]
    return f"{link_id}.{seal}"


def checked(secret: str) -> str:
    """The secret itself. Raises `Unauthenticated("link-unknown")` for one that this instance did not make."""
    link_id = secret.partition(".")[0]
    if not is_identifier(link_id) or not hmac.compare_digest(secret.encode(), secret_of(link_id).encode()):
        raise Unauthenticated("link-unknown")
    return secret


def address_of(link: Link) -> str:
    return f"{base()}/join/{secret_of(link.id)}"


def base() -> str:
    """This site's address as people reach it, without a slash at the end."""
    return services().settings.web.url.rstrip("/") or request.host_url.rstrip("/")
