"""Close what a browser's secret opened."""

from inspection.ports import Office
from inspection.services.who_is import digest_of_secret


def sign_out(office: Office, secret: str) -> None:
    """Harmless where nothing was open."""
    with office.write() as work:
        work.sign_ins.remove(digest_of_secret(secret))
