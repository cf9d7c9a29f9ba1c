"""Judges papers, clips and snapshots by the libraries that made them: for `takan verify`, of a file and of a package."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cryptography import x509

from inspection.model.sealed import CredentialsSaid, PaperSaid
from server.outbound.credentials import read_credentials
from server.outbound.seal_check import check_paper, embedded_roots

Codes = Callable[[bytes], tuple[str, ...]]  # what the QR codes on a PDF's pages open


def trusted_roots(path: Path | None) -> tuple[x509.Certificate, ...]:
    """The certificates in a PEM file. Raises `OSError`, `ValueError` for what is none."""
    return () if path is None else tuple(x509.load_pem_x509_certificates(path.read_bytes()))


class LibrarySealJudge:
    """Implements `inspection.ports.SealJudge`. Without `roots` a paper is judged by the roots that it brings along: that
    proves no origin, which is the ledger's to prove."""

    def __init__(self, roots: tuple[x509.Certificate, ...] = (), codes: Codes = lambda pdf: ()) -> None:
        self._roots, self._codes = roots, codes

    def paper(self, pdf: bytes, at: datetime) -> PaperSaid:
        said = check_paper(pdf, self._roots or embedded_roots(pdf), at)
        return said if "unreadable" in said.faults else replace(said, codes=self._codes(pdf))

    def credentials(self, source: BinaryIO, ending: str) -> CredentialsSaid:
        return read_credentials(source, ending)
