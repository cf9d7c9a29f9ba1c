"""Time stamps (RFC 3161) in PAdES signatures: asked of the office's authority, and judged before they are kept."""

from typing import Protocol

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper

from server.outbound.stamps import Rfc3161Judge

DIGESTS = {"sha256", "sha384", "sha512"}


class Asked(Protocol):
    """An authority that takes a request as it is."""

    @property
    def certificates(self) -> bytes: ...

    def ask(self, request: bytes) -> bytes:
        """Raises `Unavailable("authority-away")`."""


class Stamper(TimeStamper):
    """pyHanko's way to a stamp, by our client. Raises `Unavailable`, and `Malformed` for one that does not hold."""

    def __init__(self, authority: Asked) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authority = authority

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        answer = self._authority.ask(req.dump())
        digest = req["message_imprint"]["hashed_message"].native
        Rfc3161Judge().judge_digest(answer, digest, self._authority.certificates)
        return tsp.TimeStampResp.load(answer)


def token_of(signer: cms.SignerInfo) -> cms.ContentInfo | None:
    """The stamp on a signature (ETSI EN 319 122-1 § 5.3), if it has one."""
    for attribute in signer["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            return attribute["values"][0]
    return None


def answer_of(token: cms.ContentInfo) -> bytes:
    """The token as the answer in which it came."""
    return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())


def imprint(token: cms.ContentInfo) -> tuple[str, bytes]:
    """Algorithm and digest of what was stamped. Raises `ValueError` for an algorithm that is not taken."""
    told = token["content"]["encap_content_info"]["content"].parsed["message_imprint"]
    name = str(told["hash_algorithm"]["algorithm"].native)
    if name not in DIGESTS:
        raise ValueError(name)
    return name, bytes(told["hashed_message"].native)
