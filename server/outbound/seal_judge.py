"""Judges papers, clips and snapshots by the libraries that made them, for `takan verify`, alone and in a package."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cryptography import x509

from inspection.model.sealed import CredentialsSaid, PaperSaid
from server.outbound import revocations
from server.outbound.credentials_read import read_credentials
from server.outbound.revocations import Revocations
from server.outbound.seal_check import check_paper, embedded_roots
from server.outbound.stamps import certificates_in

Codes = Callable[[bytes], tuple[str, ...]]  # what the QR codes on a PDF's pages open


@dataclass(frozen=True, slots=True)
class Means:
    """What somebody has been given to judge seals by: files of certificates (PEM) and of what was taken back."""

    roots: Path | None = None
    authority: Path | None = None
    revoked: tuple[Path, ...] = ()

    def judge(self, codes: Codes = lambda pdf: ()) -> "LibrarySealJudge":
        """Raises `OSError`, `ValueError` for a file that is not what it is said to be."""
        authority = b"" if self.authority is None else self.authority.read_bytes()
        if authority:
            certificates_in(authority)
        roots = () if self.roots is None else tuple(x509.load_pem_x509_certificates(self.roots.read_bytes()))
        return LibrarySealJudge(roots, codes, authority, revocations.read(str(one) for one in self.revoked))


class LibrarySealJudge:
    """Implements `inspection.ports.SealJudge`. Without `roots` a paper is judged by the roots that it brings along:
    that proves no origin, which is the ledger's to prove. `authority`: certificates of a time-stamp authority by which
    times are trusted (PEM); `told`: what is known of certificates that were taken back."""

    def __init__(
        self,
        roots: tuple[x509.Certificate, ...] = (),
        codes: Codes = lambda pdf: (),
        authority: bytes = b"",
        told: Revocations | None = None,
    ) -> None:
        self._roots, self._codes, self._authority, self._told = roots, codes, authority, told

    def paper(self, pdf: bytes, at: datetime) -> PaperSaid:
        said = check_paper(pdf, self._roots or embedded_roots(pdf), at, self._authority, self._told)
        return said if "unreadable" in said.faults else replace(said, codes=self._codes(pdf))

    def credentials(self, source: BinaryIO, ending: str) -> CredentialsSaid:
        return read_credentials(source, ending, self._roots, self._authority)
